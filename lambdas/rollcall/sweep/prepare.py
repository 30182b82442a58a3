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
from rollcall.publish.incidents import close_intents, count_reverts, find_parent, make_incident
from rollcall.sweep.apply_account import name_owner
from rollcall.sweep.observe import MANAGEMENT_PART, SLICE_SECONDS, AccountReader, is_superseded, load_rosters
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
    if is_superseded(run, ports.state.get_enforcement(), rosters):
        # Its candidate may be nobody's any more, so that it cannot even be read.
        return replace(run, next=Step.REPORT, ending=Ending.SUPERSEDED)
    start = ports.clock.now()

    def tags(account_id: str) -> Mapping[str, str]:
        found = ports.organization.get_account(account_id, with_tags=True)
        return found.tags if found else {}

    finish_orphaned_intents(
        Delivery(message_id=name_owner(run)),
        ports,
        go_on=lambda: (ports.clock.now() - start).total_seconds() < SLICE_SECONDS,
    )
    look = AccountReader(
        rosters=load_rosters(run, rosters),
        contacts=ports.accounts,
        tags=tags,
        matches=ports.matches,
        clock=ports.clock,
    )
    part = [look.read(account) for account in runs.read_accounts(run.id) if account.id == management_account]
    runs.write_observed(run.id, MANAGEMENT_PART, part)
    return replace(run, next=Step.OBSERVE)


def finish_orphaned_intents(delivery: Delivery, ports: Ports, *, go_on: Callable[[], bool]) -> int:
    """Finish open intents whose workers are long gone; returns of how many accounts.

    An account that AWS is too busy for is left to the next sweep. RetryableError if the open intents could
    not be listed.
    """
    stale = ports.state.list_stale_intents(ports.clock.now())
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
        incident = make_incident(signal, _find_account(account_id, ports), [acted])
        count_reverts(signal, [acted], ports)
        incident = replace(
            incident,
            opened=ports.state.is_opened(incident.id),
            parent_incident_id=find_parent(incident.id, ports),
        )
        ports.bus.publish(incident, ports.clock.now())
        close_intents([acted], ports)


def _find_account(account_id: str, ports: Ports) -> Account | None:
    """The account for a message to people: its name and place are worth a question, not a failure."""
    with suppress(RetryableError):
        return ports.organization.get_account(account_id, with_tags=False)
    return None
