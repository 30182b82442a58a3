"""Entries of a roster that match no account, and the nearest that exists to what each names."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rollcall.model.roster import AccountIds, OuId, OuPath, Tagged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from rollcall.model.account import Account
    from rollcall.model.roster import Override, Roster, Selector

#: Ids that a text names.
_SHOWN: Final = 3
#: How alike two names are that people mistake for each other, from 0 to 1.
_ALIKE: Final = 0.75


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
    kinds = {
        str(kind): None if name is None else roster.contacts[name].as_document()
        for kind, name in override.kinds.items()
    }
    return json.dumps([kinds, override.mode], sort_keys=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedEntry:
    """Entries of one effect that match no account; several only if they name accounts by id."""

    entries: tuple[Entry, ...]
    text: str


@dataclass(slots=True, kw_only=True)
class EntryMatcher:
    """Finds the entries of a roster that match none of the accounts that were added.

    Tags match as far as they were read.
    """

    roster: Roster
    today: date
    #: Entries that no account matched yet; those that name one account are compared by id at the end.
    _open: list[Entry] = field(init=False)
    _of_one: list[Entry] = field(init=False)
    _ids: set[str] = field(default_factory=set, init=False)
    _paths: set[str] = field(default_factory=set, init=False)
    _units: dict[str, str] = field(default_factory=dict, init=False)
    _tags: set[tuple[str, str]] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        every = list(dict.fromkeys(list_entries(self.roster, today=self.today)))
        self._open = [entry for entry in every if entry.account_id is None]
        self._of_one = [entry for entry in every if entry.account_id is not None]

    def add(self, account: Account) -> None:
        """The next account of the organization."""
        self._ids.add(account.id)
        names = ["/".join(account.ou_path[:depth]) for depth in range(len(account.ou_path) + 1)]
        self._paths.update(names[1:])
        self._units.update(zip(account.parent_ids, names, strict=False))
        self._tags.update(account.tags.items())
        self._open = [entry for entry in self._open if entry.selector.match_rank(account) is None]

    def list_unmatched(self) -> list[UnmatchedEntry]:
        """What matches no account: overrides and exemptions of accounts by id last."""
        groups: dict[tuple[Section, str, object], list[Entry]] = {}
        for entry in (*self._open, *self._of_one):
            if entry.account_id not in self._ids:
                selector = entry.selector if entry.account_id is None else None
                groups.setdefault((entry.section, entry.effect, selector), []).append(entry)
        found = map(tuple, groups.values())
        return [UnmatchedEntry(entries=entries, text=self._describe(entries)) for entries in found]

    def _describe(self, entries: Sequence[Entry]) -> str:
        ids = sorted(entry.account_id for entry in entries if entry.account_id is not None)
        names = describe_accounts(ids) if ids else str(entries[0].selector)
        near = [self._find_near(entry.selector) for entry in entries[:_SHOWN]]
        found = ", ".join(dict.fromkeys(name for name in near if name))
        text = f"the {entries[0].section} of {names} matches no account"
        return f"{text} (nearest: {found})" if found else text

    def _find_near(self, selector: Selector) -> str | None:
        match selector:
            case AccountIds(ids=ids):
                return _find_alike(min(ids), self._ids)
            case OuPath(names=names):
                path, last = "/".join(names), names[-1].lower()
                same = sorted(one for one in self._paths if one.rpartition("/")[2].lower() == last)
                near = _find_alike(path, same) or next(iter(same), None) or _find_alike(path, self._paths)
                return near and f"OU {near}"
            case OuId(id=ou_id):
                near = _find_alike(ou_id, self._units)
                return near and f"OU {near}" + (f" {self._units[near]}" if self._units[near] else "")
            case Tagged(tags=tags):
                known = {f"{key}={value}" for key, value in self._tags}
                lost = [f"{key}={value}" for key, value in tags if f"{key}={value}" not in known]
                found = [_find_alike(tag, known) for tag in lost]
                return ", ".join(f"tag {tag}" for tag in found if tag) or None


def describe_accounts(ids: Sequence[str]) -> str:
    """Accounts as a text names them: `account 1`, `accounts 1, 2`, `12 accounts (1, 2, 3 and 9 more)`."""
    if len(ids) > _SHOWN:
        return f"{len(ids)} accounts ({list_first(ids)})"
    return f"account{'s' if len(ids) > 1 else ''} {list_first(ids)}"


def list_first(names: Sequence[str]) -> str:
    """The first few, and how many there are beyond them."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _find_alike(wanted: str, known: Iterable[str]) -> str | None:
    """The nearest, whatever its case."""
    by_name = {name.lower(): name for name in sorted(known)}
    found = get_close_matches(wanted.lower(), by_name, n=1, cutoff=_ALIKE)
    return by_name[found[0]] if found else None
