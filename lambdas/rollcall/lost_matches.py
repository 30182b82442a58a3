"""Entries of the roster that used to match an account and no longer do.

A renamed organizational unit must not quietly hand its accounts to the defaults. What an entry matched is
remembered for each roster: the ids behind a path of names, and the accounts behind a tag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rollcall.selectors import OuPath, Tagged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.account import Account
    from rollcall.roster import Roster


class Matches(Protocol):
    """Memory of what the entries of a roster matched; RetryableError if it cannot be asked."""

    def units(self, digest: str) -> Mapping[str, frozenset[str]]:
        """Ids of the organizational units that each path of names has led to."""

    def add_unit(self, digest: str, path: str, ou_id: str) -> None:
        """Remember that the path led to this unit."""

    def tagged(self, digest: str, tag: str, account_id: str) -> bool:
        """Whether this account carried the tag when it was last looked at."""

    def others_tagged(self, digest: str, tag: str, account_id: str) -> bool:
        """Whether any other account did."""

    def set_tagged(self, digest: str, tag: str, account_id: str, *, carries: bool) -> None:
        """Remember whether this account carries the tag."""


def lost_match(roster: Roster, account: Account, memory: Matches) -> str | None:
    """Why an entry that is meant for this account no longer matches it, None if all is well.

    Remembers what matches now.
    """
    return _lost_unit(roster, account, memory) or _lost_tag(roster, account, memory)


def _lost_unit(roster: Roster, account: Account, memory: Matches) -> str | None:
    paths = [entry.selector for entry in roster.overrides if isinstance(entry.selector, OuPath)]
    units = memory.units(roster.digest) if paths else {}
    lost = None
    for selector in paths:
        path = "/".join(selector.names)
        known = units.get(path, frozenset())
        if selector.rank(account) is not None:
            ou_id = account.parent_ids[len(selector.names)]
            if ou_id not in known:
                memory.add_unit(roster.digest, path, ou_id)
        elif renamed := known.intersection(account.parent_ids):
            lost = (
                f"organizational unit {min(renamed)} was {path} and is called otherwise now: "
                "correct the override in the roster, or the name of the unit"
            )
    return lost


def _lost_tag(roster: Roster, account: Account, memory: Matches) -> str | None:
    lost = None
    for entry in roster.overrides:
        if not isinstance(entry.selector, Tagged):
            continue
        tag, carries = str(entry.selector), entry.selector.rank(account) is not None
        if memory.tagged(roster.digest, tag, account.id) == carries:
            continue
        if carries or memory.others_tagged(roster.digest, tag, account.id):
            memory.set_tagged(roster.digest, tag, account.id, carries=carries)
        else:
            lost = (
                f"no account carries the {tag} any more, this was the last one: "
                "correct the override in the roster, or tag the account again"
            )
    return lost
