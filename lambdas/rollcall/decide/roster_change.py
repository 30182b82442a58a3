"""Compares two rosters, pure, over the same facts and day: the accounts that change, and the weakenings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from rollcall.decide.new_accounts import describe_replaced, make_new_accounts
from rollcall.decide.plan import NOT_READ, ObservedAccount
from rollcall.decide.resolve import (
    Requirement,
    fill_placeholders,
    find_candidates,
    find_exemption_end,
    pick_winner,
    resolve_requirement,
)
from rollcall.decide.roster_entries import OrganizationNames, describe_where, find_unmatched, list_entries
from rollcall.decide.weakening import (
    ENFORCED,
    LOWERED,
    MOST_NAMED,
    Weakening,
    WeakeningKind,
    compute_rank,
    find_lowered,
    is_blocked,
    list_loosened,
    name_detail,
)
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Conflict, DesiredState, Observation, Unreadable, is_same_desired, matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rollcall.decide.new_accounts import Replacement
    from rollcall.decide.roster_entries import UnmatchedEntry
    from rollcall.model.account import Account
    from rollcall.model.roster import Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterChange:
    """What is different under the candidate.

    `changed` counts active accounts where it enforces another contact than the approved roster does, now or
    once an exemption or a conflict ends; `adopted` those of them where all of that is there already.
    Restoring drift is no change. `not_compared` are the ids of active accounts with contacts that could not
    be read. `unmatched` names every entry of the candidate that matches no account.
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
    _names: OrganizationNames = field(default_factory=OrganizationNames, init=False)
    _places: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict, init=False)
    #: Contacts that accounts of today get in place of others.
    _seen: set[Replacement] = field(default_factory=set, init=False)

    def add(self, observed: ObservedAccount) -> None:
        """The next account."""
        account = observed.account
        self._names.add(account)
        for depth in range(1, len(account.parent_ids) + 1):
            self._places.setdefault(account.parent_ids[:depth], account.ou_path[: depth - 1])
        self.active += account.active
        orphaned = observed.orphaned
        after = self._resolve(self.candidate, account, orphaned.get(self.candidate.digest))
        if self.approved is None:
            self._count_change(
                observed, {}, self._list_enforced(self.candidate, after, account), behind=False
            )
            return
        lost = orphaned.get(self.approved.digest)
        before = self._resolve(self.approved, account, lost)
        enforced = self._list_enforced(self.candidate, after, account)
        self._count_change(
            observed,
            {}
            if self._ends_exemption(self.approved, account)
            else self._list_enforced(self.approved, before, account),
            enforced,
            behind=self._is_changed_behind(self.approved, before, after, account),
        )
        if account.active:
            self._seen.update(self._find_replaced(self.approved, before, account, enforced))
        self._compare_exemptions(self.approved, account)
        # An entry that lost its accounts blocks them: what it asked for must not be weakened behind that.
        meant = self._resolve(self.approved, account, None) if lost else before
        for kind in ContactKind:
            lowered = find_lowered(kind, meant, after)
            if lowered is not None and not (lowered is WeakeningKind.BLOCKED and is_blocked(before, kind)):
                self._lowered[lowered, name_detail(lowered, kind, after)].append(account.id)

    def finish(self) -> RosterChange:
        """The whole change."""
        before = self.approved
        unmatched = find_unmatched(self.candidate, self._names, today=self.today)
        loosened = () if before is None else list_loosened(before, self.candidate, active=self.active)
        return RosterChange(
            active=self.active,
            changed=self.changed,
            adopted=self.adopted,
            not_compared=tuple(self._not_compared),
            weakenings=(*self._list_lowered(), *self._list_unmatched(unmatched), *loosened),
            unmatched=tuple(one.text for one in unmatched),
        )

    def _resolve(self, roster: Roster, account: Account, orphaned: str | None) -> Requirement:
        return resolve_requirement(roster, account, today=self.today, orphaned=orphaned)

    def _ends_exemption(self, approved: Roster, account: Account) -> bool:
        """Whether the candidate ends an exemption sooner: then its writes to the account count as changes."""
        before = find_exemption_end(approved, account, self.today)
        after = find_exemption_end(self.candidate, account, self.today)
        return before is not None and (after is None or after < before)

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
        """What the roster enforces for the account, now or when an exemption with an end is over."""
        if find_exemption_end(roster, account, self.today) == date.max:
            return {}
        return {
            kind: wanted
            for kind, wanted in requirement.desired.items()
            if not isinstance(wanted, Conflict) and compute_rank(requirement, kind) == ENFORCED
        }

    def _count_change(
        self,
        observed: ObservedAccount,
        before: Mapping[ContactKind, DesiredState],
        after: Mapping[ContactKind, DesiredState],
        *,
        behind: bool,
    ) -> None:
        """Count the account. `behind` is whether a contact changes that both rosters block now."""
        if not observed.account.active:
            return
        found = {kind: observed.contacts.get(kind, NOT_READ) for kind in after}
        if any(isinstance(contact, Unreadable) for contact in found.values()):
            self._not_compared.append(observed.account.id)
        differs = [
            matches(found[kind], wanted)
            for kind, wanted in after.items()
            if _is_change(wanted, before.get(kind), found[kind])
        ]
        self.changed += bool(differs) or behind
        self.adopted += bool(differs) and all(differs) and not behind

    def _is_changed_behind(
        self, approved: Roster, before: Requirement, after: Requirement, account: Account
    ) -> bool:
        """Whether, when a conflict that both rosters have is fixed, the candidate sets another contact."""
        if after.halted is not None or find_exemption_end(self.candidate, account, self.today) == date.max:
            return False
        return any(
            _list_meant(approved, account, kind) != _list_meant(self.candidate, account, kind)
            for kind in ContactKind
            if is_blocked(before, kind) and is_blocked(after, kind)
        )

    def _find_replaced(
        self,
        approved: Roster,
        before: Requirement,
        account: Account,
        enforced: Mapping[ContactKind, DesiredState],
    ) -> Iterator[Replacement]:
        """The enforced contacts that replace others, as the rosters have them, with placeholders."""
        for kind, new in enforced.items():
            old = before.desired.get(kind)
            if old is None or isinstance(old, Conflict) or not is_same_desired(new, old):
                replaced = _pick_entry(approved, account, kind), _pick_entry(self.candidate, account, kind)
                if replaced[0] != replaced[1]:
                    yield kind, *replaced

    def _list_lowered(self) -> Iterator[Weakening]:
        """The weakenings of accounts, of today and of new ones."""
        new: dict[tuple[WeakeningKind, str], dict[str, None]] = defaultdict(dict)
        replaced: dict[Replacement, dict[str, None]] = defaultdict(dict)
        if self.approved is not None:
            for where, account in make_new_accounts((self.approved, self.candidate), self._places):
                self._compare_new_account(self.approved, account, where, new, replaced)
        for detail, places in describe_replaced(replaced):
            new[WeakeningKind.NEW_ACCOUNTS, detail].update(dict.fromkeys(places))
        for kind, detail in sorted({*self._lowered, *new}):
            ids = sorted(dict.fromkeys(self._lowered.get((kind, detail), ())))
            where = describe_where(ids, list(new.get((kind, detail), ())))
            text = LOWERED[kind].format(where=where, detail=detail)
            yield Weakening(kind=kind, text=text, accounts=tuple(ids[:MOST_NAMED]), count=len(ids))

    def _compare_new_account(
        self,
        approved: Roster,
        account: Account,
        where: str,
        new: dict[tuple[WeakeningKind, str], dict[str, None]],
        replaced: dict[Replacement, dict[str, None]],
    ) -> None:
        """Add to `new` and `replaced` the weakenings of this imaginary account, and its other contacts."""
        before = self._resolve(approved, account, None)
        after = self._resolve(self.candidate, account, None)
        for kind in ContactKind:
            if (lowered := find_lowered(kind, before, after)) is not None:
                new[lowered, name_detail(lowered, kind, after)][where] = None
        enforced = self._list_enforced(self.candidate, after, account)
        for one in self._find_replaced(approved, before, account, enforced):
            if one not in self._seen:
                replaced[one][where] = None

    def _list_unmatched(self, unmatched: Iterable[UnmatchedEntry]) -> Iterator[Weakening]:
        known = set(list_entries(self.approved, today=self.today)) if self.approved else set()
        for one in unmatched:
            if not known.issuperset(one.entries):
                yield Weakening(kind=WeakeningKind.MATCHES_NOTHING, text=one.text)


def _is_change(wanted: DesiredState, before: DesiredState | None, found: Observation) -> bool:
    """Whether the contact is to be another one because of the roster, not because somebody edited it."""
    if before is not None:
        return not is_same_desired(wanted, before)
    return not matches(found, wanted)


def _list_meant(roster: Roster, account: Account, kind: ContactKind) -> set[Contact | None]:
    """The contacts of the most specific entries, filled in; None where it must be absent.

    A tag that names no contact gives none here: imaginary new accounts compare what its values select.
    """
    found = find_candidates(roster, account, kind)
    names = {one.value for one in found if one.rank == found[0].rank and not isinstance(one.value, Conflict)}
    return {None if name is None else fill_placeholders(roster.contacts[name], account) for name in names}


def _pick_entry(roster: Roster, account: Account, kind: ContactKind) -> tuple[str, Contact] | None:
    """Name and contact of the most specific entry; None where there is none, or it must be absent."""
    winner = pick_winner(found) if (found := find_candidates(roster, account, kind)) else None
    name = winner.value if winner else None
    return (name, roster.contacts[name]) if isinstance(name, str) else None
