"""Entries of a roster that match no account, and the nearest that exists to what each names."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rollcall.decide.tag_choice import list_selectable
from rollcall.model.display import MOST_SHOWN, list_first, spell_value
from rollcall.model.roster import AccountIds, OuId, OuPath, TagChoice, Tagged, read_selector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.model.roster import ContactChoice, Override, Roster, Selector

#: How alike two names are that people mistake for each other, from 0 to 1.
_ALIKE: Final = 0.8


class Section(StrEnum):
    """The list of the roster that an entry stands in."""

    OVERRIDE = "override"
    EXEMPTION = "exemption"


@dataclass(frozen=True, slots=True)
class Entry:
    """One override or exemption; of one that names accounts by id, each id is an entry of its own.

    `effect` is equal for entries that say the same, whatever their contacts are called.
    """

    section: Section
    selector: Selector
    effect: str

    @property
    def account_id(self) -> str | None:
        """The account that it names by its id, None if it names accounts in another way."""
        return min(self.selector.ids) if isinstance(self.selector, AccountIds) else None


def list_entries(roster: Roster, *, today: date) -> Iterator[Entry]:
    """All entries of a roster, but exemptions that have ended."""
    for override in roster.overrides:
        effect = _describe_effect(roster, override)
        for selector in _split(override.selector):
            yield Entry(Section.OVERRIDE, selector, effect)
    for exemption in roster.exemptions:
        if exemption.is_in_force(today):
            for selector in _split(AccountIds(ids=exemption.accounts)):
                yield Entry(Section.EXEMPTION, selector, str(exemption.until))


def _split(selector: Selector) -> Iterable[Selector]:
    if not isinstance(selector, AccountIds):
        return [selector]
    return [AccountIds(ids=frozenset({account_id})) for account_id in sorted(selector.ids)]


def _describe_effect(roster: Roster, override: Override) -> str:
    kinds = {str(kind): _describe_choice(roster, kind, said) for kind, said in override.kinds.items()}
    return json.dumps([kinds, override.mode], sort_keys=True)


def _describe_choice(roster: Roster, kind: ContactKind, said: ContactChoice) -> object:
    if not isinstance(said, TagChoice):
        return None if said is None else roster.contacts[said].as_document()
    values = {name: roster.contacts[name].as_document() for name in list_selectable(roster, kind)}
    return [said.key, said.default, values]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedEntry:
    """Entries of one effect that match no account; several only if they name accounts by id."""

    entries: tuple[Entry, ...]
    text: str


@dataclass(slots=True)
class OrganizationNames:
    """Accounts, OUs and tags that exist, and the nearest of them to what a roster names."""

    ids: set[str] = field(default_factory=set)
    #: Paths of names below the root by id of the OU; the root's is empty.
    units: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: Tags that one account carries together, as far as they were read.
    tags: set[frozenset[tuple[str, str]]] = field(default_factory=set)

    def add(self, account: Account) -> None:
        """The next account of the organization, and the OUs above it."""
        self.ids.add(account.id)
        above = account.parent_ids[: len(account.ou_path) + 1]
        self.units.update((ou_id, account.ou_path[:depth]) for depth, ou_id in enumerate(above))
        self.tags.add(frozenset(account.tags.items()))

    def has(self, selector: Selector) -> bool:
        """Whether anything is what the selector names; of accounts by id, any of them."""
        match selector:
            case AccountIds(ids=ids):
                return not ids.isdisjoint(self.ids)
            case OuPath(names=names):
                return names in self.units.values()
            case OuId(id=ou_id):
                return ou_id in self.units
            case Tagged(tags=tags):
                return any(carried.issuperset(tags) for carried in self.tags)

    def find_near(self, selector: Selector) -> str | None:
        """The nearest name that matches, as a roster writes it; None if none is near."""
        match selector:
            case AccountIds(ids=ids):
                return find_alike(min(ids), self.ids)
            case OuPath(names=names):
                return self._find_near_path("/".join(names))
            case OuId(id=ou_id):
                return find_alike(ou_id, self.units)
            case Tagged(tags=tags):
                return self._find_near_tags(tags)

    def describe_ou(self, near: str) -> str:
        """An OU that was found near; one that is named by its id with its path."""
        return " ".join([near, "/".join(self.units[near])]).rstrip() if near in self.units else near

    def _find_near_path(self, meant: str) -> str | None:
        known = {"/".join(names): name_ou(ou_id, names) for ou_id, names in self.units.items() if names}
        name = meant.lower().removeprefix("root/")
        same = [path for path in known if path.lower() in (meant.lower(), name)]
        below = [path for path in known if path.lower().endswith(f"/{name}")]
        near = (same or below)[0] if same or len(below) == 1 else find_alike(meant, known)
        return near and known[near]

    def _find_near_tags(self, wanted: Iterable[tuple[str, str]]) -> str | None:
        known = {f"{key}={value}": (key, value) for tags in self.tags for key, value in tags}
        near = [text if text in known else find_alike(text, known) for text in map("=".join, wanted)]
        found = [text for text in near if text is not None]
        together = self.has(Tagged(tags=tuple(known[text] for text in found)))
        return ", ".join(found) if together and len(found) == len(near) else None


def name_ou(ou_id: str, names: tuple[str, ...]) -> str:
    """The path of an OU; its id if no path can name it, as its name has a slash or looks like an id."""
    path = "/".join(names)
    return path if read_selector({"ou": path}) == OuPath(names=names) else ou_id


def find_unmatched(roster: Roster, known: OrganizationNames, *, today: date) -> list[UnmatchedEntry]:
    """The entries of a roster that match none of the accounts: those of accounts by id last."""
    groups: dict[tuple[Section, str, object], list[Entry]] = {}
    for entry in sorted(list_entries(roster, today=today), key=lambda one: one.account_id is not None):
        if not known.has(entry.selector):
            selector = entry.selector if entry.account_id is None else None
            groups.setdefault((entry.section, entry.effect, selector), []).append(entry)
    unique = [tuple(dict.fromkeys(entries)) for entries in groups.values()]
    return [UnmatchedEntry(entries=entries, text=_describe(entries, known)) for entries in unique]


def _describe(entries: Sequence[Entry], known: OrganizationNames) -> str:
    ids = sorted(entry.account_id for entry in entries if entry.account_id is not None)
    names = describe_accounts(ids) if ids else spell_value(str(entries[0].selector))
    near = [_describe_near(entry.selector, known) for entry in entries[:MOST_SHOWN]]
    found = ", ".join(dict.fromkeys(name for name in near if name))
    text = f"the {entries[0].section} of {names} matches no account"
    return f"{text} (nearest: {found})" if found else text


def _describe_near(selector: Selector, known: OrganizationNames) -> str | None:
    near = known.find_near(selector)
    if near is None or isinstance(selector, AccountIds):
        return near
    return spell_value(f"tag {near}" if isinstance(selector, Tagged) else f"OU {known.describe_ou(near)}")


def describe_where(ids: list[str], new: list[str]) -> str:
    """`in accounts 1, 2 and in new accounts of OU A, tag b=c`; `new` are places, the root is empty."""
    parts = [f"in {describe_accounts(ids)}"] if ids else []
    if new:
        parts.append("in new accounts" if "" in new else f"in new accounts of {list_first(new)}")
    return " and ".join(parts)


def describe_accounts(ids: Sequence[str]) -> str:
    """Accounts as a text names them: `account 1`, `accounts 1, 2`, `12 accounts (1, 2, 3 and 9 more)`."""
    if len(ids) > MOST_SHOWN:
        return f"{len(ids)} accounts ({list_first(ids)})"
    return f"account{'s' if len(ids) > 1 else ''} {list_first(ids)}"


def find_alike(wanted: str, known: Iterable[str]) -> str | None:
    """The nearest, whatever its case; None if none is near."""
    by_name = {name.lower(): name for name in sorted(known)}
    found = get_close_matches(wanted.lower(), by_name, n=1, cutoff=_ALIKE)
    return by_name[found[0]] if found else None
