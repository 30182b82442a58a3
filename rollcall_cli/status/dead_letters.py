"""Messages that were given up, and why each was: looked at, not taken."""

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
from rollcall_cli.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall_cli.status.hub import Hub

#: Seconds for which a message that was looked at is hidden: long enough to see each once.
_HIDDEN_SECONDS: Final = 10
_PAGE, _MOST_PAGES = 10, 10
#: AWS's name of the attributes with which EventBridge says why it could not deliver.
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
_CODE, _TRIES = "ERROR_CODE", "ApproximateReceiveCount"
_LINKS: Final = Links(region="us-east-1", runbook="")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetters:
    """One queue: about how many messages it holds, and how many of those that were seen have which reason."""

    queue: str
    waiting: int
    reasons: Mapping[str, int] = field(default_factory=dict)


def peek(hub: Hub) -> list[DeadLetters]:
    """Look at all dead-letter queues: at most a hundred messages of each. They show again in seconds."""
    return [_queue(hub, name, url) for name, url in hub.dead_letters().items()]


def _queue(hub: Hub, name: str, url: str) -> DeadLetters:
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
        seen |= {message["MessageId"]: _why(message, _PARSERS.get(name, _unknown)) for message in messages}
        if not messages:
            break
    waiting = max(len(seen), sum(int(value) for value in counts.values()))
    return DeadLetters(queue=name, waiting=waiting, reasons=dict(Counter(seen.values())))


def _why(message: Mapping[str, Any], about: Callable[[object], str]) -> str:
    """Why it was given up. Its body may hold contact details: only what our own parsers make of it shows."""
    code = message.get("MessageAttributes", {}).get(_CODE, {}).get("StringValue")
    if code:
        return f"EventBridge could not deliver it: {plain(code)[:64]}"
    try:
        return f"{about(json.loads(message['Body']))}: tried too often, the logs say why"
    except ValueError:
        return "the message is no JSON"
    except MalformedEventError as error:
        return str(error)


def _signal(event: object) -> str:
    found = parse(event)
    name = plain(found.event.name)[:64]
    return f"{name} on account {found.account_id}" if isinstance(found, Signal) else f"{name}, no signal"


def _alert(event: object) -> str:
    return f"alert {read_event(event, _LINKS).incident_id}"


def _unknown(_event: object) -> str:
    return "a sweep that was to start"


_PARSERS: Final = {"intake": _signal, "notify": _alert}
