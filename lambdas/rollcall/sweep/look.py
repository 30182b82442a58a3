"""Look at one account: its tags, what of the rosters it lost, and its contacts. It never ends a slice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from rollcall.errors import RetryableError, unexpected
from rollcall.lost_matches import lost_match
from rollcall.observation import Unreadable
from rollcall.sweep.records import Observed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollcall.account import Account
    from rollcall.contacts import ContactKind
    from rollcall.lost_matches import Matches
    from rollcall.observation import Observation
    from rollcall.ports import Clock
    from rollcall.roster import Roster
    from rollcall.sweep.ports import Contacts

_Answer = TypeVar("_Answer")

#: Waits before each further try of something that AWS was too busy for; then it counts as unreadable.
TRIES_AFTER_SECONDS = (0.0, 0.5, 1.0, 2.0, 4.0)


class OutOfTimeError(RetryableError):
    """The worker ends before this account was done: the next one looks at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a worker looks at accounts. `tags` are read only if a roster uses them."""

    rosters: Sequence[Roster]
    contacts: Contacts
    tags: Callable[[str], Mapping[str, str]]
    matches: Matches
    clock: Clock
    go_on: Callable[[], bool] = lambda: True

    @property
    def kinds(self) -> Sequence[ContactKind]:
        """What is read of each account."""
        return kinds_of(self.rosters)

    def at(self, account: Account) -> Observed:
        """What is there now; what cannot be read is said so. OutOfTimeError if the worker's time is up."""
        if not account.active:
            return Observed(account=account, contacts={})
        try:
            return self._at(account)
        except OutOfTimeError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the other accounts are looked at
            return unread(account, self.kinds, _why(error))

    def _at(self, account: Account) -> Observed:
        if any(roster.uses_tags for roster in self.rosters):
            account = replace(account, tags=self._patiently(partial(self.tags, account.id)))
        lost = {
            roster.digest: self._patiently(partial(lost_match, roster, account, self.matches))
            for roster in self.rosters
        }
        return Observed(
            account=account,
            contacts={kind: self._contact(account.id, kind) for kind in self.kinds},
            lost={digest: reason for digest, reason in lost.items() if reason is not None},
        )

    def _contact(self, account_id: str, kind: ContactKind) -> Observation:
        try:
            return self._patiently(partial(self.contacts.get, account_id, kind))
        except OutOfTimeError:
            raise
        except Exception as error:  # noqa: BLE001  # the other kinds of this account are read
            return Unreadable(reason=_why(error))

    def _patiently(self, ask: Callable[[], _Answer]) -> _Answer:
        last = RetryableError("AWS was not asked")
        for seconds in TRIES_AFTER_SECONDS:
            self.clock.sleep(seconds)
            if not self.go_on():
                raise OutOfTimeError("the worker's time is up")
            try:
                return ask()
            except RetryableError as error:
                last = error
        raise last


def unread(account: Account, kinds: Sequence[ContactKind], reason: str) -> Observed:
    """An account of which nothing could be read: nothing is decided for it."""
    return Observed(account=account, contacts=dict.fromkeys(kinds, Unreadable(reason=reason)))


def kinds_of(rosters: Sequence[Roster]) -> Sequence[ContactKind]:
    """Those that any of the rosters manages anywhere."""
    return sorted({kind for roster in rosters for kind in roster.managed})


def _why(error: Exception) -> str:
    """Only our own texts are known to hold no contact details."""
    return str(error) if isinstance(error, RetryableError) else unexpected(error)
