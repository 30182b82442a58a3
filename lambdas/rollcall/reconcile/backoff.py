"""When others keep changing a contact back: reverts are spaced out, and people are alerted while it lasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rollcall.contact.record import SKEW, ContactRecord, KnownWrite, add_signal, update_record
from rollcall.contact.repeated_edits import (
    Backoff,
    count_change,
    count_wrong,
    find_backoff,
    is_alert_due,
    is_named,
    mark_alerted,
)
from rollcall.decide.intent import WriteState
from rollcall.decide.resolve import is_authorised
from rollcall.events.signal import TAMPERING, Signal, parse_time
from rollcall.grouping.model import Line
from rollcall.model.account import Account, describe_account
from rollcall.model.contact import ContactKind
from rollcall.model.display import format_duration
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, format_time, make_notice
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict
from rollcall.write.apply_change import AppliedChange, Writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollcall.grouping.grouper import AlertGrouper
    from rollcall.model.errors import SoonError
    from rollcall.model.roster import RepeatedEditLimits, Roster
    from rollcall.ports import Delivery


def back_off(
    record: ContactRecord,
    signal: Signal,
    account: Account,
    *,
    delivery: Delivery,
    limits: RepeatedEditLimits,
    writer: Writer,
    grouper: AlertGrouper,
    find_stale: Callable[[ContactRecord], SoonError | None],
) -> tuple[ContactRecord, Backoff | None, int | None]:
    """The record with this change counted, whether it may not be undone yet, and seconds to come back in.

    Only edits back off: what the roster asks of an account is never put off. An edit that may be undone, and
    its count, are stored with the intent. RetryableError if the state table or the bus could not be asked, or
    `find_stale` says that another worker has written the contact since it was looked at.
    """
    if (stale := find_stale(record)) is not None:
        raise stale
    if signal.cause not in TAMPERING:
        return record, None, None
    now = writer.clock.now()

    def count(known: ContactRecord) -> ContactRecord:
        if (stale := find_stale(known)) is not None:
            raise stale
        after = count_change(
            known.repeated,
            principal=signal.actor.principal,
            message_id=delivery.message_id,
            now=now,
            limits=limits,
        )
        return replace(add_signal(known, signal), repeated=after)

    counted = count(record)
    if not counted.repeated.is_open(now):
        return counted, None, None
    record = update_record(writer.contacts, record, count, clock=writer.clock)
    wait: int | None = None
    if is_alert_due(record.repeated, signal.actor.principal, now):
        notice = make_repeated_notice(record, account, limits.minutes, now)
        # Published first: a crash before the memory of it repeats the message.
        left = find_backoff(record.repeated, now) is not None
        line = _make_line(notice, signal, account, now=now, left=left)
        wait = grouper.publish_notice(notice, line, delivery)
        # A message of its own names all, a line of another message is sure to name this one.
        sent = record.repeated.updates
        actors = record.repeated.actors if wait is None else (signal.actor.principal,)
        record = update_record(
            writer.contacts,
            record,
            lambda known: replace(known, repeated=mark_alerted(known.repeated, sent, actors, now)),
            clock=writer.clock,
        )
    backoff = find_backoff(record.repeated, now, message_id=delivery.message_id)
    waits = [seconds for seconds in (wait, backoff.again if backoff else None) if seconds is not None]
    return record, backoff, min(waits, default=None)


def find_undone(signal: Signal, delivery: Delivery, writer: Writer, roster: Roster) -> AppliedChange | None:
    """What became of an edit that backed off, if a write of ours has ended it since; None if none has.

    Nothing is read for it: of thousands of edits of one contact, which all come back for one restore, none
    must take the quota from other accounts. A later edit has a message of its own.
    """
    if delivery.receives == 1 or signal.cause not in TAMPERING or signal.kind in (None, ContactKind.PRIMARY):
        return None
    record, at = writer.contacts.load(signal.account_id, signal.kind), parse_time(signal)
    now = writer.clock.now()
    edit, write = record.find_edit(signal.event.key), record.find_undoing(at)
    backed_off = edit is not None and edit.published == Verdict.BACKED_OFF
    waited = backed_off or record.repeated.is_open(now)
    sure = write is not None and at is not None and write.at - SKEW > at
    if not waited or not sure or write is None or write.state is not WriteState.WRITTEN:
        return None
    return AppliedChange(
        outcome=Outcome(
            verdict=Verdict.UNDONE,
            reason=describe_undone(write, at),
            kind=signal.kind,
            authorised=is_authorised(roster, signal.actor),
            roster_digest=roster.digest,
        ),
        record=record,
        looked_at=write.at,
        repeated_incident_id=find_repeated_incident(record, signal.actor.principal, now),
    )


def describe_undone(write: KnownWrite, at: datetime | None) -> str:
    """How long after the edit, which was made at this time, a write of ours undid it."""
    later = "" if at is None else f" {format_duration(max(write.at - at, timedelta(seconds=1)))}"
    return f"a write of ours{later} after this change undid it, in incident {write.incident_id}"


def _make_line(notice: Notice, signal: Signal, account: Account, *, now: datetime, left: bool) -> Line:
    """The notice as a line, should many alerts leave at this time: `left` is whether the contact waits."""
    return Line(
        incident_id=f"{notice.incident_id}/{notice.update}",
        account_id=signal.account_id,
        account=describe_account(account),
        kinds=(str(signal.kind),) if signal.kind else (),
        cause=str(notice.kind),
        event="edited again and again",
        verdict=str(Verdict.BACKED_OFF),
        severity=notice.severity,
        actor=signal.actor.as_document(),
        at=now,
        judged_at=now,
        left=left,
        alone=True,
        reason=f"next try at {notice.facts['next_try_at']}" if left else "",
    )


def find_repeated_incident(record: ContactRecord, principal: str, now: datetime) -> str | None:
    """The incident id of the repeated edits that people know of; None if it does not name this principal."""
    if not (record.repeated.is_open(now) and is_named(record.repeated, principal)):
        return None
    return make_notice(NoticeKind.REPEATED_EDITS, key=record.repeated_key, facts={}).incident_id


def make_repeated_notice(record: ContactRecord, account: Account, minutes: int, now: datetime) -> Notice:
    """The next message about the repeated edits of a contact."""
    repeated, account_id, kind = record.repeated, record.account_id, str(record.kind)
    facts = {
        "account": describe_account(account),
        "kind": kind,
        "reverts": repeated.reverts,
        "window_minutes": minutes,
        "since": repeated.opened_at and format_time(repeated.opened_at),
        "wrong_seconds": count_wrong(repeated, now),
        "actors": list(repeated.actors),
        "next_try_at": repeated.next_at and format_time(repeated.next_at),
        "release": f"rollcall release {account_id} {kind}",
        "guardrail": f"aws organizations attach-policy --target-id {account_id} --policy-id ID",
    }
    key, update = record.repeated_key, max(0, repeated.updates - 1)
    return make_notice(NoticeKind.REPEATED_EDITS, key=key, facts=facts, update=update)
