"""Intents: what is about to be written, recorded before it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from rollcall.events.actor import Actor
from rollcall.events.signal import Cause, EventReference, Signal
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Absent, Desired, DesiredAbsent, DesiredState, Observation, Present

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How long a worker may be at work on an intent before another may finish it. Longer than the time-out
#: of any function that writes, so that nobody finishes an intent whose worker still runs.
LEASE_SECONDS = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
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

    def as_document(self) -> dict[str, Any]:
        """Plain JSON with the contacts in full: for the state table and the ledger only."""
        return {
            "id": self.id,
            "owner": self.owner,
            "opened_at": self.opened_at.isoformat(),
            "roster_digest": self.roster_digest,
            "signal": _write_signal(self.signal),
            "kind": str(self.kind),
            "found": self.found.contact.as_document() if isinstance(self.found, Present) else None,
            "wanted": _write_desired(self.wanted),
            "authorised": self.authorised,
            "request_id": self.request_id,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote; KeyError or ValueError if it is something else."""
        found = document["found"]
        return cls(
            id=document["id"],
            owner=document["owner"],
            opened_at=datetime.fromisoformat(document["opened_at"]),
            roster_digest=document["roster_digest"],
            signal=_read_signal(document["signal"]),
            kind=ContactKind(document["kind"]),
            found=Absent() if found is None else Present(contact=Contact.from_document(found)),
            wanted=_read_desired(document["wanted"]),
            authorised=document["authorised"],
            request_id=document["request_id"],
        )


def make_intent_id(*, signal: Signal, kind: ContactKind, owner: str, opened_at: datetime) -> str:
    """An id that two attempts never share and that sorts by time: `20261005T093000Z-1f2e3d4c5b6a`."""
    seed = f"{signal.event.id}/{signal.account_id}/{kind}/{owner}/{opened_at.isoformat()}"
    return f"{opened_at:%Y%m%dT%H%M%SZ}-{hashlib.sha256(seed.encode()).hexdigest()[:12]}"


def _write_desired(target: DesiredState) -> dict[str, Any]:
    contact = target.contact.as_document() if isinstance(target, Desired) else None
    return {"contact": contact, "source": target.source}


def _read_desired(document: Mapping[str, Any]) -> DesiredState:
    if document["contact"] is None:
        return DesiredAbsent(source=document["source"])
    return Desired(contact=Contact.from_document(document["contact"]), source=document["source"])


def _write_signal(signal: Signal) -> dict[str, Any]:
    # Most calls are recorded once: then there is none, and older code reads the intent as well.
    shared = {"shared_id": signal.event.shared_id} if signal.event.shared_id else {}
    return {
        "account_id": signal.account_id,
        "cause": str(signal.cause),
        "kind": signal.kind and str(signal.kind),
        "event": {
            "id": signal.event.id,
            "name": signal.event.name,
            "time": signal.event.time,
            "request_id": signal.event.request_id,
            **shared,
        },
        "actor": signal.actor.as_document(),
    }


def _read_signal(document: Mapping[str, Any]) -> Signal:
    return Signal(
        account_id=document["account_id"],
        cause=Cause(document["cause"]),
        kind=ContactKind(document["kind"]) if document["kind"] else None,
        event=EventReference(**document["event"]),
        actor=Actor.from_document(document["actor"]),
    )
