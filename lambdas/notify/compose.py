"""The composition of `notify`: one function for each channel, which its environment names."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollcall.adapters.bus_and_queue import SqsQueue
from rollcall.adapters.clients import make_client
from rollcall.adapters.slack import SlackChannel, SlackSecret, post_json
from rollcall.adapters.sns import ChatTopic, SnsTopic
from rollcall.adapters.state.channels import ChannelMemoryTable
from rollcall.adapters.system import SystemClock
from rollcall.model.levels import Severity
from rollcall.notify.message import Links
from rollcall.notify.notifier import Channel, Notifier
from rollcall.runtime.environment import MissingVariableError, NotifyEnvironment

_RUNBOOK = Path(__file__).resolve().parents[1] / "runbook.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyFunction:
    """What the handler of `notify` works with."""

    notifier: Notifier
    queue: SqsQueue
    channel: str


def compose_notify() -> NotifyFunction:
    """Compose `notify` from its environment; MissingVariableError if that is incomplete or unknown."""
    environment = NotifyEnvironment.from_variables(os.environ)
    notifier = Notifier(
        alerted=ChannelMemoryTable(
            client=make_client("dynamodb"), table=environment.state_table, channel=environment.channel
        ),
        channel=_make_channel(environment),
        minimum=Severity[environment.min_severity],
        clock=SystemClock(),
        # The Region that Lambda sets; links need it for the console.
        links=Links(
            region=os.environ.get("AWS_REGION", "us-east-1"),
            runbook=environment.runbook,
            access_portal=_read_optional(environment.access_portal),
            sections=load_runbook(_RUNBOOK),
        ),
    )
    queue = SqsQueue(client=make_client("sqs"), queue_url=environment.queue_url)
    return NotifyFunction(notifier=notifier, queue=queue, channel=environment.channel)


def load_runbook(path: Path) -> dict[str, Any]:
    """The sections that alerts quote, none where people read the runbook on the web."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _make_channel(environment: NotifyEnvironment) -> Channel:
    match environment.channel:
        case "sns":
            return SnsTopic(client=make_client("sns"), topic_arn=environment.target)
        case "chat" | "teams":
            return ChatTopic(client=make_client("sns"), topic_arn=environment.target)
        case "slack":
            secret = SlackSecret(client=make_client("secretsmanager"), secret_arn=environment.target)
            return SlackChannel(
                post=post_json,
                secret=secret,
                channel=environment.slack_channel,
                mention=_read_optional(environment.slack_mention),
            )
    raise MissingVariableError(f"no channel is called {environment.channel}")


def _read_optional(value: str) -> str | None:
    return None if value == "none" else value
