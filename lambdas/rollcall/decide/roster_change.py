"""What a change of the roster writes and what it weakens, pure: both rosters over the same facts and day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rollcall.decide.change_limit import compute_limit, describe_limit, is_raised
from rollcall.decide.resolve import Requirement, find_exemption_end, resolve_requirement
from rollcall.decide.roster_entries import EntryMatcher, describe_accounts, list_entries, list_first
from rollcall.model.account import Account, AccountState
from rollcall.model.codec import Serializable
from rollcall.model.contact import ContactKind
from rollcall.model.desired import (
    Conflict,
    DesiredState,
    Observation,
    Unreadable,
    is_same_desired,
    matches,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollcall.decide.observed import ObservedAccount
    from rollcall.model.roster import Roster

#: Ids that a weakening keeps of the accounts that it concerns.
MOST_NAMED: Final = 100
#: Ranks of what is done about a contact: what is unmanaged is not even looked at.
_UNMANAGED, _ALERTED, _ENFORCED = range(3)


class WeakeningKind(StrEnum):
    """What a change of the roster weakens."""

    AUDIT = "audit"
    EXEMPT = "exempt"
    EXEMPT_LONGER = "exempt-longer"
    UNMANAGED = "unmanaged"
    BLOCKED = "blocked"
    MATCHES_NOTHING = "matches-nothing"
    CHANGER = "changer"
    LIMIT = "limit"
    BULK_EDITS = "bulk-edits"
    REPEATED_EDITS = "repeated-edits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakening(Serializable):
    """One thing that a roster weakens. `text` says it in English, `accounts` are the first of `count` ids."""

    kind: WeakeningKind
    text: str
    accounts: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChange:
    """What is different under the candidate.

    `changed` counts active accounts where it enforces another contact than the approved roster does, now or
    once an exemption ends; `adopted` those of them where all of that is there already. Restoring drift is no
    change. `not_compared` are the ids of active accounts with contacts that could not be read. `unmatched`
    names every entry of the candidate that matches no account.
    """

    active: int
    changed: int = 0
    adopted: int = 0
    not_compared: tuple[str, ...] = ()
    weakenings: tuple[Weakening, ...] = ()
    unmatched: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class RosterComparison:
    """Compares two rosters account by account; `approved` is None before the first approval."""

    approved: Roster | None
    candidate: Roster
    today: date
    active: int = 0
    changed: int = 0
    adopted: int = 0
    _not_compared: list[str] = field(default_factory=list, init=False)
    _lowered: dict[tuple[WeakeningKind, str], list[str]] = field(
        default_factory=lambda: defaultdict(list), init=False
    )
    _entries: EntryMatcher = field(init=False)
    _places: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._entries = EntryMatcher(roster=self.candidate, today=self.today)

    def add(self, observed: ObservedAccount) -> None:
        """The next account."""
        account = observed.account
        self._entries.add(account)
        for depth in range(1, len(account.parent_ids) + 1):
            self._places.setdefault(account.parent_ids[:depth], account.ou_path[: depth - 1])
        self.active += account.active
        orphaned = observed.orphaned
        after = self._resolve(self.candidate, account, orphaned.get(self.candidate.digest))
        if self.approved is None:
            self._count_change(observed, {}, self._list_enforced(self.candidate, after, account))
            return
        lost = orphaned.get(self.approved.digest)
        before = self._resolve(self.approved, account, lost)
        self._count_change(
            observed,
            self._list_enforced(self.approved, before, account),
            self._list_enforced(self.candidate, after, account),
        )
        self._compare_exemptions(self.approved, account)
        # An entry that lost its accounts blocks them: what it asked for must not be weakened behind that.
        meant = self._resolve(self.approved, account, None) if lost else before
        for kind in ContactKind:
            lowered = _find_lowered(kind, meant, after)
            if lowered is not None and not (lowered is WeakeningKind.BLOCKED and _is_blocked(before, kind)):
                self._lowered[lowered, _name_detail(lowered, kind, after)].append(account.id)

    def finish(self) -> RosterChange:
        """The whole change."""
        return RosterChange(
            active=self.active,
            changed=self.changed,
            adopted=self.adopted,
            not_compared=tuple(self._not_compared),
            weakenings=(*self._list_lowered(), *self._list_unmatched(), *self._list_loosened()),
            unmatched=tuple(unmatched.text for unmatched in self._entries.list_unmatched()),
        )

    def _resolve(self, roster: Roster, account: Account, orphaned: str | None) -> Requirement:
        return resolve_requirement(roster, account, today=self.today, orphaned=orphaned)

    def _compare_exemptions(self, approved: Roster, account: Account) -> None:
        until = find_exemption_end(self.candidate, account, self.today)
        before = find_exemption_end(approved, account, self.today)
        if until is None or (before is not None and until <= before):
            return
        kind = WeakeningKind.EXEMPT if before is None else WeakeningKind.EXEMPT_LONGER
        detail = "without an end" if until == date.max else f"until {until}"
        self._lowered[kind, detail].append(account.id)

    def _list_enforced(
        self, roster: Roster, requirement: Requirement, account: Account
    ) -> dict[ContactKind, DesiredState]:
        """What the roster enforces. An exemption that ends postpones it, and no more."""
        if find_exemption_end(roster, account, self.today) == date.max:
            return {}
        return {
            kind: wanted
            for kind, wanted in requirement.desired.items()
            if not isinstance(wanted, Conflict) and _rank(requirement, kind) == _ENFORCED
        }

    def _count_change(
        self,
        observed: ObservedAccount,
        before: Mapping[ContactKind, DesiredState],
        after: Mapping[ContactKind, DesiredState],
    ) -> None:
        if not observed.account.active:
            return
        unread = Unreadable(reason="not read in this run")
        found = {kind: observed.contacts.get(kind, unread) for kind in after}
        if any(isinstance(contact, Unreadable) for contact in found.values()):
            self._not_compared.append(observed.account.id)
        differs = [
            matches(found[kind], wanted)
            for kind, wanted in after.items()
            if _is_change(wanted, before.get(kind), found[kind])
        ]
        self.changed += bool(differs)
        self.adopted += bool(differs) and all(differs)

    def _list_lowered(self) -> Iterator[Weakening]:
        """With what becomes of accounts that do not exist yet, wherever there is an account today."""
        to_come: dict[tuple[WeakeningKind, str], list[str]] = defaultdict(list)
        for parent_ids, ou_path in sorted(self._places.items(), key=lambda item: item[1]):
            for key in dict.fromkeys(self._find_lowered_to_come(parent_ids, ou_path)):
                to_come[key].append("/".join(ou_path))
        for kind, detail in sorted({*self._lowered, *to_come}):
            ids = sorted(dict.fromkeys(self._lowered.get((kind, detail), ())))
            where = _describe_where(ids, to_come.get((kind, detail), []))
            text = _LOWERED[kind].format(where=where, detail=detail)
            yield Weakening(kind=kind, text=text, accounts=tuple(ids[:MOST_NAMED]), count=len(ids))

    def _find_lowered_to_come(
        self, parent_ids: tuple[str, ...], ou_path: tuple[str, ...]
    ) -> Iterator[tuple[WeakeningKind, str]]:
        if self.approved is None:
            return
        account = Account(
            id="0" * 12, name="0", state=AccountState.ACTIVE, ou_path=ou_path, parent_ids=parent_ids, tags={}
        )
        before = self._resolve(self.approved, account, None)
        after = self._resolve(self.candidate, account, None)
        for kind in ContactKind:
            if (lowered := _find_lowered(kind, before, after)) is not None:
                yield lowered, _name_detail(lowered, kind, after)

    def _list_unmatched(self) -> Iterator[Weakening]:
        known = set(list_entries(self.approved, today=self.today)) if self.approved else set()
        for unmatched in self._entries.list_unmatched():
            if not known.issuperset(unmatched.entries):
                yield Weakening(kind=WeakeningKind.MATCHES_NOTHING, text=unmatched.text)

    def _list_loosened(self) -> Iterator[Weakening]:
        before, after = self.approved, self.candidate
        if before is None:
            return
        for changer in sorted(after.authorised_changers - before.authorised_changers):
            text = f"{changer} becomes an authorised changer: its edits are one INFO alert each"
            yield Weakening(kind=WeakeningKind.CHANGER, text=text)
        if is_raised(after.max_changed_accounts, before=before.max_changed_accounts, active=self.active):
            yield Weakening(kind=WeakeningKind.LIMIT, text=_describe_raised(before, after, self.active))
        bulk, was = after.bulk_edits, before.bulk_edits
        if (
            bulk.accounts > was.accounts
            or bulk.organization_accounts > was.organization_accounts
            or bulk.window < was.window
        ):
            text = (
                f"a bulk edit is reported later: at {bulk.accounts} accounts of one principal or"
                f" {bulk.organization_accounts} of anybody in {bulk.minutes} minutes, until now at"
                f" {was.accounts} or {was.organization_accounts} in {was.minutes}"
            )
            yield Weakening(kind=WeakeningKind.BULK_EDITS, text=text)
        repeated, known = after.repeated_edits, before.repeated_edits
        if repeated != known:
            # In either direction: fewer restores are made at once, or the alert about them comes later.
            text = (
                f"repeated edits back off and are reported after {repeated.reverts} restores in"
                f" {repeated.minutes} minutes, until now after {known.reverts} in {known.minutes}"
            )
            yield Weakening(kind=WeakeningKind.REPEATED_EDITS, text=text)


_LOWERED: Final = {
    WeakeningKind.AUDIT: "audit mode: Rollcall only alerts, and restores nothing, {where}",
    WeakeningKind.EXEMPT: "newly exempt {detail}: contacts are left alone {where}",
    WeakeningKind.EXEMPT_LONGER: "exempt for longer, {detail}: contacts are left alone {where}",
    WeakeningKind.UNMANAGED: "the {detail} contact is no longer managed {where}",
    WeakeningKind.BLOCKED: "blocked: Rollcall restores nothing {where}: {detail}",
}


def _find_lowered(kind: ContactKind, before: Requirement, after: Requirement) -> WeakeningKind | None:
    """How less is done about this contact than before, None if it is not; exemptions are left aside."""
    rank = _rank(after, kind)
    if rank >= _rank(before, kind):
        return None
    if rank == _UNMANAGED:
        return WeakeningKind.UNMANAGED
    return WeakeningKind.BLOCKED if _is_blocked(after, kind) else WeakeningKind.AUDIT


def _rank(requirement: Requirement, kind: ContactKind) -> int:
    if kind not in requirement.desired:
        return _UNMANAGED
    enforced = requirement.halted is None and not _is_blocked(requirement, kind)
    return _ENFORCED if enforced else _ALERTED


def _is_blocked(requirement: Requirement, kind: ContactKind) -> bool:
    return requirement.held is not None or isinstance(requirement.desired.get(kind), Conflict)


def _name_detail(lowered: WeakeningKind, kind: ContactKind, after: Requirement) -> str:
    """What else distinguishes weakenings of one kind."""
    desired = after.desired.get(kind)
    match lowered:
        case WeakeningKind.UNMANAGED:
            return str(kind)
        case WeakeningKind.BLOCKED:
            return desired.reason if isinstance(desired, Conflict) else str(after.held)
    return ""


def _is_change(wanted: DesiredState, before: DesiredState | None, found: Observation) -> bool:
    """Whether the contact is to be another one because of the roster, not because somebody edited it."""
    if before is not None:
        return not is_same_desired(wanted, before)
    return not matches(found, wanted)


def _describe_where(ids: list[str], to_come: list[str]) -> str:
    """`in accounts 1, 2 and in new accounts of OU A`; `to_come` are OUs, the root is the empty one."""
    parts = [f"in {describe_accounts(ids)}"] if ids else []
    if to_come:
        units = "" if "" in to_come else f" of OU {list_first(to_come)}"
        parts.append(f"in new accounts{units}")
    return " and ".join(parts)


def _describe_raised(before: Roster, after: Roster, active: int) -> str:
    new, old = after.max_changed_accounts, before.max_changed_accounts
    return (
        f"limits.max_changed_accounts is raised from {describe_limit(old)} to {describe_limit(new)}:"
        f" a roster may change {compute_limit(new, active=active)} of {active} active accounts without a"
        f" person, until now {compute_limit(old, active=active)}"
    )
