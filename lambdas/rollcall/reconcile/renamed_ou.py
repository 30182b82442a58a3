"""A renamed OU: its accounts are reconciled, unless the roster no longer matches it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from rollcall.model.errors import try_each
from rollcall.outcomes.outcome import Outcome, make_incident_id
from rollcall.outcomes.verdicts import Verdict
from rollcall.reconcile.preconditions import find_next_look
from rollcall.rosters.orphaned import Matches, find_orphaned_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from rollcall.events.signal import Signal
    from rollcall.model.roster import Roster
    from rollcall.ports import Organization

#: Accounts that one event reconciles; more are left to a sweep, which plans before it writes.
MOST_ACCOUNTS = 10


class OuAccounts(Protocol):
    """Memory of the accounts of a renamed OU that were reconciled. RetryableError from each."""

    def mark_done(self, incident_id: str, account_id: str, *, at: datetime) -> None:
        """Remember that this account was reconciled because of this event."""

    def list_done(self, incident_id: str) -> Collection[str]:
        """The accounts that were."""


def find_next_ou_look(signal: Signal, outcome: Outcome, now: datetime) -> int | None:
    """Seconds until the OU is to be looked at again, None if it is not, as when its new name was seen."""
    return None if outcome.verdict is Verdict.BLOCKED else find_next_look(signal, now)


def handle_renamed_ou(
    *,
    signal: Signal,
    ou_id: str,
    roster: Roster,
    matches: Matches,
    organization: Organization,
    units: OuAccounts,
    now: datetime,
    reconcile: Callable[[Signal], None],
) -> Outcome:
    """The outcome of the OU itself; each of its accounts goes through `reconcile`, if there are few.

    RetryableError if the OU cannot be read, or in the end if an account has to wait: the next delivery goes
    on with the accounts that are left.
    """
    lost = find_orphaned_paths(roster, matches, organization, changed=ou_id)
    accounts = organization.list_accounts_below(ou_id, most=MOST_ACCOUNTS + 1)
    few = len(accounts) <= MOST_ACCOUNTS
    count = str(len(accounts)) if few else f"more than {MOST_ACCOUNTS}"
    if lost:
        return Outcome(verdict=Verdict.BLOCKED, reason=f"{'; '.join(lost)}; accounts in {ou_id}: {count}")
    if not few:
        reason = f"{ou_id} has {count} accounts: none of them is changed by this event"
        return Outcome(verdict=Verdict.NOTIFIED, reason=reason)
    incident_id = make_incident_id(event=signal.event, signal=signal)
    # At the last look all are looked at, as the first may have been too soon.
    done = units.list_done(incident_id) if find_next_look(signal, now) is not None else ()

    def reconcile_account(account_id: str) -> None:
        reconcile(replace(signal, account_id=account_id))
        units.mark_done(incident_id, account_id, at=now)

    try_each(reconcile_account, [one for one in accounts if one not in done])
    return Outcome(verdict=Verdict.COMPLIANT, reason=f"accounts in {ou_id} looked at: {count}")
