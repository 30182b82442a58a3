"""Carry out one change: intent, ledger, put, verify. The intent stays open until its outcome is published."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollcall.decide.intent import Intent, make_intent_id
from rollcall.events.signal import is_provisioning
from rollcall.model.desired import DesiredAbsent, matches
from rollcall.model.errors import IntentBusyError, RecordRefusedError, RetryableError, WriteRefusedError
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.decide.plan import Change
    from rollcall.events.signal import Signal
    from rollcall.ports import Delivery, Ports

#: Waits before each read after a write. Reads were consistent within 2.8 s in live captures,
#: and a compliant answer at once is the rule; a stale one is no failure.
VERIFY_AFTER_SECONDS = (0.0, 0.5, 1.5)

SET_REASON = "set as the roster wants it"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedChange:
    """The outcome of one contact and the intent that waits for it to be published.

    `intent` is None where none is to be closed; `claimable` is whether an event of our role may still
    come for it whose request id nobody could store. `urgent` is whether the detection must be told
    although nothing was done yet. `again` is the seconds after which the message is to come back for this
    contact, None if it is not.
    """

    outcome: Outcome
    intent: Intent | None = None
    claimable: bool = False
    urgent: bool = False
    expected: bool = False
    again: int | None = None


def apply_change(  # all that an intent records
    *,
    signal: Signal,
    change: Change,
    roster_digest: str,
    authorised: bool,
    delivery: Delivery,
    ports: Ports,
    observed_at: datetime | None = None,
) -> AppliedChange:
    """Set one contact. Never raises for what AWS may do: what is not finished is a pending outcome.

    `observed_at` is a moment before the contact was read: what somebody of us set since is looked at again.
    """
    now = ports.clock.now()
    intent = Intent(
        id=make_intent_id(signal=signal, kind=change.kind, owner=delivery.message_id, opened_at=now),
        owner=delivery.message_id,
        opened_at=now,
        roster_digest=roster_digest,
        signal=signal,
        kind=change.kind,
        found=change.found,
        wanted=change.wanted,
        authorised=authorised,
    )
    try:
        _open_intent(intent, ports, observed_at)
    except RetryableError as error:
        outcome = make_outcome(intent, Verdict.PENDING, str(error))
        return AppliedChange(outcome=outcome, urgent=isinstance(error, RecordRefusedError))
    try:
        request_id = _write(change, signal.account_id, ports)
    except WriteRefusedError as error:
        _remember_refusal(intent, error.request_id, ports)
        if error.denied and is_provisioning(signal, now):
            return AppliedChange(outcome=make_outcome(intent, Verdict.PENDING, error.reason), expected=True)
        return record_outcome(intent, make_outcome(intent, Verdict.FAILED, error.reason), ports)
    except RetryableError as error:
        # It may have been written: the intent stays open and the next delivery looks.
        _remember_refusal(intent, error.request_id, ports)
        return AppliedChange(outcome=make_outcome(intent, Verdict.PENDING, str(error)))
    intent = replace(intent, request_id=request_id)
    try:
        ports.state.record_request(intent, request_id, at=ports.clock.now())
        ports.state.mark_restored(intent, at=ports.clock.now())
        verified = _verify(intent, ports)
    except RetryableError as error:
        return AppliedChange(outcome=make_outcome(intent, Verdict.PENDING, str(error)))
    return record_outcome(intent, make_outcome(intent, Verdict.SET, SET_REASON, verified=verified), ports)


def record_outcome(
    intent: Intent, outcome: Outcome, ports: Ports, *, claimable: bool = False
) -> AppliedChange:
    """Record the outcome in the ledger; without that record the intent is not over."""
    try:
        ports.ledger.record_outcome(intent, outcome, ports.clock.now())
    except RecordRefusedError as error:
        return AppliedChange(outcome=make_outcome(intent, Verdict.PENDING, str(error)), urgent=True)
    return AppliedChange(outcome=outcome, intent=intent, claimable=claimable)


def make_outcome(
    intent: Intent,
    verdict: Verdict,
    reason: str,
    *,
    verified: bool | None = None,
) -> Outcome:
    """The outcome of an intent."""
    return Outcome(
        verdict=verdict,
        reason=reason,
        kind=intent.kind,
        found=intent.found,
        wanted=intent.wanted,
        authorised=intent.authorised,
        roster_digest=intent.roster_digest,
        intent_id=intent.id,
        request_id=intent.request_id,
        verified=verified,
    )


def _open_intent(intent: Intent, ports: Ports, observed_at: datetime | None) -> None:
    ports.state.open_intent(intent)
    try:
        _check_not_overtaken(intent, ports, observed_at)
        ports.ledger.record_intent(intent)
    except (IntentBusyError, RecordRefusedError):
        # If this fails too, the next delivery finishes the intent; the refusal is told now all the same.
        with suppress(RetryableError):
            ports.state.close_intent(intent, claimable=False, at=ports.clock.now())
        raise


def _check_not_overtaken(intent: Intent, ports: Ports, observed_at: datetime | None) -> None:
    """IntentBusyError if another worker set the contact between our look and our intent.

    It may have had a copy of this very event: a second write would be told as a second incident.
    """
    restored_at = ports.state.get_restored_at(intent.signal.account_id, intent.kind)
    if observed_at is not None and restored_at is not None and restored_at >= observed_at:
        raise IntentBusyError("another worker has just set this contact")


def _remember_refusal(intent: Intent, request_id: str | None, ports: Ports) -> None:
    """CloudTrail records refused calls, too: theirs must not look like somebody else's in our role."""
    if request_id is not None:
        with suppress(RetryableError):
            ports.state.remember_call(intent, request_id, at=ports.clock.now())


def _write(change: Change, account_id: str, ports: Ports) -> str:
    if isinstance(change.wanted, DesiredAbsent):
        return ports.accounts.delete(account_id, change.kind)
    return ports.accounts.put(account_id, change.kind, change.wanted.contact)


def _verify(intent: Intent, ports: Ports) -> bool:
    for seconds in VERIFY_AFTER_SECONDS:
        ports.clock.sleep(seconds)
        if matches(ports.accounts.get(intent.signal.account_id, intent.kind), intent.wanted):
            return True
    return False
