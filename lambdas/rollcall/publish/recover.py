"""Finish an intent whose worker is gone: it ends in the ledger, with what is known and nothing inferred."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from rollcall.contact.record import ContactRecord, drop_intent, update_record
from rollcall.decide.intent import GRACE, Answer, Intent, OpenIntent, WriteState
from rollcall.events.signal import Cause, Signal
from rollcall.model.desired import matches
from rollcall.model.errors import RetryableError
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict
from rollcall.publish.incidents import IncidentPublisher, make_incident
from rollcall.write.apply_change import AppliedChange, Writer, make_outcome, make_write, record_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.model.account import Account
    from rollcall.ports import Organization


def finish_intent(
    record: ContactRecord, *, writer: Writer, publisher: IncidentPublisher, organization: Organization
) -> ContactRecord:
    """Finish and publish the intent, if its worker is gone; returns the record then. RetryableError."""
    intent = record.intent
    if intent is None or not intent.is_expired(writer.clock.now()):
        return record
    recovered = recover(record, intent, writer)
    if recovered is not None:
        signal, done = recovered
        account = find_account(record.account_id, organization)
        publisher.publish_and_close(make_incident(signal, account, done), done)
    return writer.contacts.load(record.account_id, record.kind)


def find_account(account_id: str, organization: Organization) -> Account | None:
    """The account for an alert; None if AWS cannot be asked, as an alert without name and OU is enough."""
    with suppress(RetryableError):
        return organization.get_account(account_id, with_tags=False, recent_names=True)
    return None


def recover(
    record: ContactRecord, opened: OpenIntent, writer: Writer
) -> tuple[Signal, list[AppliedChange]] | None:
    """The signal of the record's expired intent, and its outcomes, to be published and closed as any other.

    The judgement of its signal comes first. A contact that is still to be set is pending: its own message, or
    the next sweep, decides anew. None if the intent is not in the ledger: nothing was sent, so forget it.
    RetryableError if the ledger or the contact could not be read.
    """
    intent = writer.ledger.load_intent(record.account_id, opened.id)
    if intent is None:
        update_record(
            writer.contacts, record, lambda known: drop_intent(known, opened.id), clock=writer.clock
        )
        return None
    found = writer.accounts.get(record.account_id, record.kind)
    judged = []
    if intent.judged is not None:
        verdict, reason = intent.judged.verdict, intent.judged.reason
        judged.append(AppliedChange(outcome=Outcome(verdict=verdict, reason=reason, kind=record.kind)))
    answer = opened.answer or Answer(
        state=WriteState.UNCONFIRMED, reason="the worker ended before it could say what AWS answered"
    )
    try:
        answer = record_answer(intent, answer, writer)
    except RetryableError as error:
        pending = Answer(state=answer.state, reason=str(error), request_id=answer.request_id)
        outcome = make_outcome(intent, Verdict.PENDING, pending)
        return intent.signal, [*judged, AppliedChange(outcome=outcome, record=record, urgent=True)]
    # A worker that gave up did so at that time; one that was killed sent nothing after its function's end.
    ended_at = opened.until if opened.answer is not None else opened.until - GRACE
    write = make_write(intent, answer, at=min(ended_at, writer.clock.now()))
    right = matches(found, intent.wanted)
    done = answer.state is WriteState.WRITTEN or (right and answer.state is WriteState.UNCONFIRMED)
    outcome = make_outcome(
        intent, Verdict.SET if done else Verdict.PENDING, answer, verified=right if done else None
    )
    ended = AppliedChange(outcome=outcome, record=record, write=write, expected=True)
    return intent.signal, [*judged, ended, *(_list_others(intent) if done else ())]


def _list_others(intent: Intent) -> Sequence[AppliedChange]:
    """A pending outcome if its signal led to other contacts, too: its message goes on with them."""
    if intent.signal.kind is not None or intent.signal.cause is Cause.SWEPT:
        return []
    reason = "its worker ended before the other contacts of the account"
    return [AppliedChange(outcome=Outcome(verdict=Verdict.PENDING, reason=reason), expected=True)]
