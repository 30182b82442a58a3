"""Observe: read the contacts of every account, a slice of the list for each worker."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from rollcall.sweep.in_play import ended, rosters_of
from rollcall.sweep.look import Look, OutOfTimeError, kinds_of, unread
from rollcall.sweep.run import Run, Step
from rollcall.sweep.units_once import UnitsOnce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.account import Account
    from rollcall.roster import Roster
    from rollcall.rosters import Rosters
    from rollcall.sweep.ports import SweepPorts
    from rollcall.sweep.records import Observed

#: How long a worker takes on work: what is begun is done well before its function's time-out of 300 s.
SLICE_SECONDS = 240
#: Calls in flight. At 9.7 calls per second of 0.2 s each two are needed; the rest is for slow answers.
IN_FLIGHT = 8
#: The part of what was observed that the writer role writes: members may not be asked for it.
MANAGEMENT_PART = "management"


def observe(run: Run, *, ports: SweepPorts, rosters: Rosters, management_account: str) -> Run:
    """Observe accounts from the cursor on until the time is up; the same slice again replaces its part.

    RetryableError if the state table or the bucket could not be asked: the slice is tried again.
    """
    if (over := ended(run, ports=ports, rosters=rosters)) is not None:
        return over
    start, reads = ports.clock.now(), ports.accounts.reads
    ports.paces.resume(run.rates, start.timestamp())
    in_play = rosters_of(run, rosters)
    accounts = ports.runs.accounts(run.id)
    if run.cursor == 0 and "prepare" in run.failed:
        _without_management(run, accounts, in_play, ports, management_account)
    look = Look(
        rosters=in_play,
        contacts=ports.contacts,
        tags=ports.accounts.tags,
        matches=UnitsOnce(ports.matches),
        clock=ports.clock,
        go_on=lambda: (ports.clock.now() - start).total_seconds() < SLICE_SECONDS,
    )
    done = _looked_at(look, accounts[run.cursor :], ports, management_account)
    if done:
        found = [observed for observed in done if observed.account.id != management_account]
        ports.runs.write_observed(run.id, f"{run.cursor:06}", found)
    cursor = run.cursor + len(done)
    return replace(
        run,
        cursor=cursor,
        next=Step.OBSERVE if cursor < len(accounts) else Step.GATE,
        rates=ports.paces.rates(),
        reads=run.reads + ports.accounts.reads - reads,
    )


def _looked_at(
    look: Look, accounts: Sequence[Account], ports: SweepPorts, management_account: str
) -> list[Observed]:
    """What was looked at without a gap: from the first that was not done in time on, they come again."""

    def work(account: Account) -> Observed | None:
        if account.id == management_account:
            return unread(account, (), "")
        try:
            return look.at(account)
        except OutOfTimeError:
            return None

    results = ports.pool.each(work, accounts, go_on=look.go_on)
    return [observed for observed in takewhile(lambda item: item is not None, results) if observed]


def _without_management(
    run: Run,
    accounts: Sequence[Account],
    in_play: Sequence[Roster],
    ports: SweepPorts,
    management_account: str,
) -> None:
    """Nobody else can read the management account: that it was not read is said, not left out."""
    reason = f"the step that reads it failed: {run.failed['prepare']}"
    kinds = kinds_of(in_play)
    part = [unread(account, kinds, reason) for account in accounts if account.id == management_account]
    ports.runs.write_observed(run.id, MANAGEMENT_PART, part)
