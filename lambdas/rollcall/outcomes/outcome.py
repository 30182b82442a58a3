"""Outcomes, and the incident that groups those of one event."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from rollcall.events.signal import ARRIVAL, EventReference, Signal
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.model.desired import DesiredState, Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done to one contact: found, set, why, and the evidence.

    `kind` is None where a signal led to no contact. `verified` is whether a read after the write
    already showed it; None where nothing was written. `authorised` is whether the roster names the actor
    as an authorised changer.
    """

    verdict: Verdict
    reason: str
    kind: ContactKind | None = None
    found: Observation | None = field(default=None, repr=False)
    wanted: DesiredState | None = None
    authorised: bool = False
    roster_digest: str | None = None
    intent_id: str | None = None
    request_id: str | None = None
    verified: bool | None = None
    #: Whether a root user made another change that the reason names.
    beside_root: bool = False
    #: Who registered exactly this edit as a drill, None if nobody did.
    drill: str | None = None
    #: Parts that a restore left as they were found, as the roster keeps them: they may have been edited.
    kept: tuple[str, ...] = ()


class Stage(StrEnum):
    """Whether something is left to do about an incident; of `Incident.stage` only whether for Rollcall."""

    OPEN = "open"
    CLOSED = "closed"


class Action(StrEnum):
    """What a receiver of alerts does with the incident of this id."""

    OPEN = "open"
    UPDATE = "update"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One event on one account, with what came of it.

    `signal` is None if the event was none of ours, `account` if the organization does not know it.
    `opened` is whether it was alerted as open, `parent_incident_id` that of the notice that groups it with
    others, None if it has an alert of its own. `repeated` is whether reverts of its contacts back off.
    """

    id: str
    event: EventReference
    signal: Signal | None
    account: Account | None
    outcomes: tuple[Outcome, ...]
    opened: bool = False
    parent_incident_id: str | None = None
    repeated: bool = False

    @property
    def stage(self) -> Stage:
        """Open as long as a contact still waits to be set."""
        pending = any(outcome.verdict is Verdict.PENDING for outcome in self.outcomes)
        return Stage.OPEN if pending else Stage.CLOSED

    @property
    def drill(self) -> str | None:
        """The operator who registered every outcome as a drill; None if one was not registered."""
        found = {outcome.drill for outcome in self.outcomes}
        return found.pop() if len(found) == 1 else None


def make_incident_id(*, event: EventReference, signal: Signal | None) -> str:
    """The same for every delivery of one call: `RC-` and 12 hexadecimal digits.

    A new account gives several events on one day: they are one incident.
    """
    arrived = signal is not None and signal.cause in ARRIVAL
    seed = f"arrival on {event.time[:10]}" if arrived else event.key
    return name_incident(seed, signal.account_id if signal else "")


def name_incident(key: str, whose: str) -> str:
    """The id of the incident of a call (by its event's key) on an account, or of a notice (kind and key)."""
    return "RC-" + hashlib.sha256(f"{key}/{whose}".encode()).hexdigest()[:12]
