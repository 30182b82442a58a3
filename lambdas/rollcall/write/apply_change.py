"""Carry out one change: intent, ledger, put, outcome, verify. The intent stays open until it is published."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from rollcall.contact.known_drift import compute_fingerprint
from rollcall.contact.record import (
    ContactMemory,
    ContactRecord,
    KnownWrite,
    add_signal,
    drop_intent,
    release_intent,
    update_record,
)
from rollcall.decide.intent import (
    GRACE,
    LEAST_LEFT,
    WORK,
    Answer,
    Intent,
    Judgement,
    WriteState,
    make_intent_id,
)
from rollcall.events.signal import TAMPERING, Signal, is_provisioning
from rollcall.model.desired import DesiredAbsent, DesiredState, make_fulfilled, matches
from rollcall.model.errors import (
    IntentBusyError,
    NotMadeError,
    RecordRefusedError,
    RetryableError,
    SoonError,
    UnansweredError,
    WriteRefusedError,
)
from rollcall.outcomes.outcome import Outcome, make_incident_id
from rollcall.outcomes.verdicts import Verdict
from rollcall.timing import attempts

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from rollcall.decide.plan import Change
    from rollcall.ports import AccountApi, Clock, Delivery, Ledger

#: Waits before each further read after a write; the first is at once. Reads were consistent within 2.8 s in
#: live captures, and a compliant answer at once is the rule; a stale one is no failure.
VERIFY_AGAIN_SECONDS = (0.5, 1.5)

#: Waits before further tries to store an answer in the state table that the ledger did not take.
RELEASE_AGAIN_SECONDS: Final = (0.5, 2.0)

SET_REASON: Final = "set the contact of the roster"
UNKNOWN_REASON: Final = "right again; whether by our call is not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """All that writing one contact touches."""

    accounts: AccountApi
    contacts: ContactMemory
    ledger: Ledger
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedChange:
    """What became of one contact, until it is published and stored."""

    outcome: Outcome
    #: As it was last read or stored, None where the signal led to no contact.
    record: ContactRecord | None = None
    #: When the contact was looked at, None if it was not.
    looked_at: datetime | None = None
    #: The write that ended: its intent is closed once its outcome is published.
    write: KnownWrite | None = None
    #: Alert it now, although nothing was done yet.
    urgent: bool = False
    #: It waits for something that is slow by nature: it is not alerted as late.
    expected: bool = False
    #: Why it waits for some seconds, which is expected, None if it does not.
    soon: SoonError | None = None
    #: Seconds after which the message is to come back for this contact, None if it is not.
    again: int | None = None
    #: The incident of the repeated edits of this contact, if people know of them.
    repeated_incident_id: str | None = None


def apply_change(
    *,
    record: ContactRecord,
    signal: Signal,
    change: Change,
    roster_digest: str,
    authorised: bool,
    delivery: Delivery,
    writer: Writer,
    judged: Judgement | None = None,
) -> AppliedChange:
    """Set one contact. Never raises for what AWS may do: what is not finished is a pending outcome.

    `record` was read after the contact was looked at; nothing is sent while it has an open intent.
    """
    now = writer.clock.now()
    deadline = min(delivery.deadline or now + WORK, now + WORK)
    intent = Intent(
        id=make_intent_id(signal=signal, kind=change.kind, owner=delivery.message_id, opened_at=now),
        opened_at=now,
        until=deadline + GRACE,
        roster_digest=roster_digest,
        signal=signal,
        kind=change.kind,
        found=change.found,
        wanted=change.wanted,
        authorised=authorised,
        judged=judged,
        kept=change.kept if signal.cause in TAMPERING else (),
    )
    if (refused := _open(record, intent, deadline - now, writer)) is not None:
        return make_pending(intent, record, refused)
    opened = replace(record, intent=intent.lock, version=record.version + 1)
    try:
        writer.ledger.record_intent(intent)
    except RetryableError as error:
        return _give_up(opened, intent, Answer(state=WriteState.NOT_SENT, reason=str(error)), writer)
    answer, refusal = _send(change, intent, writer)
    try:
        answer = record_answer(intent, answer, writer)
    except RetryableError as error:
        return _give_up(opened, intent, answer, writer, error)
    return _conclude(opened, intent, answer, refusal, writer)


def _open(record: ContactRecord, intent: Intent, left: timedelta, writer: Writer) -> RetryableError | None:
    """Open the intent; returns why not, and then nothing may be sent. The edit is stored all the same."""
    if record.intent is not None:
        return IntentBusyError("another worker is at this contact")
    if left < LEAST_LEFT:
        return SoonError("too little time was left to write")
    try:
        writer.contacts.open_intent(replace(record, intent=intent.lock), at=intent.opened_at)
    except RetryableError as error:
        # If the answer was lost, it may be open: nothing was sent, and nobody needs to wait.
        with suppress(RetryableError):
            current = writer.contacts.load(record.account_id, record.kind)
            drop = partial(drop_intent, intent_id=intent.id)
            current = update_record(writer.contacts, current, drop, clock=writer.clock)
            keep = partial(add_signal, signal=intent.signal)
            update_record(writer.contacts, current, keep, clock=writer.clock)
        return error
    return None


def _conclude(
    opened: ContactRecord,
    intent: Intent,
    answer: Answer,
    refusal: WriteRefusedError | None,
    writer: Writer,
) -> AppliedChange:
    """What became of the contact, once the ledger knows how its write ended."""
    write = make_write(intent, answer, at=writer.clock.now())
    verdict, verified = Verdict.PENDING, None
    expected = refusal is not None and refusal.denied and is_provisioning(intent.signal, intent.opened_at)
    if refusal is not None and not expected:
        verdict = Verdict.FAILED
    if write.may_have_changed:
        verified = _verify(intent, writer)
        if verified or answer.state is WriteState.WRITTEN:
            verdict = Verdict.SET
    outcome = make_outcome(intent, verdict, answer, verified=verified if verdict is Verdict.SET else None)
    return AppliedChange(outcome=outcome, record=opened, write=write, expected=expected)


def record_answer(intent: Intent, answer: Answer, writer: Writer) -> Answer:
    """Record how a write ended; returns what the ledger says. RecordRefusedError if it was not taken.

    Facts are not fenced: if somebody else took the worker for gone, what it knows confirms the record.
    """
    known = writer.ledger.record_outcome(intent, answer, writer.clock.now())
    if known.state is WriteState.UNCONFIRMED and answer.state in (WriteState.WRITTEN, WriteState.REFUSED):
        writer.ledger.record_confirmation(
            intent.signal.account_id, intent.id, answer, by="a late answer", at=writer.clock.now()
        )
        return answer
    return known


def make_write(intent: Intent, answer: Answer, *, at: datetime) -> KnownWrite:
    """What the contact's record keeps of a write that ended."""
    return KnownWrite(
        intent_id=intent.id,
        state=answer.state,
        at=at,
        event_key=intent.signal.event.key,
        event_id=intent.signal.event.id,
        incident_id=make_incident_id(event=intent.signal.event, signal=intent.signal),
        left=compute_desired_fingerprint(intent.wanted),
        request_id=answer.request_id,
    )


def compute_desired_fingerprint(wanted: DesiredState) -> str | None:
    """The fingerprint of the contact once it is as wanted."""
    return compute_fingerprint(make_fulfilled(wanted))


def make_pending(intent: Intent, record: ContactRecord, error: RetryableError) -> AppliedChange:
    """Nothing was sent, and the message comes back."""
    soon = error if isinstance(error, SoonError) else None
    outcome = make_outcome(intent, Verdict.PENDING, Answer(state=WriteState.NOT_SENT, reason=str(error)))
    urgent = isinstance(error, RecordRefusedError)
    return AppliedChange(outcome=outcome, record=record, urgent=urgent, soon=soon)


def make_outcome(
    intent: Intent, verdict: Verdict, answer: Answer, *, verified: bool | None = None
) -> Outcome:
    """The outcome of an intent. A contact that is right after a write without an answer says so."""
    reason = answer.reason
    if verdict is Verdict.SET:
        reason = UNKNOWN_REASON if answer.state is WriteState.UNCONFIRMED else SET_REASON
    return Outcome(
        verdict=verdict,
        reason=reason,
        kind=intent.kind,
        found=intent.found,
        wanted=intent.wanted,
        authorised=intent.authorised,
        roster_digest=intent.roster_digest,
        intent_id=intent.id,
        request_id=answer.request_id,
        verified=verified,
        kept=intent.kept if verdict is Verdict.SET else (),
    )


def _send(change: Change, intent: Intent, writer: Writer) -> tuple[Answer, WriteRefusedError | None]:
    """How the one call of an intent ended, and with what, if AWS refused it for good."""
    account_id = intent.signal.account_id
    try:
        if isinstance(change.wanted, DesiredAbsent):
            request_id = writer.accounts.delete(account_id, change.kind, intent=intent)
        else:
            request_id = writer.accounts.put(account_id, change.kind, change.wanted.contact, intent=intent)
    except WriteRefusedError as error:
        state = WriteState.NOT_SENT if error.request_id is None else WriteState.REFUSED
        return Answer(state=state, reason=error.reason, request_id=error.request_id), error
    except NotMadeError as error:
        return Answer(state=WriteState.REFUSED, reason=str(error), request_id=error.request_id), None
    except UnansweredError as error:
        return Answer(state=WriteState.UNCONFIRMED, reason=str(error), request_id=error.request_id), None
    except RetryableError as error:
        return Answer(state=WriteState.NOT_SENT, reason=str(error)), None
    return Answer(state=WriteState.WRITTEN, reason=SET_REASON, request_id=request_id), None


def _give_up(
    opened: ContactRecord,
    intent: Intent,
    answer: Answer,
    writer: Writer,
    error: RetryableError | None = None,
) -> AppliedChange:
    """The ledger does not take what is known: the state table keeps it, and the next worker finishes."""
    release = partial(release_intent, intent_id=intent.id, answer=answer, at=writer.clock.now())
    # If this fails, too, others wait until the worker is surely gone, and know less of it.
    for _ in attempts(writer.clock, RELEASE_AGAIN_SECONDS):
        with suppress(RetryableError):
            opened = update_record(writer.contacts, opened, release, clock=writer.clock)
            break
    pending = make_outcome(intent, Verdict.PENDING, answer)
    reason = str(error) if error is not None else answer.reason
    return AppliedChange(outcome=replace(pending, reason=reason), record=opened, urgent=True)


def _verify(intent: Intent, writer: Writer) -> bool:
    with suppress(RetryableError):
        for _ in attempts(writer.clock, VERIFY_AGAIN_SECONDS):
            if matches(writer.accounts.get(intent.signal.account_id, intent.kind), intent.wanted):
                return True
    return False
