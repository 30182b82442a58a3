"""Which overrides give each account what it has: by organizational unit where all of it has the same."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rollcall.model.roster import OuPath, read_selector
from rollcall_config.roster_model import Override

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind

#: A single account is no reason to say something of all that its unit may get.
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An override: for a unit if `unit` is given, else for `accounts`. A contact name of None is absent."""

    unit: str | None
    accounts: tuple[Account, ...]
    kinds: Mapping[ContactKind, str | None]


def entries_for(
    accounts: Sequence[Account],
    *,
    defaults: Mapping[ContactKind, str],
    wanted: Mapping[ContactKind, Mapping[str, str | None]],
) -> list[Entry]:
    """Units from the root down, then accounts; `wanted` is a contact's name by kind and account."""
    tree = _Tree(accounts)
    for_unit: dict[str, dict[ContactKind, str | None]] = defaultdict(dict)
    for_account: dict[str, dict[ContactKind, str | None]] = defaultdict(dict)
    for kind, names in wanted.items():
        shared = tree.shared(names, default=defaults[kind])
        for unit, name in shared.items():
            for_unit[unit][kind] = name
        for account in accounts:
            above = next((shared[unit] for unit in account.parent_ids if unit in shared), defaults[kind])
            if names[account.id] != above:
                for_account[account.id][kind] = names[account.id]
    return [*tree.entries(for_unit), *_by_account(accounts, for_account)]


class _Tree:
    def __init__(self, accounts: Sequence[Account]) -> None:
        self._names: dict[str, tuple[str, ...]] = {}
        self._below: dict[str, list[Account]] = defaultdict(list)
        for account in accounts:
            for depth, unit in enumerate(account.parent_ids):
                self._names[unit] = account.ou_path[:depth]
                self._below[unit].append(account)

    def shared(self, names: Mapping[str, str | None], *, default: str) -> dict[str, str | None]:
        """The outermost units of which all accounts have the same, which is not the default."""
        one = {
            unit: names[accounts[0].id]
            for unit, accounts in self._below.items()
            if len(accounts) >= _FEWEST and len({names[account.id] for account in accounts}) == 1
        }
        return {
            unit: name
            for unit, name in one.items()
            if name != default and one.keys().isdisjoint(self._above(unit))
        }

    def entries(self, kinds: Mapping[str, Mapping[ContactKind, str | None]]) -> Iterator[Entry]:
        for unit in sorted(kinds, key=lambda unit: (self._names[unit], unit)):
            yield Entry(unit=self._named(unit), accounts=tuple(self._below[unit]), kinds=kinds[unit])

    def _above(self, unit: str) -> tuple[str, ...]:
        parents = self._below[unit][0].parent_ids
        return parents[: parents.index(unit)]

    def _named(self, unit: str) -> str:
        """The unit by its path of names, or by its id where a roster cannot say the path."""
        names = self._names[unit]
        path = "/".join(names)
        try:
            Override(ou=path, mode="audit")
        except ValueError:
            return unit
        # A name may have a slash in it, or look like an id.
        return path if read_selector({"ou": path}) == OuPath(names=names) else unit


def _by_account(
    accounts: Sequence[Account], kinds: Mapping[str, Mapping[ContactKind, str | None]]
) -> Iterator[Entry]:
    """One entry for all accounts that need the same."""
    alike: dict[tuple[tuple[ContactKind, str | None], ...], list[Account]] = defaultdict(list)
    for account in accounts:
        if account.id in kinds:
            alike[tuple(kinds[account.id].items())].append(account)
    for same, group in alike.items():
        yield Entry(unit=None, accounts=tuple(group), kinds=dict(same))
