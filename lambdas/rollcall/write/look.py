"""A look at one contact: what is there and then its record, in this order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rollcall.contact.record import add_signal, update_record

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.contact.record import ContactRecord
    from rollcall.events.signal import Signal
    from rollcall.model.contact import ContactKind
    from rollcall.model.desired import Observation
    from rollcall.write.apply_change import Writer

#: Reads of the Account API may be older than an edit for some seconds: what is right then is read again.
STALE: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was there, and the record as it was read after it."""

    #: Before anything was read.
    at: datetime
    found: Observation
    record: ContactRecord


def look_at_contact(writer: Writer, account_id: str, kind: ContactKind) -> Look:
    """Look at a contact; RetryableError if AWS could not be asked.

    A contact that is right because of us was so before its record was read: the record shows why.
    """
    at = writer.clock.now()
    found = writer.accounts.get(account_id, kind)
    return Look(at=at, found=found, record=writer.contacts.load(account_id, kind))


def store_edit(writer: Writer, record: ContactRecord, signal: Signal) -> ContactRecord:
    """The record with the edit of this signal, if it is one; RetryableError.

    For edits after which nothing is written now: what is written takes its edit along with its intent.
    """
    return update_record(writer.contacts, record, lambda known: add_signal(known, signal), clock=writer.clock)
