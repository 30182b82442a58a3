"""Which roster decides: the approved one, or before the first approval the candidate, as an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from rollcall.model.roster import BulkLimits, Roster
from rollcall.rosters.orphaned import Matches, forget_units, remember_units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollcall.decide.resolve import Enforcement, RegisteredDrill
    from rollcall.outcomes.notices import Notice
    from rollcall.ports import Organization, OutcomeBus


class RosterMemory(Protocol):
    """Memory of approved rosters, of the pause and of the last drill. RetryableError from each."""

    def get_enforcement(self) -> Enforcement:
        """The pause, the approved digest and the drill, read consistently."""

    def save_drill(self, drill: RegisteredDrill) -> bool:
        """Store it in place of an earlier one; False, and nothing stored, if a later one is there."""

    def load_roster(self, digest: str) -> Mapping[str, Any]:
        """The roster document that was approved under this digest."""

    def is_known(self, digest: str) -> bool:
        """Whether a roster was approved under this digest."""

    def approve(
        self,
        *,
        digest: str,
        document: Mapping[str, Any],
        by: str,
        at: datetime,
        before: str | None,
        notice: Notice | None = None,
    ) -> None:
        """Make this roster the one that is enforced.

        Only if `before` is the digest that is approved now, and the notice of its approval is published; if
        it is approved automatically, as its new `notice` says, also not in a pause. That notice is kept until
        `forget_notice`; of a person it has the user ID and the command.
        """

    def find_notice(self) -> Notice | None:
        """The notice of the last approval, None once it is published."""

    def forget_notice(self, notice: Notice) -> None:
        """It is published."""


class Rosters:
    """Rosters by digest. A digest names one document for ever, so what was read once stays right.

    `candidate` is the one that was deployed with this code, `document` the same as synth compiled it.
    `memory` holds those that were approved.
    """

    def __init__(self, *, memory: RosterMemory, candidate: Mapping[str, Any]) -> None:
        self.memory = memory
        self.document = candidate
        self.candidate = Roster.from_document(candidate)
        self._known = {self.candidate.digest: self.candidate}
        self._last: Roster | None = None

    def get_enforcement(self) -> Enforcement:
        """What is in force now; RetryableError if it cannot be read."""
        return self.memory.get_enforcement()

    def find_current(self, control: Enforcement) -> Roster:
        """The roster to decide by; RetryableError if the state table cannot be read."""
        self._last = self.candidate if control.approved is None else self.load(control.approved)
        return self._last

    def get_bulk_limits(self) -> BulkLimits:
        """Those of the roster that decided last; RetryableError.

        An edit is counted after it was decided upon: counting it costs no read of its own.
        """
        return (self._last or self.find_current(self.get_enforcement())).bulk_edits

    def load(self, digest: str) -> Roster:
        """The candidate, or a roster that was approved; RetryableError if the state table has none such."""
        if digest not in self._known:
            document = self.memory.load_roster(digest)
            self._known = {self.candidate.digest: self.candidate, digest: Roster.from_document(document)}
        return self._known[digest]

    def find(self, digest: str) -> Roster | None:
        """The roster; None if it is neither the candidate nor was ever approved. RetryableError."""
        known = digest in self._known or self.memory.is_known(digest)
        return self.load(digest) if known else None

    def load_document(self, roster: Roster) -> Mapping[str, Any]:
        """The document of a roster from here; RetryableError if the state table cannot be read."""
        if roster.digest == self.candidate.digest:
            return self.document
        return self.memory.load_roster(roster.digest)


def approve_candidate(
    *,
    memory: RosterMemory,
    matches: Matches,
    organization: Organization,
    document: Mapping[str, Any],
    approved_by: str,
    now: datetime,
    before: str | None,
    notice: Notice | None = None,
) -> str:
    """Make the compiled candidate the approved roster in place of `before`; returns its digest.

    `alert_approval` publishes the `notice`. What its paths of names lead to is remembered first, so that a
    unit renamed later is noticed. Raises as `Roster.from_document`; RetryableError if AWS could not be asked,
    or if somebody else was faster: then it is not approved.
    """
    roster = Roster.from_document(document)
    remember_units(roster, matches, organization)
    memory.approve(
        digest=roster.digest,
        document=document,
        by=approved_by,
        at=now,
        before=before,
        notice=notice,
    )
    # Only now: if the approval fails, the roster before it stays in force and needs its paths.
    forget_units(roster, matches)
    return roster.digest


def alert_approval(memory: RosterMemory, bus: OutcomeBus, now: datetime) -> None:
    """Publish the notice of the last approval, unless it is known to be; RetryableError.

    It is stored with the approval and forgotten when it is published: a roster in force without it has it
    published by the next function, the schedule of `control` at the latest. Twice is once for people.
    """
    notice = memory.find_notice()
    if notice is not None:
        bus.publish_notice(notice, now)
        memory.forget_notice(notice)
