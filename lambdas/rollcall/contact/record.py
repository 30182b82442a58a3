"""The record of one contact, pure: its open intent, the latest writes and edits, and what follows from them.

One item, one version: a worker that decides from it decides from all of it. A worker looks at the contact,
then reads the record; so one that finds a contact right because of us also finds our intent or write.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol, Self

from rollcall.contact.known_drift import KnownDrift
from rollcall.contact.repeated_edits import RepeatedEdits
from rollcall.decide.intent import Answer, OpenIntent, WriteState
from rollcall.events.signal import TAMPERING, Signal, parse_time
from rollcall.model.codec import Serializable
from rollcall.model.contact import ContactKind
from rollcall.model.errors import RetryableError, SoonError
from rollcall.outcomes.verdicts import FOUND_RIGHT, Verdict
from rollcall.timing import attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollcall.ports import Clock

#: Edits and writes that a record remembers.
REMEMBERED: Final = 8
#: CloudTrail cuts the time of an event to whole seconds, and clocks differ: by less than this.
SKEW: Final = timedelta(seconds=3)
#: A message that was received sixty times, with the waits between, is older than this: it comes no more.
MESSAGES_LAST: Final = timedelta(hours=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEdit(Serializable):
    """An edit whose event was delivered. `key` is the event's, the same for every copy of it."""

    key: str
    #: When it happened, None if the event has no readable time.
    at: datetime | None
    principal: str
    #: Whether a root user made it.
    root: bool
    #: The verdict that was last published of it, None before.
    published: str | None = None
    #: And when: the contact was looked at before.
    published_at: datetime | None = None
    #: Fingerprint of what was there then, None if that is not known.
    found: str | None = None

    @classmethod
    def from_signal(cls, signal: Signal) -> Self:
        """The edit of a delivered event."""
        actor = signal.actor
        return cls(key=signal.event.key, at=parse_time(signal), principal=actor.principal, root=actor.root)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownWrite(Serializable):
    """A write of ours that ended, as far as is known."""

    intent_id: str
    state: WriteState
    at: datetime
    #: The key and the id of the event, or the id of the run, that led to it.
    event_key: str
    event_id: str
    #: The incident whose alerts name it.
    incident_id: str
    #: Fingerprint of the contact that it was to leave.
    left: str | None
    #: Of the call that AWS answered, or of the one that its event names.
    request_id: str | None = None

    @property
    def may_have_changed(self) -> bool:
        """Whether the write may have made the contact what it is."""
        return self.state in (WriteState.WRITTEN, WriteState.UNCONFIRMED)


class Call(Enum):
    """What a call by our role is to the record of its contact."""

    OURS = "ours"
    #: The intent under which it was made is not over yet.
    UNDER_WAY = "under way"
    #: Its answer was lost, and this event has it.
    CONFIRMS = "confirms"
    #: Its intent had another call, or was never sent.
    FOREIGN = "foreign"
    #: The record knows no such intent: it is older, or was never ours.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecord(Serializable):
    """What is known of one contact; blank, with version 0, before anything is."""

    account_id: str
    kind: ContactKind
    #: The one lock: nobody else writes the contact while it is open.
    intent: OpenIntent | None = None
    writes: tuple[KnownWrite, ...] = ()
    edits: tuple[KnownEdit, ...] = ()
    repeated: RepeatedEdits = field(default_factory=RepeatedEdits)
    drift: KnownDrift | None = None
    #: When the account was last read because it is new, or was moved, tagged or renamed.
    placed_at: datetime | None = None
    #: The latest look at the contact: what was seen before says nothing of its drift any more.
    seen_at: datetime | None = None
    version: int = field(default=0, compare=False)

    @property
    def is_pending(self) -> bool:
        """Whether work may be left at the contact: such records are in the index."""
        return self.intent is not None or self.drift is not None or self.repeated.opened_at is not None

    @property
    def repeated_key(self) -> str:
        """Identifies its repeated edits among the notices about them."""
        opened_at = self.repeated.opened_at
        return f"{self.account_id}/{self.kind}/{opened_at.isoformat() if opened_at else ''}"

    def find_newer_place(self, read_at: datetime) -> SoonError | None:
        """Why an account that was read then must be read anew: a later look may know a newer place of it."""
        if self.placed_at is None or read_at - self.placed_at > SKEW:
            return None
        return SoonError("the account was moved or tagged meanwhile", seconds=SKEW.seconds + 1)

    def find_edit(self, key: str) -> KnownEdit | None:
        """The edit of this event, None if it is not known."""
        return next((edit for edit in self.edits if edit.key == key), None)

    def find_write(self, intent_id: str) -> KnownWrite | None:
        """The write of this intent, None if it is not known or not over."""
        return next((write for write in self.writes if write.intent_id == intent_id), None)

    def is_written_after(self, intent_id: str, *, besides: str = "") -> bool:
        """Whether another write followed that of this intent, or is about to; not of the event `besides`."""
        ids = [write.intent_id for write in self.writes]
        # One that is forgotten was before all that are known.
        later = self.writes[ids.index(intent_id) + 1 if intent_id in ids else 0 :]
        return self.intent is not None or any(
            write.may_have_changed and write.event_key != besides for write in later
        )

    def find_undoing(self, at: datetime | None) -> KnownWrite | None:
        """A write after this time that undid what was done then, None if there is none: the surest first."""
        later = [
            write for write in self.writes if write.may_have_changed and (at is None or write.at + SKEW >= at)
        ]
        return min(later, key=lambda write: write.state is not WriteState.WRITTEN, default=None)

    def list_beside(self, key: str) -> Sequence[KnownEdit]:
        """The other edits that may have been there beside this one: no known write of ours came between."""
        own = self.find_edit(key)
        undoing = self.find_undoing(own.at) if own and own.at else None
        return [
            edit
            for edit in self.edits
            if edit.key != key and self.find_undoing(edit.at) == undoing and not _is_over(edit, own)
        ]

    def list_mistaken(self, key: str) -> Sequence[KnownEdit]:
        """Those of them, unless surely later, that were reported as compliant, and may not have been."""
        at = own.at if (own := self.find_edit(key)) else None
        beside = [edit for edit in self.list_beside(key) if edit.published == Verdict.SET_BY_OTHERS]
        return [edit for edit in beside if at is None or edit.at is None or edit.at - at <= SKEW]

    def judge_call(self, intent_id: str, call_key: str) -> Call:
        """What a call under this intent id is, by the key of its event. One intent has one call."""
        if self.intent is not None and self.intent.id == intent_id:
            return Call.UNDER_WAY
        write = self.find_write(intent_id)
        if write is None:
            return Call.UNKNOWN
        open_end = write.state is WriteState.UNCONFIRMED
        if write.request_id is None:
            return Call.CONFIRMS if open_end else Call.FOREIGN
        if write.request_id != call_key:
            return Call.FOREIGN
        return Call.CONFIRMS if open_end else Call.OURS


def _is_over(edit: KnownEdit, own: KnownEdit | None) -> bool:
    """Whether the contact was found right between the two edits: the one has nothing to do with the other."""
    if edit.published not in FOUND_RIGHT or edit.published_at is None or own is None or own.at is None:
        return False
    return own.at > edit.published_at + SKEW


def add_edit(record: ContactRecord, edit: KnownEdit) -> ContactRecord:
    """Remember an edit, once. Of too many, one that was published goes first."""
    if record.find_edit(edit.key) is not None:
        return record
    edits = [*record.edits, edit]
    if len(edits) > REMEMBERED:
        edits.remove(next((known for known in edits if known.published is not None), edits[0]))
    return replace(record, edits=tuple(edits))


def add_signal(record: ContactRecord, signal: Signal) -> ContactRecord:
    """Remember the edit of this signal, if it is one."""
    return add_edit(record, KnownEdit.from_signal(signal)) if signal.cause in TAMPERING else record


def mark_published(
    record: ContactRecord, key: str, verdict: str, at: datetime, found: str | None = None
) -> ContactRecord:
    """Remember what was published of an edit, if the edit is remembered."""
    known = record.find_edit(key)
    if known is None:
        return record
    marked = replace(known, published=verdict, published_at=at, found=found)
    return replace(record, edits=tuple(marked if edit.key == key else edit for edit in record.edits))


def end_intent(record: ContactRecord, write: KnownWrite) -> ContactRecord:
    """Close the intent of this write, and remember how it ended: also if others closed it before."""
    known = record.find_write(write.intent_id)
    # What nobody knew may be known by now; what is known stays.
    if known is not None and known.state is not WriteState.UNCONFIRMED:
        write = known
    ours = record.intent is not None and record.intent.id == write.intent_id
    # In the order in which they ended: one intent is open at a time, and clocks differ.
    writes = [write if one.intent_id == write.intent_id else one for one in record.writes]
    return replace(
        record,
        intent=None if ours else record.intent,
        writes=tuple(writes if known is not None else [*writes, write])[-REMEMBERED:],
    )


def drop_intent(record: ContactRecord, intent_id: str) -> ContactRecord:
    """Forget an intent of which nothing was recorded anywhere else, and nothing sent."""
    ours = record.intent is not None and record.intent.id == intent_id
    return replace(record, intent=None) if ours else record


def release_intent(record: ContactRecord, *, intent_id: str, answer: Answer, at: datetime) -> ContactRecord:
    """Let anybody finish an intent from now on: its worker sends no call any more, and knows the answer."""
    if record.intent is None or record.intent.id != intent_id:
        return record
    intent = replace(record.intent, until=min(record.intent.until, at), answer=answer)
    return replace(record, intent=intent)


class ContactMemory(Protocol):
    """Memory of the records. RetryableError from each."""

    def load(self, account_id: str, kind: ContactKind) -> ContactRecord:
        """The record as it is now; a blank of version 0 if there is none."""

    def load_each(self, keys: Sequence[tuple[str, ContactKind]]) -> Sequence[ContactRecord]:
        """The records of these accounts and kinds, in this order, as `load` reads them."""

    def save(self, record: ContactRecord, *, at: datetime) -> bool:
        """Store it; False, and nothing stored, if it was stored by anybody since it was read."""

    def open_intent(self, record: ContactRecord, *, at: datetime) -> None:
        """Store it with its intent, if the intent's roster is the approved one and writes are not paused.

        IntentBusyError if it was stored by anybody since it was read, WritesHaltedError or
        RecordRefusedError; nothing may be written after any of them.
        """

    def list_pending(self) -> Sequence[ContactRecord]:
        """The pending records of all accounts, by account and kind."""

    def list_edited(self) -> Sequence[ContactRecord]:
        """The pending ones, and all that remember an edit, by account and kind: to report, not to decide."""


#: Waits between tries: workers at the same contact are few, and each stores within milliseconds.
_WAITS: Final = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)


def update_record(
    memory: ContactMemory,
    record: ContactRecord,
    change: Callable[[ContactRecord], ContactRecord],
    *,
    clock: Clock,
) -> ContactRecord:
    """Store what `change`, which is pure, makes of the record as it is then; returns that.

    `record` is what was read of it before. A second time changes nothing. RetryableError if it was not taken.
    """
    for _ in attempts(clock, _WAITS):
        after = change(record)
        if after == record:
            return record
        if memory.save(after, at=clock.now()):
            return replace(after, version=record.version + 1)
        record = memory.load(record.account_id, record.kind)
    raise RetryableError("other workers are at the record of this contact")
