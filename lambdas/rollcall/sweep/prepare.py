"""Prepare: what only the role that writes can do before the others observe.

It finishes what killed workers left open, and reads the management account's own contacts, by the one role
that is trusted there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from rollcall.model.errors import RetryableError
from rollcall.ports import Delivery
from rollcall.publish.incidents import count_reverts, forget, gathered_by, incident_of
from rollcall.sweep.apply_account import owner
from rollcall.sweep.observe import MANAGEMENT_PART, SLICE_SECONDS, Look, rosters_of, superseded
from rollcall.sweep.run import Ending, Run, Step
from rollcall.write.recover import recover

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.model.account import Account
    from rollcall.ports import Ports
    from rollcall.rosters.current import Rosters
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


def finish_leftovers(delivery: Delivery, ports: Ports, *, go_on: Callable[[], bool]) -> int:
    """Finish open intents whose workers are long gone; returns of how many accounts.

    An account that AWS is too busy for is left to the next sweep. RetryableError if the open intents could
    not be listed.
    """
    stale = ports.state.stale_intents(ports.clock.now())
    accounts = sorted({intent.signal.account_id for intent in stale})
    done = 0
    for account_id in accounts:
        if not go_on():
            break
        with suppress(RetryableError):
            _finish(account_id, delivery, ports)
            done += 1
    return done


def _finish(account_id: str, delivery: Delivery, ports: Ports) -> None:
    for signal, acted in recover(account_id, delivery, ports):
        incident = incident_of(signal, _known(account_id, ports), [acted])
        count_reverts(signal, [acted], ports)
        incident = replace(
            incident,
            opened=ports.state.opened(incident.id),
            gathered_by=gathered_by(incident.id, ports),
        )
        ports.bus.publish(incident, ports.clock.now())
        forget([acted], ports)


def _known(account_id: str, ports: Ports) -> Account | None:
    """The account for a message to people: its name and place are worth a question, not a failure."""
    with suppress(RetryableError):
        return ports.organization.account(account_id, with_tags=False)
    return None
