"""Look at one account as the sweep does, with the credentials of a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rollcall.adapters.errors import Denial
from rollcall.decide.observed import ObservedAccount
from rollcall.model.desired import Unreadable
from rollcall.rosters.orphaned import find_orphaned
from rollcall.sweep.observe import list_kinds
from rollcall_cli.aws.reach import NO_ROLE, Reach, reach_of
from rollcall_cli.aws.readings import FOR_A_PERSON, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.model.desired import Observation
    from rollcall.model.roster import Roster
    from rollcall.rosters.orphaned import Matches
    from rollcall_cli.aws.composition import Connection
    from rollcall_config.settings import Settings

_FROM_OUTSIDE: Final = FOR_A_PERSON[Denial.MANAGEMENT_ACCOUNT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look takes. Without `matches`, lost matches are not known."""

    roster: Roster
    settings: Settings
    connection: Connection
    matches: Matches | None

    def at(self, account: Account) -> ObservedAccount:
        """What is there now; CommandError or RetryableError if AWS could not be asked."""
        if not account.active:
            return ObservedAccount(account=account, contacts={})
        if self.roster.uses_tags:
            account = replace(account, tags=self.connection.accounts.read_tags(account.id))
        lost = find_orphaned(self.roster, account, self.matches) if self.matches else None
        return ObservedAccount(
            account=account,
            contacts=self._contacts(account),
            orphaned={self.roster.digest: lost} if lost else {},
        )

    def _contacts(self, account: Account) -> Mapping[ContactKind, Observation]:
        kinds = list_kinds([self.roster])
        accounts = self.connection.accounts_for(account.id)
        if reach_of(account.id, self.settings) is Reach.NOBODY:
            return dict.fromkeys(kinds, Unreadable(reason=NO_ROLE, unreachable=True))
        if accounts is None:
            return dict.fromkeys(kinds, Unreadable(reason=_FROM_OUTSIDE, unreachable=True))
        return read(accounts, account.id, kinds)
