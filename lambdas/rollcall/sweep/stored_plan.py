"""The stored plan: built part by part with its digest, and read back only as it was when that was taken."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from rollcall.decide.plan import Change, Plan, PlannedChange
from rollcall.decide.plan_text import describe_groups
from rollcall.model.codec import write_canonical
from rollcall.model.desired import DesiredAbsent, Unreadable
from rollcall.model.errors import PermanentError
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, make_notice
from rollcall.sweep.run import PlanReference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rollcall.decide.plan_values import ChangeGroup, ChangeGrouper
    from rollcall.decide.weakening import Weakening
    from rollcall.model.account import Account
    from rollcall.model.display import Masks


class PlanDigest:
    """SHA-256 of the canonical JSON of `{"changes", "roster", "weakened"}`, taken change by change.

    `weakened` is as `compute_weakened` makes it, empty for a part of a plan.
    """

    def __init__(self, roster: str) -> None:
        self._roster = roster
        self._hash = hashlib.sha256(b'{"changes":[')
        self._first = True

    def add(self, change: PlannedChange) -> None:
        """The next change of the plan."""
        separator = b"" if self._first else b","
        self._first = False
        self._hash.update(separator + write_canonical(change.as_document()))

    def compute(self, weakened: str = "") -> str:
        """The digest of the changes so far."""
        whole = self._hash.copy()
        rest = {"roster": self._roster, "weakened": weakened}
        whole.update(b"]," + write_canonical(rest)[1:])
        return whole.hexdigest()


def compute_weakened(against: str | None, weakenings: Sequence[Mapping[str, Any]]) -> str:
    """The digest of what a plan's roster weakens, and of the approved roster it was compared with."""
    whole = {"against": against or "", "weakenings": list(weakenings)}
    return hashlib.sha256(write_canonical(whole)).hexdigest()


class PlacesDigest:
    """SHA-256 of the names and OUs by which people are shown the accounts of a plan, in its order."""

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        self._hash = hashlib.sha256()
        for account in accounts:
            self.add(account)

    def add(self, account: Account) -> None:
        """The next account that the plan changes."""
        self._hash.update(write_canonical([account.id, account.name, account.ou_path]) + b"\n")

    def compute(self) -> str:
        """The digest of the accounts so far."""
        return self._hash.hexdigest()


def compute_change_digest(change: PlannedChange) -> bytes:
    """A short name of one change, with what was found and what is to be there."""
    return hashlib.sha256(write_canonical(change.as_document())).digest()[:16]


#: Changes in one part of a stored plan: some hundred kilobytes before compression.
PART_CHANGES: Final = 1000
#: Groups of changes that a notice shows.
MOST_GROUPS: Final = 10


@dataclass(slots=True, kw_only=True)
class PlanBuilder:
    """The plan for one roster (digest), account by account.

    `write` stores a part. `granted` are the digests of changes that a person has approved before: they are
    carried out with the others, but count against no limit. `changed` are accounts, `new_deletes` those of
    them with deletes that nobody has approved before. `groups` collects the changes for people, None if
    nobody asks. `new_deletes_only` makes it a plan of these deletes alone, or of all else; None takes both.
    """

    roster: str
    write: Callable[[int, Sequence[PlannedChange]], None]
    granted: frozenset[bytes] = frozenset()
    groups: ChangeGrouper | None = None
    new_deletes_only: bool | None = None
    first_part: int = 0
    active: int = 0
    changed: int = 0
    new_deletes: int = 0
    deletes: int = 0
    changes: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    places: PlacesDigest = field(default_factory=PlacesDigest, init=False)
    _digest: PlanDigest = field(init=False)
    _part: list[PlannedChange] = field(default_factory=list, init=False)
    _parts: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._digest = PlanDigest(self.roster)

    def add(self, account: Account, plan: Plan) -> None:
        """The next account."""
        self.active += account.active
        new_deletes = []
        for change in plan.changes:
            planned = make_planned_change(account.id, change)
            new_delete = _is_delete(change) and compute_change_digest(planned) not in self.granted
            if self.new_deletes_only in (None, new_delete):
                self._store(account, change, planned)
                new_deletes.append(new_delete)
        if new_deletes:
            self.changed += 1
            self.places.add(account)
        self.new_deletes += any(new_deletes)

    def finish(self, *, against: str | None, weakenings: Sequence[Weakening]) -> PlanReference:
        """Store the rest; the reference of the plan, compared with the approved roster `against`."""
        if self._part:
            self._flush()
        weakened = compute_weakened(against, [one.as_document() for one in weakenings])
        return PlanReference(
            digest=self._digest.compute(weakened),
            roster=self.roster,
            changes=self.changes,
            parts=self._parts,
            weakened=weakened,
            first_part=self.first_part,
        )

    def _store(self, account: Account, change: Change, planned: PlannedChange) -> None:
        self._digest.add(planned)
        self._part.append(planned)
        if len(self._part) == PART_CHANGES:
            self._flush()
        self.changes += 1
        self.deletes += _is_delete(change)
        self.by_kind[str(change.kind)] += 1
        if self.groups is not None:
            self.groups.add(account, change)

    def _flush(self) -> None:
        self.write(self.first_part + self._parts, self._part)
        self._parts += 1
        self._part = []


def make_planned_change(account_id: str, change: Change) -> PlannedChange:
    """A change as a plan stores it."""
    if isinstance(change.found, Unreadable):
        raise TypeError("a plan changes nothing that it could not read")
    return PlannedChange(account_id=account_id, kind=change.kind, found=change.found, wanted=change.wanted)


def _is_delete(change: Change) -> bool:
    return isinstance(change.wanted, DesiredAbsent)


def describe_for_notice(groups: Sequence[ChangeGroup], *, masks: Masks) -> dict[str, Any]:
    """Facts of a notice: the largest groups as text, and how many there are in all."""
    shown = describe_groups(groups[:MOST_GROUPS], masks=masks, shortened=True)
    return {"groups": [str(group) for group in shown], "groups_count": len(groups)}


#: What reading a file raises that is not one that `write_planned` wrote.
_UNREADABLE: Final = (ValueError, KeyError, TypeError, AttributeError, EOFError, OSError, zlib.error)


class AlteredPlanError(PermanentError):
    """The stored plan differs from its digest: somebody changed it after it was made."""

    def __init__(self) -> None:
        super().__init__("the stored plan differs from its digest: it was changed after it was made")


class PlanFiles(Protocol):
    """Reads what a run stored of a plan and its accounts. RetryableError from each."""

    def read_planned(self, run_id: str, roster: str, part: int) -> Sequence[PlannedChange]:
        """One part of the plan for a roster (digest)."""

    def read_accounts(self, run_id: str, start: int = 0) -> Iterator[Account]:
        """A run's accounts from this one on, in one order; what nobody takes costs next to nothing."""


class StoredPlan:
    """A plan whose parts are known to be those that the digest was taken of.

    `data` is the run that stored it. AlteredPlanError from every method if they are not; RetryableError if
    they cannot be read.
    """

    def __init__(self, reader: PlanFiles, plan: PlanReference, *, data: str) -> None:
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
            found = self._reader.read_planned(self._data, self._plan.roster, self._plan.first_part + part)
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


def read_places(
    reader: PlanFiles, changes: Iterable[PlannedChange], *, data: str, digest: str
) -> Mapping[str, Account]:
    """The accounts of a plan that run `data` stored, by id.

    AlteredPlanError if they are not those that the digest (of `PlacesDigest`) was taken of: people would be
    shown a plan under other names. RetryableError if they cannot be read.
    """
    try:
        known = {account.id: account for account in reader.read_accounts(data)}
        found = {change.account_id: known[change.account_id] for change in changes}
    except _UNREADABLE:
        raise AlteredPlanError from None
    if PlacesDigest(found.values()).compute() != digest:
        raise AlteredPlanError
    return found


def make_altered_notice(*, plan: str, data: str, run: str) -> Notice:
    """The alert that `run` found the plan that run `data` stored altered; the same for all tries."""
    facts = {"run": run, "plan": plan, "stored_by": data}
    return make_notice(NoticeKind.PLAN_ALTERED, key=f"{plan}/{data}", facts=facts)
