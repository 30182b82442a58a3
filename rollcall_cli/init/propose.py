"""A roster that asks of every account for the contacts that it has today: pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from rollcall.model.contact import (
    ALTERNATE_KINDS,
    KEEP,
    PRIMARY_PARTS,
    Contact,
    ContactKind,
    find_missing,
    find_violation,
    list_kinds,
)
from rollcall.model.desired import Absent, Observation, Present, Unreadable
from rollcall.model.display import is_unseen
from rollcall_cli.aws.directory import name_ou
from rollcall_config.contact_values import COUNTRIES, KEPT
from rollcall_config.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rollcall.decide.plan import ObservedAccount
    from rollcall.model.account import Account

#: A single account does not justify an override for its OU.
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class InitReading:
    """The accounts that were read."""

    observed: Sequence[ObservedAccount]
    #: How many accounts are not active, and were not read.
    inactive: int
    #: How many primary contacts a file has that nobody asked for.
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedOverride:
    """An override that keeps what some accounts have."""

    #: The OU, None if the override is for `accounts`.
    unit: str | None
    accounts: tuple[Account, ...]
    kinds: Mapping[ContactKind, str | None]


def build_overrides(
    accounts: Sequence[Account],
    *,
    defaults: Mapping[ContactKind, str],
    wanted: Mapping[ContactKind, Mapping[str, str | None]],
) -> list[ProposedOverride]:
    """Return overrides for OUs, from the root down, then for accounts.

    `wanted` is the name of a contact by kind and account ID.
    """
    tree = _Tree(accounts)
    for_unit: dict[str, dict[ContactKind, str | None]] = defaultdict(dict)
    for_account: dict[str, dict[ContactKind, str | None]] = defaultdict(dict)
    for kind, names in wanted.items():
        shared = tree.find_shared(names, default=defaults[kind])
        for unit, name in shared.items():
            for_unit[unit][kind] = name
        for account in accounts:
            above = next((shared[unit] for unit in account.parent_ids if unit in shared), defaults[kind])
            if names[account.id] != above:
                for_account[account.id][kind] = names[account.id]
    return [*tree.build_overrides(for_unit), *_group_accounts(accounts, for_account)]


class _Tree:
    def __init__(self, accounts: Sequence[Account]) -> None:
        self._names: dict[str, tuple[str, ...]] = {}
        self._below: dict[str, list[Account]] = defaultdict(list)
        for account in accounts:
            for depth, unit in enumerate(account.parent_ids):
                self._names[unit] = account.ou_path[:depth]
                self._below[unit].append(account)

    def find_shared(self, names: Mapping[str, str | None], *, default: str) -> dict[str, str | None]:
        """Return the outermost OUs whose accounts all have the same contact, which is not the default."""
        one = {
            unit: names[accounts[0].id]
            for unit, accounts in self._below.items()
            if len(accounts) >= _FEWEST and len({names[account.id] for account in accounts}) == 1
        }
        return {
            unit: name
            for unit, name in one.items()
            if name != default and one.keys().isdisjoint(self._list_parents(unit))
        }

    def build_overrides(
        self, kinds: Mapping[str, Mapping[ContactKind, str | None]]
    ) -> Iterator[ProposedOverride]:
        for unit in sorted(kinds, key=lambda unit: (self._names[unit], unit)):
            yield ProposedOverride(
                unit=name_ou(unit, self._names[unit]), accounts=tuple(self._below[unit]), kinds=kinds[unit]
            )

    def _list_parents(self, unit: str) -> tuple[str, ...]:
        parents = self._below[unit][0].parent_ids
        return parents[: parents.index(unit)]


def _group_accounts(
    accounts: Sequence[Account], kinds: Mapping[str, Mapping[ContactKind, str | None]]
) -> Iterator[ProposedOverride]:
    """Yield one override for all accounts that need the same."""
    alike: dict[tuple[tuple[ContactKind, str | None], ...], list[Account]] = defaultdict(list)
    for account in accounts:
        if account.id in kinds:
            alike[tuple(kinds[account.id].items())].append(account)
    for same, group in alike.items():
        yield ProposedOverride(unit=None, accounts=tuple(group), kinds=dict(same))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptedAccount:
    """An account that the roster exempts, and why. The reason has no contact details."""

    account: Account
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A roster that keeps the contacts of the accounts in `kept`."""

    contacts: Mapping[str, Contact] = field(repr=False)
    defaults: Mapping[ContactKind, str]
    entries: Sequence[ProposedOverride]
    #: Accounts whose contacts are known.
    kept: Sequence[Account]
    exempted: Sequence[ExemptedAccount]

    @property
    def mailbox(self) -> str | None:
        """Address of the most common security contact, or of another kind; None if there is none."""
        name = next((self.defaults[kind] for kind in ALTERNATE_KINDS if kind in self.defaults), None)
        return self.contacts[name].email if name else None

    def find_blocker(self, management: str) -> str | None:
        """Return the most common reason if no member could be read; None if one was, or there is none."""
        if any(account.id != management for account in self.kept):
            return None
        reasons = Counter(item.reason for item in self.exempted if item.account.id != management)
        return next((reason for reason, _ in reasons.most_common()), None)


def propose(observed: Iterable[ObservedAccount]) -> Proposal:
    """Propose the most common contact of each kind as the default, and overrides for the rest.

    A kind that no account has stays out of the roster, as does the primary contact if it was not read. An
    account with a contact that could not be read, or is not valid in a roster, is exempt: anything else would
    be a guess. Primary contacts keep what is not valid. The order of accounts means nothing.
    """
    exempted, kept = [], []
    for item in _keep_parts(sorted(observed, key=lambda one: one.account.id)):
        reason = _find_reason(item)
        if reason is None:
            kept.append(item)
        else:
            exempted.append(ExemptedAccount(account=item.account, reason=reason))
    accounts = [item.account for item in kept]
    names: dict[Contact, str] = {}
    defaults: dict[ContactKind, str] = {}
    wanted: dict[ContactKind, dict[str, str | None]] = {}
    for kind in list_kinds(set().union(*(item.contacts for item in kept))):
        have = {item.account.id: _get_contact(item.contacts[kind]) for item in kept}
        # Of two equally common contacts, the one of the lowest account ID: the result is deterministic.
        ranking = [contact for contact, _ in Counter(filter(None, have.values())).most_common()]
        for place, contact in enumerate(ranking, start=1):
            names.setdefault(contact, kind.lower() + (f"-{place}" if place > 1 else ""))
        if ranking:
            defaults[kind] = names[ranking[0]]
            wanted[kind] = {one: None if contact is None else names[contact] for one, contact in have.items()}
    return Proposal(
        contacts={name: contact for contact, name in names.items()},
        defaults=defaults,
        entries=build_overrides(accounts, defaults=defaults, wanted=wanted),
        kept=accounts,
        exempted=exempted,
    )


def _keep_parts(observed: Sequence[ObservedAccount]) -> Iterator[ObservedAccount]:
    """Yield the accounts; their primary contacts keep what a roster cannot say.

    They keep the full name, too, if each is the name of its account, or if no two are the same.
    """
    found = [item.contacts.get(ContactKind.PRIMARY) for item in observed]
    names = [
        (one.contact.name, item.account.name)
        for one, item in zip(found, observed, strict=True)
        if isinstance(one, Present)
    ]
    own = all(name == of_account for name, of_account in names)
    kept = {"name"} if own or len({name for name, _ in names}) == len(names) else set()
    for item, one in zip(observed, found, strict=True):
        if not isinstance(one, Present):
            yield item
            continue
        stored = one.contact.as_stored()
        values = {part: _find_kept(part, stored.get(part)) for part in PRIMARY_PARTS}
        primary = Present(contact=Contact(**values | dict.fromkeys(kept, KEEP)))
        yield replace(item, contacts={**item.contacts, ContactKind.PRIMARY: primary})


def _find_kept(part: str, value: str) -> str:
    """Return the value of a part of a primary contact, or that it is kept."""
    plain = value and value not in (KEPT, ABSENT) and not find_value_problem(part, value, ContactKind.PRIMARY)
    return value if plain else KEEP


def _get_contact(found: Observation) -> Contact | None:
    return found.contact.as_stored() if isinstance(found, Present) else None


def _find_reason(item: ObservedAccount) -> str | None:
    reasons = (_find_problem(kind, found) for kind, found in sorted(item.contacts.items()))
    return next((reason for reason in reasons if reason is not None), None)


def _find_problem(kind: ContactKind, found: Observation) -> str | None:
    match found:
        case Unreadable(reason=reason):
            return reason
        case Absent():
            primary = kind is ContactKind.PRIMARY
            return "it has no PRIMARY contact, which no roster can ask for: set it" if primary else None
        case Present(contact=contact):
            for part, value in contact.as_document().items():
                if value == KEEP:
                    continue
                if problem := find_value_problem(part, value, kind):
                    return f"the {part} of its {kind} contact {problem}: correct it in the account"
            if missing := find_missing(contact, kind):
                part, _, problem = missing.partition(" ")
                return f"the {part} of its {kind} contact {problem}: correct it in the account"
    return None


def find_value_problem(part: str, value: str, kind: ContactKind) -> str | None:
    """Return why no roster can have this value of a contact, without repeating it; None if one can."""
    if "{" in value or "}" in value:
        return "has a brace, which a roster reads as a placeholder"
    if is_unseen(value):
        return "has characters that cannot be seen"
    if part == "country_code" and value and value.upper() not in COUNTRIES:
        return "is not the code of a country"
    return find_violation(part, value.strip() if part == "email" else value, kind)
