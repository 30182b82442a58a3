"""Messages in dead-letter queues, and why each is there. Nothing is removed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rollcall.events.parse import parse
from rollcall.events.signal import Signal
from rollcall.model.errors import MalformedEventError
from rollcall.notify.message import Links
from rollcall.notify.notifier import read_event
from rollcall_cli.text.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall_cli.aws.hub import Hub

#: Seconds for which a message is hidden after it was read: long enough to read each once.
_HIDDEN_SECONDS: Final = 10
_PAGE, _MOST_PAGES = 10, 10
#: The attribute with which EventBridge says why it could not deliver.
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
_CODE, _TRIES = "ERROR_CODE", "ApproximateReceiveCount"
_LINKS: Final = Links(region="us-east-1", runbook="")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterQueue:
    """A dead-letter queue."""

    queue: str
    #: How many messages it has, approximately.
    waiting: int
    #: How many of the messages that were read have which reason.
    reasons: Mapping[str, int] = field(default_factory=dict)


def read_dead_letters(hub: Hub) -> list[DeadLetterQueue]:
    """Read all dead-letter queues: at most 100 messages of each, which are visible again in seconds."""
    return [_read_queue(hub, name, url) for name, url in hub.list_dead_letters().items()]


def _read_queue(hub: Hub, name: str, url: str) -> DeadLetterQueue:
    client = hub.client("sqs")
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = client.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    seen: dict[str, str] = {}
    for _ in range(_MOST_PAGES if any(int(value) for value in counts.values()) else 0):
        answer = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_PAGE,
            VisibilityTimeout=_HIDDEN_SECONDS,
            MessageAttributeNames=[_CODE],
        )
        messages = answer.get("Messages", [])
        seen |= {
            message["MessageId"]: _find_reason(message, _PARSERS.get(name, _describe_alert))
            for message in messages
        }
        if not messages:
            break
    waiting = max(len(seen), sum(int(value) for value in counts.values()))
    return DeadLetterQueue(queue=name, waiting=waiting, reasons=dict(Counter(seen.values())))


def _find_reason(message: Mapping[str, Any], about: Callable[[object], str]) -> str:
    """Return why it was given up. Its body can contain contact details: only parsed facts are shown."""
    code = message.get("MessageAttributes", {}).get(_CODE, {}).get("StringValue")
    if code:
        return f"EventBridge could not deliver it: {clean(code)[:64]}"
    try:
        return f"{about(json.loads(message['Body']))}: no attempt succeeded, see the logs"
    except ValueError:
        return "the message is not JSON"
    except MalformedEventError as error:
        return str(error)


def _describe_signal(event: object) -> str:
    found = parse(event)
    name = clean(found.event.name)[:64]
    return f"{name} on account {found.account_id}" if isinstance(found, Signal) else f"{name}, not a signal"


def _describe_alert(event: object) -> str:
    return f"alert {read_event(event, _LINKS).incident_id}"


def _describe_start(_event: object) -> str:
    return "a start of a sweep"


#: What the messages of a queue are; those of any other queue are alerts for a channel.
_PARSERS: Final = {"intake": _describe_signal, "echoes": _describe_signal, "sweep": _describe_start}
