"""Intents: what is about to be written, recorded before it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from rollcall.events.signal import Signal
from rollcall.model.codec import Serializable
from rollcall.model.contact import ContactKind
from rollcall.model.desired import DesiredState, Observation

#: How long a worker may be at work on an intent before another may finish it. Longer than the time-out
#: of any function that writes, so that nobody finishes an intent whose worker still runs.
LEASE_SECONDS = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent(Serializable):
    """One write that was decided. At most one is open per contact.

    `owner` is the id of the queue message that led to it, or names the execution of a sweep: only who comes
    again for that very one knows that its worker is gone before the lease ends. `authorised` is whether the
    roster names the actor as an authorised changer.
    """

    id: str
    owner: str
    opened_at: datetime
    roster_digest: str
    signal: Signal
    kind: ContactKind
    found: Observation = field(repr=False)
    wanted: DesiredState
    authorised: bool = False
    request_id: str | None = None

    def can_take_over(self, *, by: str, now: datetime) -> bool:
        """Whether the message `by` may finish what another delivery began."""
        return by == self.owner or self.is_stale(now)

    def is_stale(self, now: datetime) -> bool:
        """Whether its worker is gone, whatever became of it."""
        return (now - self.opened_at).total_seconds() > LEASE_SECONDS


def make_intent_id(*, signal: Signal, kind: ContactKind, owner: str, opened_at: datetime) -> str:
    """An id that two attempts never share and that sorts by time: `20261005T093000Z-1f2e3d4c5b6a`."""
    seed = f"{signal.event.id}/{signal.account_id}/{kind}/{owner}/{opened_at.isoformat()}"
    return f"{opened_at:%Y%m%dT%H%M%SZ}-{hashlib.sha256(seed.encode()).hexdigest()[:12]}"
