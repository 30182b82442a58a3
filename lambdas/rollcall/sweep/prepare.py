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
    from rollcall.ports import Organization
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.ports import ApplyPorts, Runs


def prepare(run: Run, *, ports: ApplyPorts, runs: Runs, rosters: Rosters, management_account: str) -> Run:
    """Finish leftovers, then observe the management account; the same step again replaces its part.

    RetryableError if the state table or the bucket could not be asked.
    """
    if is_superseded(run, rosters.get_enforcement(), rosters):
        # Its candidate may be nobody's any more, so that it cannot even be read.
        return replace(run, next=Step.REPORT, ending=Ending.SUPERSEDED)
    start = ports.writer.clock.now()

    def tags(account_id: str) -> Mapping[str, str]:
        found = ports.organization.get_account(account_id, with_tags=True)
        return found.tags if found else {}

    finish_orphaned_intents(
        Delivery(message_id=name_owner(run)),
        ports,
        go_on=lambda: (ports.writer.clock.now() - start).total_seconds() < SLICE_SECONDS,
    )
    look = AccountReader(
        rosters=load_rosters(run, rosters),
        contacts=ports.writer.accounts,
        tags=tags,
        matches=ports.matches,
        clock=ports.writer.clock,
    )
    part = [look.read(account) for account in runs.read_accounts(run.id) if account.id == management_account]
    runs.write_observed(run.id, MANAGEMENT_PART, part)
    return replace(run, next=Step.OBSERVE)


def finish_orphaned_intents(delivery: Delivery, ports: ApplyPorts, *, go_on: Callable[[], bool]) -> int:
    """Finish open intents whose workers are long gone; returns of how many accounts.

    An account that AWS is too busy for is left to the next sweep. RetryableError if the open intents could
    not be listed.
    """
    stale = ports.writer.intents.list_stale_intents(ports.writer.clock.now())
    accounts = sorted({intent.signal.account_id for intent in stale})
    done = 0
    for account_id in accounts:
        if not go_on():
            break
        with suppress(RetryableError):
            _finish(account_id, delivery, ports)
            done += 1
    return done


def _finish(account_id: str, delivery: Delivery, ports: ApplyPorts) -> None:
    for signal, acted in recover(account_id, delivery, ports.writer):
        incident = make_incident(signal, _find_account(account_id, ports.organization), [acted])
        count_reverts(signal, [acted], memory=ports.repeated, clock=ports.writer.clock)
        incident = replace(
            incident,
            opened=ports.incidents.is_opened(incident.id),
            parent_incident_id=find_parent(incident.id, bulks=ports.bulks),
        )
        ports.bus.publish(incident, ports.writer.clock.now())
        close_intents([acted], intents=ports.writer.intents, clock=ports.writer.clock)


def _find_account(account_id: str, organization: Organization) -> Account | None:
    """The account for a message to people: its name and place are worth a question, not a failure."""
    with suppress(RetryableError):
        return organization.get_account(account_id, with_tags=False)
    return None
