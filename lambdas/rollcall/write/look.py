"""A look at one contact: what is there and then its record, in this order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from rollcall.contact.known_drift import compute_fingerprint
from rollcall.contact.record import MESSAGES_LAST, SKEW, add_signal, update_record
from rollcall.decide.intent import WriteState
from rollcall.model.errors import SoonError

if TYPE_CHECKING:
    from rollcall.contact.record import ContactRecord, KnownEdit, KnownWrite
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

    def check_fresh(self, *, besides: str) -> None:
        """SoonError if the read may be older than a recent write of ours: look again.

        Writes of the run `besides` do not count: it knows of them.
        """
        found = compute_fingerprint(self.found)
        if found is not None and any(
            write.may_have_changed and write.event_id != besides and self.at - write.at <= STALE
            for write in self.record.writes
            if write.left != found
        ):
            raise SoonError("what was read may be older than a write of a few seconds ago")

    def is_explained(self, planned: Observation, *, since: datetime, besides: str) -> bool:
        """Whether an open intent, an edit or a write since then accounts for what was found. Raises as above.

        An edit does not if a write followed it, or if something else was found after it. A write does only if
        it was to leave what was found. Writes of the run `besides` explain nothing. If one of them left what
        was found, the run was cut off after it, and the question is about `planned`, which it overwrote.
        """
        self.check_fresh(besides=besides)
        intent, found = self.record.intent, compute_fingerprint(self.found)
        made = [write for write in self.record.writes if write.may_have_changed]
        writes = [write for write in made if write.event_id != besides]
        if made and made[-1].event_id == besides and made[-1].left == found:
            found, made = compute_fingerprint(planned), writes
        lately = [write for write in writes if write.at + SKEW >= since]
        return (
            (intent is not None and intent.event_id != besides)
            or any(write.left == found for write in lately)
            or any(
                edit.at is None
                or since - edit.at <= _get_reach(edit)
                or any(write.event_key == edit.key for write in lately)
                for edit in self.record.edits
                if edit.found in (None, found) and not any(_follows(write, edit) for write in made)
            )
        )


def _follows(write: KnownWrite, edit: KnownEdit) -> bool:
    """Whether the write was made, and after the edit: because of it, or by more than clocks differ."""
    later = write.event_key == edit.key or (edit.at is not None and write.at - edit.at > SKEW)
    return write.state is WriteState.WRITTEN and later


def _get_reach(edit: KnownEdit) -> timedelta:
    """How long after an edit it may still be alerted, and so is known to somebody."""
    return MESSAGES_LAST if edit.published is None else SKEW


def is_left_by_us(found: Observation, record: ContactRecord, *, besides: str | None = None) -> bool:
    """Whether our own last write left it so; a later one without an answer may have changed nothing.

    Writes of the run `besides` do not count.
    """
    for write in reversed(record.writes):
        if write.event_id == besides:
            continue
        if write.may_have_changed and write.left == compute_fingerprint(found):
            return True
        if write.state is WriteState.WRITTEN:
            break
    return False


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
