"""Bring one account back to the roster: what is required, what is there, what to do, each kind on its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from rollcall.decide.plan import plan
from rollcall.decide.resolve import is_authorised, requirement
from rollcall.events.signal import TAMPERING, settling, time_of
from rollcall.model.desired import Observation, Unreadable
from rollcall.model.errors import RetryableError
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict
from rollcall.repeated_edits.backoff import hold
from rollcall.rosters.orphaned import lost_match
from rollcall.write.apply_change import Acted, act

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from rollcall.decide.enforcement import Control
    from rollcall.decide.plan import Change, Finding
    from rollcall.events.signal import Signal
    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.model.roster import Roster
    from rollcall.ports import Delivery, Ports
    from rollcall.repeated_edits.rules import StandoffLimits

#: How much later than a change the write may be that undid it: as long as writes are remembered.
UNDONE_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one message is decided by. `by_us` is whether our own role made the change.

    `standoffs` is how many reverts are one too many.
    """

    control: Control
    roster: Roster
    signal: Signal
    delivery: Delivery
    by_us: bool
    standoffs: StandoffLimits


def restore(
    *, decision: Decision, account: Account, done: Collection[ContactKind | None], ports: Ports
) -> list[Acted]:
    """What became of each kind that the signal points at, without those already `done`."""
    signal, roster = decision.signal, decision.roster
    required = requirement(
        roster,
        account,
        today=ports.clock.now().date(),
        lost=lost_match(roster, account, ports.matches),
    )
    authorised = is_authorised(roster, signal.actor)
    kinds = [signal.kind] if signal.kind else sorted(required.demands)
    if not kinds:
        nothing = Outcome(verdict=Verdict.UNMANAGED, reason="the roster names no contact for this account")
        return [Acted(outcome=nothing)]
    observed_at = ports.clock.now()
    observations, waiting = _observe(
        signal, [kind for kind in kinds if kind not in done], ports, authorised=authorised
    )
    halted = decision.control.halted(required)
    planned = plan(requirement=required, account=account, observations=observations, halted=halted)
    told = [
        _undone(_outcome(finding, roster.digest, authorised), decision, ports) for finding in planned.findings
    ]
    changed = [
        _changed(
            change,
            account,
            decision=decision,
            authorised=authorised,
            observed_at=observed_at,
            ports=ports,
        )
        for change in planned.changes
    ]
    return [*waiting, *told, *changed]


def _changed(  # what the outcome and the intent record
    change: Change,
    account: Account,
    *,
    decision: Decision,
    authorised: bool,
    observed_at: datetime,
    ports: Ports,
) -> Acted:
    """Set one contact, unless it is in a standoff: then in its time."""
    waiting = Outcome(
        verdict=Verdict.PENDING,
        reason="",
        kind=change.kind,
        found=change.found,
        wanted=change.wanted,
        authorised=authorised,
        roster_digest=decision.roster.digest,
    )
    try:
        spaced = hold(
            decision.signal,
            change.kind,
            account,
            delivery=decision.delivery,
            limits=decision.standoffs,
            ports=ports,
        )
    except RetryableError as error:
        return Acted(outcome=replace(waiting, reason=str(error)))
    if spaced is not None:
        outcome = replace(waiting, verdict=Verdict.SPACED, reason=spaced.reason)
        return Acted(outcome=outcome, again=spaced.again)
    return act(
        signal=decision.signal,
        change=change,
        roster_digest=decision.roster.digest,
        authorised=authorised,
        delivery=decision.delivery,
        ports=ports,
        observed_at=observed_at,
    )


def _observe(
    signal: Signal, kinds: Collection[ContactKind], ports: Ports, *, authorised: bool
) -> tuple[Mapping[ContactKind, Observation], list[Acted]]:
    observations: dict[ContactKind, Observation] = {}
    waiting: list[Acted] = []
    for kind in kinds:
        try:
            found = ports.accounts.get(signal.account_id, kind)
        except RetryableError as error:
            waiting.append(Acted(outcome=_pending(kind, str(error), authorised=authorised)))
            continue
        if isinstance(found, Unreadable) and found.denied and settling(signal, ports.clock.now()):
            pending = _pending(kind, found.reason, authorised=authorised)
            waiting.append(Acted(outcome=pending, expected=True))
            continue
        observations[kind] = found
    return observations, waiting


def _pending(kind: ContactKind, reason: str, *, authorised: bool) -> Outcome:
    return Outcome(verdict=Verdict.PENDING, reason=reason, kind=kind, authorised=authorised)


def _undone(outcome: Outcome, decision: Decision, ports: Ports) -> Acted:
    """An edit that a write of ours undid before its event came is told, however right the contact is now.

    Not if that write was for a copy of this very event, and its worker is about to tell.
    """
    signal, right = decision.signal, outcome.verdict is Verdict.COMPLIANT
    if not right or outcome.kind is None or decision.by_us or signal.cause not in TAMPERING:
        return Acted(outcome=outcome)
    restored_at = ports.state.restored_at(signal.account_id, outcome.kind)
    happened_at = time_of(signal)
    if restored_at is None or happened_at is None:
        return Acted(outcome=outcome)
    if not timedelta(0) <= restored_at - happened_at <= UNDONE_WITHIN:
        return Acted(outcome=outcome)
    for intent in ports.state.open_intents(signal.account_id):
        if intent.kind is outcome.kind and intent.signal.event.key == signal.event.key:
            reason = "another worker has just set this contact because of the same event"
            return Acted(outcome=replace(outcome, verdict=Verdict.PENDING, reason=reason), expected=True)
    reason = "a write of ours after this change undid it"
    return Acted(outcome=replace(outcome, verdict=Verdict.UNDONE, reason=reason))


def _outcome(finding: Finding, roster_digest: str, authorised: bool) -> Outcome:
    return Outcome(
        verdict=finding.verdict,
        reason=finding.reason,
        kind=finding.kind,
        found=finding.found,
        wanted=finding.wanted,
        authorised=authorised,
        roster_digest=roster_digest,
    )
