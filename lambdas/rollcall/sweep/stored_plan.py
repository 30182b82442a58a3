"""The stored plan: read back part by part, and only as it was when its digest was taken."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, Protocol

from rollcall.decide.plan_values import KnownContacts, group_changes
from rollcall.model.account import Account, AccountState
from rollcall.model.errors import PermanentError
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, make_notice
from rollcall.sweep.plan_builder import PART_CHANGES, PlanDigest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rollcall.decide.observed import PlannedChange
    from rollcall.decide.plan_values import ChangeGroup
    from rollcall.model.roster import Roster
    from rollcall.sweep.approvals import PendingPlan
    from rollcall.sweep.run import PlanReference

#: What reading a file raises that is not one that `write_planned` wrote.
_UNREADABLE: Final = (ValueError, KeyError, TypeError, AttributeError, EOFError, OSError, zlib.error)


class AlteredPlanError(PermanentError):
    """The stored plan differs from its digest: somebody changed it after it was made."""

    def __init__(self) -> None:
        super().__init__("the stored plan differs from its digest: it was changed after it was made")


class PlanReader(Protocol):
    """Reads parts of stored plans."""

    def read_planned(self, run_id: str, roster: str, part: int) -> Sequence[PlannedChange]:
        """One part of the plan of a run for a roster (digest); RetryableError."""


class PlanFiles(PlanReader, Protocol):
    """Reads what a run stored of a plan and its accounts."""

    def read_accounts(self, run_id: str) -> Sequence[Account]:
        """The accounts that the run looked at; RetryableError."""


class StoredPlan:
    """A plan whose parts are known to be those that the digest was taken of.

    `data` is the run that stored it. AlteredPlanError from every method if they are not; RetryableError if
    they cannot be read.
    """

    def __init__(self, reader: PlanReader, plan: PlanReference, *, data: str) -> None:
        self._reader, self._plan, self._data = reader, plan, data
        self._digests: list[str] = []
        whole, changes = PlanDigest(plan.roster), 0
        for part in range(plan.parts):
            read = self._read(part)
            self._digests.append(self._compute(read))
            changes += len(read)
            for change in read:
                whole.add(change)
        if whole.compute(plan.weakened) != plan.digest or changes != plan.changes:
            raise AlteredPlanError

    def read_part(self, part: int) -> Sequence[PlannedChange]:
        """One part, read again: another worker may have changed it in between."""
        found = self._read(part)
        if self._compute(found) != self._digests[part]:
            raise AlteredPlanError
        return found

    def read_all(self) -> list[PlannedChange]:
        """All changes in the order of the plan."""
        return [change for part in range(self._plan.parts) for change in self.read_part(part)]

    def _read(self, part: int) -> Sequence[PlannedChange]:
        try:
            found = self._reader.read_planned(self._data, self._plan.roster, part)
        except _UNREADABLE:
            # `from None`: the text of such an error may hold a piece of a contact.
            raise AlteredPlanError from None
        if part < self._plan.parts - 1 and len(found) != PART_CHANGES:
            raise AlteredPlanError
        return found

    def _compute(self, changes: Sequence[PlannedChange]) -> str:
        digest = PlanDigest(self._plan.roster)
        for change in changes:
            digest.add(change)
        return digest.compute()


def open_pending(reader: PlanReader, pending: PendingPlan) -> StoredPlan:
    """The stored plan of one that waits or was approved; raises as `StoredPlan`."""
    return StoredPlan(reader, pending.reference, data=pending.data)


def read_groups(runs: PlanFiles, pending: PendingPlan, rosters: Iterable[Roster]) -> Sequence[ChangeGroup]:
    """What it would write, grouped; contacts are named as these rosters name them. Raises as `StoredPlan`."""
    changes = open_pending(runs, pending).read_all()
    accounts = {account.id: account for account in runs.read_accounts(pending.data)}
    placed = ((accounts.get(change.account_id) or _name(change.account_id), change) for change in changes)
    return group_changes(placed, KnownContacts(rosters))


def _name(account_id: str) -> Account:
    """An account of which only the id is known."""
    return Account(id=account_id, name="", state=AccountState.UNKNOWN, ou_path=(), parent_ids=())


def make_altered_notice(*, plan: str, data: str, run: str) -> Notice:
    """The alert that `run` found the plan that run `data` stored altered; the same for all tries."""
    facts = {"run": run, "plan": plan, "stored_by": data}
    return make_notice(NoticeKind.PLAN_ALTERED, key=f"{plan}/{data}", facts=facts)
