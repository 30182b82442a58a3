"""Prepare: what only the role that writes can do before the others observe.

It finishes what killed workers left open, finds the guardrail, and reads the management account's own
contacts, by the one role that is trusted there.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from rollcall.contact.record import MESSAGES_LAST
from rollcall.decide.plan import ObservedAccount, plan_observed
from rollcall.events.signal import compute_age
from rollcall.model.errors import RetryableError
from rollcall.model.well_known import GUARDRAIL_NAME
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import VERDICTS, Left, Verdict
from rollcall.publish.recover import finish_intent
from rollcall.sweep.observe import (
    MANAGEMENT_PART,
    SLICE_SECONDS,
    AccountReader,
    is_superseded,
    list_kinds,
    load_rosters,
)
from rollcall.sweep.run import Ending, Run, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.model.roster import Roster
    from rollcall.ports import Guardrails, Organization
    from rollcall.publish.incidents import AlertedIncident
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.ports import ApplyPorts, Runs


def prepare(run: Run, *, ports: ApplyPorts, runs: Runs, rosters: Rosters, management_account: str) -> Run:
    """Finish leftovers, then observe the management account: repeated, it does the same. RetryableError."""
    if is_superseded(run, rosters.get_enforcement(), rosters):
        # Its candidate may be nobody's any more, so that it cannot even be read.
        return replace(run, next=Step.REPORT, ending=Ending.SUPERSEDED)
    start = ports.writer.clock.now()

    finish_leftovers(
        ports,
        rosters.find_current(rosters.get_enforcement()),
        go_on=lambda: (ports.writer.clock.now() - start).total_seconds() < SLICE_SECONDS,
    )
    if ports.guardrails is not None:
        remember_guardrail(ports.guardrails, ports.organization)
    in_play = load_rosters(run, rosters)
    account = ports.organization.get_account(
        management_account, with_tags=any(roster.uses_tags for roster in in_play)
    )
    if account is not None:
        look = AccountReader(
            rosters=in_play,
            kinds=list_kinds(in_play),
            contacts=ports.writer.accounts,
            matches=ports.matches,
            clock=ports.writer.clock,
        )
        # Its own role read it, which is not that of a member.
        runs.write_observed(run.id, MANAGEMENT_PART, [replace(look.read(account), read_by=None)])
    return replace(run, next=Step.OBSERVE)


def remember_guardrail(guardrails: Guardrails, organization: Organization) -> None:
    """Remember which policy has the guardrail's name, for events that come once it has another.

    If AWS or the state table does not answer, the next sweep does it.
    """
    with suppress(RetryableError):
        for policy_id, name in organization.list_policies().items():
            if name == GUARDRAIL_NAME:
                guardrails.add_guardrail(policy_id)


def finish_leftovers(ports: ApplyPorts, roster: Roster, *, go_on: Callable[[], bool]) -> None:
    """Finish what workers left open that are long gone, and alerts that nobody closed.

    What AWS is too busy for is left to the next sweep. RetryableError if it could not be listed.
    """
    now = ports.writer.clock.now()
    for record in ports.writer.contacts.list_pending():
        if record.intent is None or not record.intent.is_expired(now):
            continue
        if not go_on():
            return
        with suppress(RetryableError):
            finish_intent(
                # The index may be behind: what counts is the record.
                ports.writer.contacts.load(record.account_id, record.kind),
                writer=ports.writer,
                publisher=ports.publisher,
                organization=ports.organization,
            )
    for alerted in ports.publisher.incidents.list_unfinished():
        if not go_on():
            break
        if compute_age(alerted.signal, now) > MESSAGES_LAST:
            with suppress(RetryableError):
                _close_if_over(alerted, roster, ports)


def _close_if_over(alerted: AlertedIncident, roster: Roster, ports: ApplyPorts) -> None:
    """Its message is gone: publish its end if nothing is left to do.

    That Rollcall leaves a contact alone is such an end, and the alert says so: the contact may be wrong.
    """
    signal = alerted.signal
    account = ports.organization.get_account(signal.account_id, with_tags=roster.uses_tags)
    if account is None:
        reason = "the organization has no such account"
        gone = Outcome(verdict=Verdict.NO_ACCOUNT, reason=reason, kind=signal.kind)
        ports.publisher.close_over(alerted, gone, None)
        return
    kinds = [signal.kind] if signal.kind else sorted(roster.managed)
    found = {kind: ports.writer.accounts.get(account.id, kind) for kind in kinds}
    observed = ObservedAccount(account=account, contacts=found)
    plan = plan_observed(observed, roster, today=ports.writer.clock.now().date())
    over = (Left.RIGHT, Left.ALONE)
    # The other contacts were not read: they say nothing.
    findings = [finding for finding in plan.findings if finding.kind in found]
    if plan.changes or any(VERDICTS[finding.verdict].left not in over for finding in findings):
        return
    outcome = Outcome(verdict=Verdict.COMPLIANT, reason="found right by a sweep", kind=signal.kind)
    left = [finding for finding in findings if finding.verdict is not Verdict.COMPLIANT]
    for one in left[:1]:
        outcome = Outcome(verdict=one.verdict, reason=one.reason, kind=one.kind, found=one.found)
    ports.publisher.close_over(alerted, outcome, account)
