"""What a roster wants of one observed account: the decision that gate, report and `rollcall plan` share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.observation import Unreadable
from rollcall.plan import Plan, plan
from rollcall.resolve import requirement

if TYPE_CHECKING:
    from datetime import date

    from rollcall.roster import Roster
    from rollcall.sweep.records import Observed

#: Nobody asked, so nobody can tell: a run reads no account that is not active.
_NOT_READ = Unreadable(reason="not read in this run")


def decide(observed: Observed, roster: Roster, *, halted: str | None, today: date) -> Plan:
    """Plan for one account from what a run observed of it.

    `halted` is why nothing may be written anywhere, None to plan as if everything could be: audit mode, which
    the roster may ask for by account, is the roster's own answer and stops its writes either way.
    """
    required = requirement(roster, observed.account, today=today, lost=observed.lost.get(roster.digest))
    unread = dict.fromkeys(required.demands, _NOT_READ)
    return plan(
        requirement=required,
        account=observed.account,
        observations={**unread, **observed.contacts},
        halted=halted or required.halted,
    )
