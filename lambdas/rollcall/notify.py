"""Tell people: once when an incident opens, once when it closes, whatever is delivered twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rollcall.alerts.plain_text import plain_text
from rollcall.alerts.read import read

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.alerts.links import Links
    from rollcall.alerts.plain_text import Alert
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
    """Sends the alerts of incidents and notices."""

    alerted: Alerted
    topic: Topic
    clock: Clock
    links: Links

    def handle(self, event: object) -> Alert | None:
        """Send the alert of an incident or notice event; None if it had been sent before.

        MalformedEventError if it is neither; RetryableError if it could not be sent.
        """
        alert = plain_text(read(event, self.links))
        if not self.alerted.claim(alert, self.clock.now()):
            return None
        self.topic.publish(alert)
        self.alerted.sent(alert, self.clock.now())
        return alert
