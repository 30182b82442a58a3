"""Channels: posted messages, within Slack's rate limit, in memory and as JSON lines in a file.

Source: docs.slack.dev, "Rate limits": one message a second in a channel.
"""

from __future__ import annotations

import json
import math
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SECONDS_BETWEEN_MESSAGES = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMessage:
    """A posted message. `ts` is its id in the channel, `thread_ts` that of the message that it answers."""

    time: str
    channel: str
    ts: str
    thread_ts: str | None
    text: str
    blocks: tuple[dict[str, Any], ...]


class SlackChannels:
    """All channels of the workspace; `path` takes the messages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._messages: list[PostedMessage] = []
        self._last: dict[str, float] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")

    def list_messages(self) -> list[PostedMessage]:
        """All messages so far."""
        with self._lock:
            return list(self._messages)

    def has_message(self, channel: str, ts: str) -> bool:
        """Whether the channel has a message with this `ts`."""
        return any((message.channel, message.ts) == (channel, ts) for message in self.list_messages())

    def post(self, channel: str, payload: dict[str, Any]) -> PostedMessage | int:
        """Post a valid message; or the seconds to wait because of the rate limit."""
        with self._lock:
            wait = self._last.get(channel, -math.inf) + SECONDS_BETWEEN_MESSAGES - time.monotonic()
            if wait > 0:
                return math.ceil(wait)
            self._last[channel] = time.monotonic()
            now = datetime.now(UTC)
            message = PostedMessage(
                time=now.isoformat(timespec="milliseconds"),
                channel=channel,
                ts=f"{int(now.timestamp())}.{len(self._messages):06}",
                thread_ts=payload.get("thread_ts"),
                text=payload["text"],
                blocks=tuple(payload.get("blocks", [])),
            )
            self._messages.append(message)
            with self.path.open("a") as file:
                file.write(json.dumps(asdict(message)) + "\n")
        return message
