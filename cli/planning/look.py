"""Look at one account as the sweep does, with the credentials of a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cli.reach import NO_ROLE, Reach, reach_of
from cli.readings import FOR_A_PERSON, read
from rollcall.denials import Denial
from rollcall.lost_matches import lost_match
from rollcall.observation import Unreadable
from rollcall.sweep.look import kinds_of
from rollcall.sweep.records import Observed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.composition import Connection
    from rollcall.account import Account
    from rollcall.contacts import ContactKind
    from rollcall.lost_matches import Matches
    from rollcall.observation import Observation
    from rollcall.roster import Roster
    from stacks.settings import Settings

_FROM_OUTSIDE: Final = FOR_A_PERSON[Denial.MANAGEMENT_ACCOUNT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look takes. Without `matches`, lost matches are not known."""

    roster: Roster
    settings: Settings
    connection: Connection
    matches: Matches | None

    def at(self, account: Account) -> Observed:
        """What is there now; CommandError or RetryableError if AWS could not be asked."""
        if not account.active:
            return Observed(account=account, contacts={})
        if self.roster.uses_tags:
            account = replace(account, tags=self.connection.accounts.tags(account.id))
        lost = lost_match(self.roster, account, self.matches) if self.matches else None
        return Observed(
            account=account,
            contacts=self._contacts(account),
            lost={self.roster.digest: lost} if lost else {},
        )

    def _contacts(self, account: Account) -> Mapping[ContactKind, Observation]:
        kinds = kinds_of([self.roster])
        accounts = self.connection.accounts_for(account.id)
        if reach_of(account.id, self.settings) is Reach.NOBODY:
            return dict.fromkeys(kinds, Unreadable(reason=NO_ROLE, unreachable=True))
        if accounts is None:
            return dict.fromkeys(kinds, Unreadable(reason=_FROM_OUTSIDE, unreachable=True))
        return read(accounts, account.id, kinds)
