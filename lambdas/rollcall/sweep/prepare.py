"""Prepare: what only the role that writes can do before the others observe.

It finishes what killed workers left open, and reads the management account's own contacts, by the one role
that is trusted there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollcall.ports import Delivery
from rollcall.sweep.actor import owner
from rollcall.sweep.in_play import rosters_of, superseded
from rollcall.sweep.leftovers import finish_leftovers
from rollcall.sweep.look import Look
from rollcall.sweep.observe import MANAGEMENT_PART, SLICE_SECONDS
from rollcall.sweep.run import Ending, Run, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.ports import Ports
    from rollcall.rosters import Rosters
    from rollcall.sweep.ports import Runs


def prepare(run: Run, *, ports: Ports, runs: Runs, rosters: Rosters, management_account: str) -> Run:
    """Finish leftovers, then observe the management account; the same step again replaces its part.

    RetryableError if the state table or the bucket could not be asked.
    """
    if superseded(run, ports.state.control(), rosters):
        # Its candidate may be nobody's any more, so that it cannot even be read.
        return replace(run, next=Step.REPORT, ending=Ending.SUPERSEDED)
    start = ports.clock.now()

    def tags(account_id: str) -> Mapping[str, str]:
        found = ports.organization.account(account_id, with_tags=True)
        return found.tags if found else {}

    finish_leftovers(
        Delivery(message_id=owner(run)),
        ports,
        go_on=lambda: (ports.clock.now() - start).total_seconds() < SLICE_SECONDS,
    )
    look = Look(
        rosters=rosters_of(run, rosters),
        contacts=ports.accounts,
        tags=tags,
        matches=ports.matches,
        clock=ports.clock,
    )
    part = [look.at(account) for account in runs.accounts(run.id) if account.id == management_account]
    runs.write_observed(run.id, MANAGEMENT_PART, part)
    return replace(run, next=Step.OBSERVE)
