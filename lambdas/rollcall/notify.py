"""Tell people on one channel: in order, and once, whatever is delivered twice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rollcall.alerts.memory import Decision, Told, decide
from rollcall.alerts.read import read
from rollcall.errors import RetryableError, RollcallError

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.alerts.links import Links
    from rollcall.alerts.message import Message
    from rollcall.levels import Severity
    from rollcall.ports import Clock


class Alerted(Protocol):
    """Memory of what one channel was told."""

    def begin(self, incident_id: str, now: datetime) -> Told:
        """Hold this incident, so that nobody else sends of it; what was told until now.

        RetryableError while another worker holds it. Who dies with it loses it after a while.
        """

    def end(self, incident_id: str, now: datetime, told: Told) -> None:
        """Remember what is told by now, and let go; RetryableError if it was not taken."""


class Channel(Protocol):
    """Where people listen."""

    def send(self, message: Message, *, thread: str | None, follows: bool) -> str | None:
        """Send one message; what the channel calls it, if it has threads.

        `thread` is what it called the first of this incident, `follows` whether there was one.
        RetryableError if it was not taken.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Sends incidents and notices of at least `minimum` to one channel."""

    alerted: Alerted
    channel: Channel
    minimum: Severity
    clock: Clock
    links: Links

    def handle(self, event: object) -> tuple[Message, Decision]:
        """Send the message of an incident or notice event, unless it is not to be sent here.

        MalformedEventError if it is neither; RetryableError if it could not be sent.
        """
        message = read(event, self.links)
        told = self.alerted.begin(message.incident_id, self.clock.now())
        try:
            decision = decide(message, told, minimum=self.minimum)
            after = self._sent(message, told, decision)
        except RollcallError:
            # Let go at once. If even that fails, the hold ends by itself.
            with suppress(RetryableError):
                self.alerted.end(message.incident_id, self.clock.now(), told)
            raise
        self.alerted.end(message.incident_id, self.clock.now(), after)
        return message, decision

    def _sent(self, message: Message, told: Told, decision: Decision) -> Told:
        match decision:
            case Decision.DROP:
                return told
            case Decision.WITHHOLD:
                return Told(steps=told.steps, withheld=True, thread=told.thread)
            case Decision.SEND:
                thread = self.channel.send(message, thread=told.thread, follows=bool(told.steps))
                return Told(
                    steps=told.steps | {message.step}, withheld=told.withheld, thread=told.thread or thread
                )
