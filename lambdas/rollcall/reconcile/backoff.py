"""When others keep changing a contact back: reverts are spaced out, and people are alerted of it once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollcall.contact.record import update_record
from rollcall.contact.repeated_edits import Backoff, count_change, find_backoff
from rollcall.events.signal import TAMPERING
from rollcall.model.account import describe_account
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, format_time, make_notice

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from rollcall.contact.record import ContactMemory, ContactRecord
    from rollcall.events.signal import Signal
    from rollcall.model.account import Account
    from rollcall.model.edit_limits import RepeatedEditLimits
    from rollcall.ports import Clock, Delivery, OutcomeBus


def back_off(
    record: ContactRecord,
    signal: Signal,
    account: Account,
    *,
    delivery: Delivery,
    limits: RepeatedEditLimits,
    contacts: ContactMemory,
    bus: OutcomeBus,
    clock: Clock,
) -> tuple[ContactRecord, Backoff | None]:
    """The record with this change counted, and whether it may not be undone yet.

    Only edits back off: what the roster asks of an account is never put off. What it counts of a change that
    may be undone is stored with its intent. RetryableError if the state table or the bus could not be asked.
    """
    if signal.cause not in TAMPERING:
        return record, None
    now = clock.now()

    def count(known: ContactRecord) -> ContactRecord:
        after = count_change(
            known.repeated,
            principal=signal.actor.principal,
            message_id=delivery.message_id,
            now=now,
            limits=limits,
        )
        return replace(known, repeated=after)

    counted = count(record)
    if not counted.repeated.is_open(now):
        return counted, None
    record = update_record(contacts, record, count, clock=clock)
    if not record.repeated.alerted:
        # Published first: a crash before the memory of it repeats the same message, and nobody gets it twice.
        bus.publish_notice(make_repeated_notice(record, account, limits.window), now)
        record = update_record(
            contacts,
            record,
            lambda known: replace(
                known, repeated=replace(known.repeated, alerted=True, named=record.repeated.actors)
            ),
            clock=clock,
        )
    return record, find_backoff(record.repeated, now, message_id=delivery.message_id)


def find_repeated_incident(record: ContactRecord, principal: str, now: datetime) -> str | None:
    """The incident id of the repeated edits that people know of; None if it does not name this principal."""
    known = record.repeated
    named = {_strip_session(one) for one in known.named}
    if not (known.alerted and known.is_open(now) and _strip_session(principal) in named):
        return None
    return make_notice(NoticeKind.REPEATED_EDITS, key=_make_key(record), facts={}).incident_id


def make_repeated_notice(record: ContactRecord, account: Account, window: timedelta) -> Notice:
    """The one message about the repeated edits of a contact."""
    repeated, account_id, kind = record.repeated, record.account_id, str(record.kind)
    facts = {
        "account": describe_account(account),
        "kind": kind,
        "reverts": repeated.reverts,
        "window_minutes": int(window.total_seconds()) // 60,
        "actors": list(repeated.actors),
        "next_try_at": repeated.next_at and format_time(repeated.next_at),
        "release": f"rollcall release {account_id} {kind}",
    }
    return make_notice(NoticeKind.REPEATED_EDITS, key=_make_key(record), facts=facts)


def _make_key(record: ContactRecord) -> str:
    opened_at = record.repeated.opened_at.isoformat() if record.repeated.opened_at else ""
    return f"{record.account_id}/{record.kind}/{opened_at}"


def _strip_session(principal: str) -> str:
    """The sessions of one role are one principal: their ARN without its last part."""
    return principal.rpartition("/")[0] if ":assumed-role/" in principal else principal
