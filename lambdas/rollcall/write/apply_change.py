"""Carry out one change: intent, ledger, put, verify. The intent stays open until its outcome is published."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from rollcall.decide.intent import Intent, make_intent_id
from rollcall.events.signal import is_provisioning
from rollcall.model.desired import DesiredAbsent, matches
from rollcall.model.errors import IntentBusyError, RecordRefusedError, RetryableError, WriteRefusedError
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict
from rollcall.timing import attempts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollcall.decide.plan import Change
    from rollcall.events.signal import Signal
    from rollcall.model.contact import ContactKind
    from rollcall.ports import AccountApi, Clock, Delivery, Ledger

#: Waits before each further read after a write; the first is at once.
#: Reads were consistent within 2.8 s in live captures, and
#: a compliant answer at once is the rule; a stale one is no failure.
VERIFY_AGAIN_SECONDS = (0.5, 1.5)

SET_REASON = "set as the roster wants it"


class IntentMemory(Protocol):
    """Memory of the intents whose outcomes are not yet recorded. RetryableError from each."""

    def list_open_intents(self, account_id: str) -> Sequence[Intent]:
        """Intents of the account whose outcome is not yet recorded."""

    def list_stale_intents(self, now: datetime) -> Sequence[Intent]:
        """Intents of any account that are open for longer than their lease: their workers are gone."""

    def open_intent(self, intent: Intent) -> None:
        """Record an intent, if the roster is still approved and writes are not paused.

        IntentBusyError, WritesHaltedError or RecordRefusedError; nothing may be written after any of them.
        """

    def record_request(self, intent: Intent, request_id: str, *, at: datetime) -> None:
        """Remember the write and its request id, so that its event is known as an own write."""

    def close_intent(self, intent: Intent, *, claimable: bool, at: datetime) -> None:
        """Forget an intent whose outcome is recorded.

        If `claimable`, its worker may have written without storing the request id: one event of
        the writer role on this contact may still claim it.
        """


class OwnWriteMemory(Protocol):
    """Memory of what we wrote. RetryableError from each."""

    def is_own_write(self, request_id: str) -> bool:
        """Whether a write of ours had this request id."""

    def claim_write(self, account_id: str, kind: ContactKind, *, event_key: str, at: datetime) -> bool:
        """Whether a write of ours without a known request id waits for this call's event.

        One write answers to one call, however often its event is delivered, and never to the call that it
        undid.
        """

    def remember_call(self, intent: Intent, request_id: str, *, at: datetime) -> None:
        """Remember the request id of a call that AWS refused."""

    def mark_restored(self, intent: Intent, *, at: datetime) -> None:
        """Remember that this contact was written now."""

    def get_restored_at(self, account_id: str, kind: ContactKind) -> datetime | None:
        """When we last wrote this contact, None if not within a day."""

    def get_restored_for(self, account_id: str, kind: ContactKind) -> str | None:
        """The id of the event or run that led to that write, None if there was none within a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """All that writing one contact touches."""

    accounts: AccountApi
    intents: IntentMemory
    own_writes: OwnWriteMemory
    ledger: Ledger
    clock: Clock


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
    writer: Writer,
    observed_at: datetime | None = None,
) -> AppliedChange:
    """Set one contact. Never raises for what AWS may do: what is not finished is a pending outcome.

    `observed_at` is a moment before the contact was read: what somebody of us set since is looked at again.
    """
    now = writer.clock.now()
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
        _open_intent(intent, writer, observed_at)
    except RetryableError as error:
        outcome = make_outcome(intent, Verdict.PENDING, str(error))
        return AppliedChange(outcome=outcome, urgent=isinstance(error, RecordRefusedError))
    try:
        request_id = _write(change, signal.account_id, writer)
    except WriteRefusedError as error:
        _remember_refusal(intent, error.request_id, writer)
        if error.denied and is_provisioning(signal, now):
            return AppliedChange(outcome=make_outcome(intent, Verdict.PENDING, error.reason), expected=True)
        return record_outcome(intent, make_outcome(intent, Verdict.FAILED, error.reason), writer)
    except RetryableError as error:
        # It may have been written: the intent stays open and the next delivery looks.
        _remember_refusal(intent, error.request_id, writer)
        return AppliedChange(outcome=make_outcome(intent, Verdict.PENDING, str(error)))
    intent = replace(intent, request_id=request_id)
    try:
        writer.intents.record_request(intent, request_id, at=writer.clock.now())
        writer.own_writes.mark_restored(intent, at=writer.clock.now())
        verified = _verify(intent, writer)
    except RetryableError as error:
        return AppliedChange(outcome=make_outcome(intent, Verdict.PENDING, str(error)))
    return record_outcome(intent, make_outcome(intent, Verdict.SET, SET_REASON, verified=verified), writer)


def record_outcome(
    intent: Intent, outcome: Outcome, writer: Writer, *, claimable: bool = False
) -> AppliedChange:
    """Record the outcome in the ledger; without that record the intent is not over."""
    try:
        writer.ledger.record_outcome(intent, outcome, writer.clock.now())
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


def _open_intent(intent: Intent, writer: Writer, observed_at: datetime | None) -> None:
    writer.intents.open_intent(intent)
    try:
        _check_not_overtaken(intent, writer, observed_at)
        writer.ledger.record_intent(intent)
    except (IntentBusyError, RecordRefusedError):
        # If this fails too, the next delivery finishes the intent; the refusal is told now all the same.
        with suppress(RetryableError):
            writer.intents.close_intent(intent, claimable=False, at=writer.clock.now())
        raise


def _check_not_overtaken(intent: Intent, writer: Writer, observed_at: datetime | None) -> None:
    """IntentBusyError if another worker set the contact between our look and our intent.

    It may have had a copy of this very event: a second write would be told as a second incident.
    """
    restored_at = writer.own_writes.get_restored_at(intent.signal.account_id, intent.kind)
    if observed_at is not None and restored_at is not None and restored_at >= observed_at:
        raise IntentBusyError("another worker has just set this contact")


def _remember_refusal(intent: Intent, request_id: str | None, writer: Writer) -> None:
    """CloudTrail records refused calls, too: theirs must not look like somebody else's in our role."""
    if request_id is not None:
        with suppress(RetryableError):
            writer.own_writes.remember_call(intent, request_id, at=writer.clock.now())


def _write(change: Change, account_id: str, writer: Writer) -> str:
    if isinstance(change.wanted, DesiredAbsent):
        return writer.accounts.delete(account_id, change.kind)
    return writer.accounts.put(account_id, change.kind, change.wanted.contact)


def _verify(intent: Intent, writer: Writer) -> bool:
    for _ in attempts(writer.clock, VERIFY_AGAIN_SECONDS):
        if matches(writer.accounts.get(intent.signal.account_id, intent.kind), intent.wanted):
            return True
    return False
