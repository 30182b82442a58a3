"""Bring one account back to the roster: what is required, what is there, what to do, each kind on its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from rollcall.decide.plan import make_plan
from rollcall.decide.resolve import is_authorised, resolve_requirement
from rollcall.events.signal import TAMPERING, is_provisioning, parse_time
from rollcall.model.desired import Observation, Unreadable
from rollcall.model.errors import RetryableError
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict
from rollcall.repeated_edits.backoff import back_off
from rollcall.rosters.orphaned import find_orphaned
from rollcall.write.apply_change import AppliedChange, apply_change

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from rollcall.decide.enforcement import Enforcement
    from rollcall.decide.plan import Change, Finding
    from rollcall.events.signal import Signal
    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.model.roster import Roster
    from rollcall.ports import Delivery, OutcomeBus
    from rollcall.repeated_edits.rules import RepeatedEditLimits, RepeatedEditMemory
    from rollcall.rosters.orphaned import Matches
    from rollcall.write.apply_change import Writer

#: How much later than a change the write may be that undid it: as long as writes are remembered.
UNDONE_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
    """What one message is decided by. `by_us` is whether our own role made the change.

    `standoffs` is how many reverts are one too many.
    """

    control: Enforcement
    roster: Roster
    signal: Signal
    delivery: Delivery
    by_us: bool
    standoffs: RepeatedEditLimits


def restore_account(
    *,
    decision: RestoreRequest,
    account: Account,
    done: Collection[ContactKind | None],
    writer: Writer,
    matches: Matches,
    repeated: RepeatedEditMemory,
    bus: OutcomeBus,
) -> list[AppliedChange]:
    """What became of each kind that the signal points at, without those already `done`."""
    signal, roster = decision.signal, decision.roster
    required = resolve_requirement(
        roster,
        account,
        today=writer.clock.now().date(),
        orphaned=find_orphaned(roster, account, matches),
    )
    authorised = is_authorised(roster, signal.actor)
    kinds = [signal.kind] if signal.kind else sorted(required.desired)
    if not kinds:
        nothing = Outcome(verdict=Verdict.UNMANAGED, reason="the roster names no contact for this account")
        return [AppliedChange(outcome=nothing)]
    observed_at = writer.clock.now()
    observations, waiting = _observe(
        signal, [kind for kind in kinds if kind not in done], writer, authorised=authorised
    )
    halted = decision.control.find_halt(required)
    planned = make_plan(requirement=required, account=account, observations=observations, halted=halted)
    told = [
        _recognise_undone(_make_outcome(finding, roster.digest, authorised), decision, writer)
        for finding in planned.findings
    ]
    changed = [
        _restore_contact(
            change,
            account,
            decision=decision,
            authorised=authorised,
            observed_at=observed_at,
            writer=writer,
            repeated=repeated,
            bus=bus,
        )
        for change in planned.changes
    ]
    return [*waiting, *told, *changed]


def _restore_contact(  # what the outcome and the intent record
    change: Change,
    account: Account,
    *,
    decision: RestoreRequest,
    authorised: bool,
    observed_at: datetime,
    writer: Writer,
    repeated: RepeatedEditMemory,
    bus: OutcomeBus,
) -> AppliedChange:
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
        spaced = back_off(
            decision.signal,
            change.kind,
            account,
            delivery=decision.delivery,
            limits=decision.standoffs,
            memory=repeated,
            bus=bus,
            clock=writer.clock,
        )
    except RetryableError as error:
        return AppliedChange(outcome=replace(waiting, reason=str(error)))
    if spaced is not None:
        outcome = replace(waiting, verdict=Verdict.BACKED_OFF, reason=spaced.reason)
        return AppliedChange(outcome=outcome, again=spaced.again)
    return apply_change(
        signal=decision.signal,
        change=change,
        roster_digest=decision.roster.digest,
        authorised=authorised,
        delivery=decision.delivery,
        writer=writer,
        observed_at=observed_at,
    )


def _observe(
    signal: Signal, kinds: Collection[ContactKind], writer: Writer, *, authorised: bool
) -> tuple[Mapping[ContactKind, Observation], list[AppliedChange]]:
    observations: dict[ContactKind, Observation] = {}
    waiting: list[AppliedChange] = []
    for kind in kinds:
        try:
            found = writer.accounts.get(signal.account_id, kind)
        except RetryableError as error:
            waiting.append(AppliedChange(outcome=_make_pending(kind, str(error), authorised=authorised)))
            continue
        if isinstance(found, Unreadable) and found.denied and is_provisioning(signal, writer.clock.now()):
            pending = _make_pending(kind, found.reason, authorised=authorised)
            waiting.append(AppliedChange(outcome=pending, expected=True))
            continue
        observations[kind] = found
    return observations, waiting


def _make_pending(kind: ContactKind, reason: str, *, authorised: bool) -> Outcome:
    return Outcome(verdict=Verdict.PENDING, reason=reason, kind=kind, authorised=authorised)


def _recognise_undone(outcome: Outcome, decision: RestoreRequest, writer: Writer) -> AppliedChange:
    """An edit that a write of ours undid before its event came is told, however right the contact is now.

    Not if that write was for a copy of this very event, and its worker is about to tell.
    """
    signal, right = decision.signal, outcome.verdict is Verdict.COMPLIANT
    if not right or outcome.kind is None or decision.by_us or signal.cause not in TAMPERING:
        return AppliedChange(outcome=outcome)
    restored_at = writer.own_writes.get_restored_at(signal.account_id, outcome.kind)
    happened_at = parse_time(signal)
    if restored_at is None or happened_at is None:
        return AppliedChange(outcome=outcome)
    if not timedelta(0) <= restored_at - happened_at <= UNDONE_WITHIN:
        return AppliedChange(outcome=outcome)
    for intent in writer.intents.list_open_intents(signal.account_id):
        if intent.kind is outcome.kind and intent.signal.event.key == signal.event.key:
            reason = "another worker has just set this contact because of the same event"
            return AppliedChange(
                outcome=replace(outcome, verdict=Verdict.PENDING, reason=reason), expected=True
            )
    reason = "a write of ours after this change undid it"
    return AppliedChange(outcome=replace(outcome, verdict=Verdict.UNDONE, reason=reason))


def _make_outcome(finding: Finding, roster_digest: str, authorised: bool) -> Outcome:
    return Outcome(
        verdict=finding.verdict,
        reason=finding.reason,
        kind=finding.kind,
        found=finding.found,
        wanted=finding.wanted,
        authorised=authorised,
        roster_digest=roster_digest,
    )
