"""Entries of the roster that used to match an account and no longer do.

A renamed OU must not quietly hand its accounts to the defaults. What an entry matched is
remembered: the ids behind a path of names, at its approval and at each look, and the accounts behind a tag.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from rollcall.model.account import Account, AccountState
from rollcall.model.roster import OuPath, Roster, Tagged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollcall.ports import Organization

#: States in which an account no longer counts as one that carries a tag. UNKNOWN may pass.
_CLOSED: Final = {AccountState.PENDING_CLOSURE, AccountState.SUSPENDED, AccountState.CLOSED}


class Matches(Protocol):
    """Memory of what entries of rosters matched; RetryableError if it cannot be asked."""

    def list_units(self) -> Mapping[str, frozenset[str]]:
        """Ids of the OUs that each path of names has led to."""

    def forget_unit(self, path: str, ou_id: str) -> None:
        """Forget that the path led to this unit."""

    def add_unit(self, path: str, ou_id: str) -> None:
        """Remember that the path led to this unit."""

    def is_tagged(self, tag: str, account_id: str) -> bool:
        """Whether this account carried the tag when it was last looked at."""

    def has_others_tagged(self, tag: str, account_id: str) -> bool:
        """Whether any other account did."""

    def list_tagged(self, tag: str) -> frozenset[str]:
        """All accounts that did."""

    def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
        """Remember whether this account carries the tag."""


def find_orphaned(
    roster: Roster, account: Account, memory: Matches, *, in_force: Roster | None = None
) -> str | None:
    """Why an entry that is meant for this account no longer matches it, None if all is well.

    Remembers what matches now. `in_force` is the approved roster if `roster` is a candidate: a tag that it
    does not name was not followed, so what an older roster remembered of it is forgotten. An account that is
    not active is left alone: nothing is written for it, and nothing remembered.
    """
    if not account.active:
        return None
    kept = _list_tags([in_force or roster])
    return _find_orphaned_path(roster, account, memory) or _find_orphaned_tag(roster, account, memory, kept)


def remember_units(roster: Roster, memory: Matches, organization: Organization) -> None:
    """Remember where each path of names leads now, and nothing else for it: the approver saw it so.

    A path that leads nowhere keeps what is remembered: its accounts stay blocked.
    """
    known = memory.list_units()
    for path in _list_paths(roster):
        ou_id = organization.find_unit(path.split("/"))
        if ou_id is None:
            continue
        memory.add_unit(path, ou_id)
        for other in known.get(path, frozenset()) - {ou_id}:
            memory.forget_unit(path, other)


def forget_units(roster: Roster, memory: Matches) -> None:
    """Forget the paths that this roster does not name. It must be approved already."""
    named = _list_paths(roster)
    for path, ou_ids in memory.list_units().items():
        for ou_id in sorted(ou_ids) if path not in named else ():
            memory.forget_unit(path, ou_id)


def list_carriers(rosters: Sequence[Roster], memory: Matches) -> Mapping[str, frozenset[str]]:
    """The accounts that carried each tag of the rosters when they were last looked at."""
    return {tag: memory.list_tagged(tag) for tag in sorted(_list_tags(rosters))}


def forget_closed(
    carriers: Mapping[str, frozenset[str]], accounts: Iterable[Account], memory: Matches
) -> None:
    """Forget the tags of accounts that were closed or removed: they must not count as others with the tag.

    `accounts` are all accounts of the organization, listed after the `carriers` were read: an account that
    joins meanwhile is not among the carriers.
    """
    there = {account.id for account in accounts if account.state not in _CLOSED}
    for tag, known in carriers.items():
        for account_id in sorted(known - there):
            memory.set_tagged(tag, account_id, carries=False)


def find_orphaned_paths(
    roster: Roster, memory: Matches, organization: Organization, *, changed: str
) -> list[str]:
    """A reason for each path of the roster that led to the renamed OU, or below it, and no longer does.

    Another renamed OU is not alerted again: its own event was, and its accounts are blocked.
    """
    above = organization.get_unit_path(changed)
    if above is None:
        return []
    known = memory.list_units()
    return [
        _describe_renamed(ou_id, path)
        for path in _list_paths(roster)
        for ou_id in sorted(known.get(path, frozenset()))
        if (names := organization.get_unit_path(ou_id)) is not None
        and list(names[: len(above)]) == list(above)
        and list(names) != path.split("/")
    ]


def _list_paths(roster: Roster) -> list[str]:
    selectors = [entry.selector for entry in roster.overrides]
    return sorted({"/".join(item.names) for item in selectors if isinstance(item, OuPath)})


def _list_tags(rosters: Sequence[Roster]) -> set[str]:
    selectors = [entry.selector for roster in rosters for entry in roster.overrides]
    return {item.key for item in selectors if isinstance(item, Tagged)}


def _describe_renamed(ou_id: str, path: str) -> str:
    return (
        f"OU {ou_id} was {path} and has another name now: "
        "correct the override in the roster, or the name of the OU"
    )


def _find_orphaned_path(roster: Roster, account: Account, memory: Matches) -> str | None:
    paths = [entry.selector for entry in roster.overrides if isinstance(entry.selector, OuPath)]
    units = memory.list_units() if paths else {}
    lost = None
    for selector in paths:
        path = "/".join(selector.names)
        known = units.get(path, frozenset())
        if selector.match_rank(account) is not None:
            ou_id = account.parent_ids[len(selector.names)]
            if ou_id not in known:
                memory.add_unit(path, ou_id)
        elif renamed := known.intersection(account.parent_ids):
            lost = _describe_renamed(min(renamed), path)
    return lost


def _find_orphaned_tag(roster: Roster, account: Account, memory: Matches, kept: set[str]) -> str | None:
    lost = None
    for entry in roster.overrides:
        if not isinstance(entry.selector, Tagged):
            continue
        tag, carries = entry.selector.key, entry.selector.match_rank(account) is not None
        if memory.is_tagged(tag, account.id) == carries:
            continue
        if carries or tag not in kept:
            memory.set_tagged(tag, account.id, carries=carries)
        elif not _forget_tag(tag, account.id, memory):
            lost = (
                f"no account carries the {entry.selector} any more, this was the last one: "
                "correct the override in the roster, or tag the account again"
            )
    return lost


def _forget_tag(tag: str, account_id: str, memory: Matches) -> bool:
    """Forget that the account carried the tag; False, and it is remembered, if no other account carries it.

    Asked again afterwards: of the last carriers that lose it at the same moment each still saw another.
    """
    if not memory.has_others_tagged(tag, account_id):
        return False
    memory.set_tagged(tag, account_id, carries=False)
    if memory.has_others_tagged(tag, account_id):
        return True
    memory.set_tagged(tag, account_id, carries=True)
    return False


@dataclass(slots=True)
class CachedMatches:
    """The memory of matches with the units read once, for a worker that looks at many accounts."""

    memory: Matches
    _units: Mapping[str, frozenset[str]] | None = field(default=None, init=False)

    def list_units(self) -> Mapping[str, frozenset[str]]:
        """Ids of the OUs that each path of names has led to."""
        if self._units is None:
            self._units = self.memory.list_units()
        return self._units

    def add_unit(self, path: str, ou_id: str) -> None:
        """Remember that the path led to this unit."""
        self.memory.add_unit(path, ou_id)
        known = self.list_units()
        self._units = {**known, path: known.get(path, frozenset()) | {ou_id}}

    def forget_unit(self, path: str, ou_id: str) -> None:
        """Forget that the path led to this unit."""
        self.memory.forget_unit(path, ou_id)
        self._units = None

    def is_tagged(self, tag: str, account_id: str) -> bool:
        """Whether this account carried the tag when it was last looked at."""
        return self.memory.is_tagged(tag, account_id)

    def has_others_tagged(self, tag: str, account_id: str) -> bool:
        """Whether any other account did."""
        return self.memory.has_others_tagged(tag, account_id)

    def list_tagged(self, tag: str) -> frozenset[str]:
        """All accounts that did."""
        return self.memory.list_tagged(tag)

    def set_tagged(self, tag: str, account_id: str, *, carries: bool) -> None:
        """Remember whether this account carries the tag."""
        self.memory.set_tagged(tag, account_id, carries=carries)
