"""Tell people of an incident: once when it opens, once when it closes, whatever is delivered twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rollcall.alerts import Alert, render
from rollcall.errors import MalformedEventError

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.ports import Clock


class Alerted(Protocol):
    """Memory of what was told."""

    def claim(self, alert: Alert, now: datetime) -> bool:
        """Whether this alert is still to be sent, and by us.

        RetryableError while another worker is sending it.
        """

    def sent(self, alert: Alert, now: datetime) -> None:
        """Remember that it was sent."""


class Topic(Protocol):
    """Where people listen."""

    def publish(self, alert: Alert) -> None:
        """Send one alert; RetryableError if it was not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Sends the alerts of incidents."""

    alerted: Alerted
    topic: Topic
    clock: Clock

    def handle(self, event: object) -> Alert | None:
        """Send the alert of an incident event; None if it had been sent before.

        MalformedEventError if it is no incident; RetryableError if it could not be sent.
        """
        incident = event.get("detail") if isinstance(event, Mapping) else None
        try:
            alert = render(incident)  # type: ignore[arg-type]  # whatever it is, the next line sorts it out
        except (KeyError, ValueError, TypeError, AttributeError, IndexError):
            # `from None`: the text of such an error may hold a piece of the message.
            raise MalformedEventError("no incident document of version 1") from None
        if not self.alerted.claim(alert, self.clock.now()):
            return None
        self.topic.publish(alert)
        self.alerted.sent(alert, self.clock.now())
        return alert
