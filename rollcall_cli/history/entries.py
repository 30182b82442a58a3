"""One write as the ledger tells it: the intent, the outcome, and what is wrong with either record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rollcall_cli.history.records import RECORDS, UnreadableRecordError, intent_of, outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from rollcall.decide.intent import Intent
    from rollcall_cli.history.records import Stored

_Read = TypeVar("_Read")
#: As long as the intake queue tries a message: 20 receives take some two and three quarter hours.
FINISHING: Final = timedelta(hours=3)
#: S3 counts days from the second of the writing; clocks and leap days are given a day.
_LOCK_TOLERANCE: Final = timedelta(days=1)
#: S3's clocks agree to a second or so, and no outcome is written sooner than its intent.
_ORDER_TOLERANCE: Final = timedelta(minutes=1)
NO_LOCK: Final = "has no lock"
_TIME: Final = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What the records are held against.

    `known` are intents that the state table knows to have been carried out, `retention` is how long an
    object must be locked from its writing on.
    """

    known: Collection[str]
    retention: timedelta
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One intent with its outcome. `intent` is None if its record is gone, `outcome` if there is none.

    `faults` say what is wrong with the records, and never hold contact details.
    """

    id: str
    intent: Intent | None
    outcome: Mapping[str, Any] | None
    faults: tuple[str, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether the write may still be under way."""
        return self.intent is not None and self.outcome is None and not self.faults


def entries(stored: Iterable[Stored], book: Book) -> Sequence[Entry]:
    """All writes, the oldest first.

    An object that was deleted is read all the same where S3 still has the version beneath the mark. What
    stands among the records and is none is an entry with its key and a fault.
    """
    by_intent: dict[str, list[Stored]] = {intent_id: [] for intent_id in book.known}
    strange: dict[str, Entry] = {}
    for item in stored:
        if item.intent_id is not None:
            by_intent.setdefault(item.intent_id, []).append(item)
        else:
            fault = "this object is no record of Rollcall: somebody else can write to the ledger"
            strange[item.key] = Entry(id=item.key, intent=None, outcome=None, faults=(fault,))
    writes = [_entry(intent_id, versions, book) for intent_id, versions in sorted(by_intent.items())]
    return [*writes, *(strange[key] for key in sorted(strange))]


def _entry(intent_id: str, versions: Sequence[Stored], book: Book) -> Entry:
    first: dict[str, Stored] = {}
    faults: list[str] = []
    for record in RECORDS:
        mine = sorted((item for item in versions if item.record == record), key=lambda item: item.written_at)
        faults += _faults(record, mine, book.retention)
        written = [item for item in mine if item.body is not None]
        if written:
            first[record] = written[0]  # the first is the true one: nothing writes a second
    intent, outcome = first.get("intent"), first.get("outcome")
    if not versions:
        faults.append("deleted without a trace: the state table knows of the write, the ledger does not")
    elif intent is None:
        faults.append("the intent is missing")
    elif outcome is None:
        if book.now - intent.written_at > FINISHING:
            faults.append("the intent has no outcome")
    elif intent.written_at - outcome.written_at > _ORDER_TOLERANCE:
        faults.append(
            f"the intent was written after its outcome, at {intent.written_at:{_TIME}}:"
            " what stood there before was removed"
        )
    return Entry(
        id=intent_id,
        intent=_read("intent", intent_of, intent, faults),
        outcome=_read("outcome", outcome_of, outcome, faults),
        faults=tuple(faults),
    )


def _read(
    record: str, read: Callable[[Stored], _Read], item: Stored | None, faults: list[str]
) -> _Read | None:
    """What the object holds; None, and one more fault, if it is not what it should be."""
    if item is None:
        return None
    try:
        return read(item)
    except UnreadableRecordError as error:
        faults.append(f"the {record} {error}")
        return None


def _faults(record: str, versions: Sequence[Stored], retention: timedelta) -> list[str]:
    faults = [
        f"the {record} was deleted at {item.written_at:{_TIME}}" for item in versions if item.body is None
    ]
    written = [item for item in versions if item.body is not None]
    if len(written) > 1:
        faults.append(f"the {record} was written {len(written)} times")
    if any(item.locked_until is None for item in written):
        faults.append(f"the {record} {NO_LOCK}")
    faults += [
        f"the {record} is locked until {item.locked_until:%Y-%m-%d} only,"
        f" {retention.days} days are until {item.written_at + retention:%Y-%m-%d}"
        for item in written
        if item.locked_until and item.locked_until - item.written_at < retention - _LOCK_TOLERANCE
    ]
    return faults
