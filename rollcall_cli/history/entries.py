"""Writes as the ledger records them: intent, outcome, confirmation, and what is wrong with the records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from rollcall.decide.intent import WriteState
from rollcall.model.contact import ContactKind
from rollcall.model.desired import DesiredAbsent
from rollcall.model.well_known import INTENT_PRODUCT
from rollcall_cli.history.records import RECORDS, UnreadableRecordError, parse_intent, parse_outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from rollcall.decide.intent import Intent
    from rollcall_cli.history.records import StoredVersion

_Read = TypeVar("_Read")
#: As long as the intake queue retries a message: 60 receives take about 12.8 hours.
FINISHING: Final = timedelta(hours=13)
#: An event that CloudTrail delivers late confirms its write within this time.
CONFIRMING: Final = timedelta(hours=24)
#: The call is made so long after its intent at the most, by clocks that differ little.
_LOOKUP: Final = timedelta(minutes=15)
#: S3 counts days from the second of the write; one day covers clocks and leap days.
_LOCK_TOLERANCE: Final = timedelta(days=1)
#: S3's clocks agree to a second or so, and no outcome is written sooner than its intent.
_ORDER_TOLERANCE: Final = timedelta(minutes=1)
NO_LOCK: Final = "has no lock"
_TIME: Final = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerContext:
    """What the records are compared with."""

    #: Writes that ended according to the state table, and how.
    known: Mapping[str, WriteState]
    #: How long an object must be locked from its write on.
    retention: timedelta
    now: datetime
    #: Region of the hub.
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One intent with its outcome, and what became known of it later."""

    id: str
    #: None if its record is missing or unreadable.
    intent: Intent | None
    #: None if there is none yet, or it is missing or unreadable.
    outcome: Mapping[str, Any] | None
    #: Only of an unconfirmed write that was confirmed.
    confirmation: Mapping[str, Any] | None = None
    #: The command that shows whether the write was made, if nothing else will: None otherwise.
    lookup: str | None = None
    #: What is wrong with the records, without contact details.
    errors: tuple[str, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether the write can still be in progress."""
        return self.intent is not None and self.outcome is None and not self.errors

    @property
    def state(self) -> str | None:
        """How the write ended as far as is known, None if it did not or that record cannot be read."""
        known = self.confirmation or self.outcome
        return str(known["state"]) if known else None


def build_entries(stored: Iterable[StoredVersion], book: LedgerContext) -> Sequence[LedgerEntry]:
    """Return all writes, the oldest first.

    A deleted object is read if S3 still has the version beneath the delete marker. A foreign object among the
    records becomes an entry with its key and an error.
    """
    by_intent: dict[str, list[StoredVersion]] = {intent_id: [] for intent_id in book.known}
    strange: dict[str, LedgerEntry] = {}
    for item in stored:
        if item.intent_id is not None:
            by_intent.setdefault(item.intent_id, []).append(item)
        else:
            error = "this object is not a record of Rollcall: another identity can write to the ledger"
            strange[item.key] = LedgerEntry(id=item.key, intent=None, outcome=None, errors=(error,))
    writes = [_build_entry(intent_id, versions, book) for intent_id, versions in sorted(by_intent.items())]
    return [*writes, *(strange[key] for key in sorted(strange))]


def _build_entry(intent_id: str, versions: Sequence[StoredVersion], book: LedgerContext) -> LedgerEntry:
    first: dict[str, StoredVersion] = {}
    errors: list[str] = []
    for record in RECORDS:
        mine = sorted((item for item in versions if item.record == record), key=lambda item: item.written_at)
        errors += _find_errors(record, mine, book.retention)
        written = [item for item in mine if item.body is not None]
        if written:
            first[record] = written[0]  # the first is genuine: Rollcall never writes a second
    intent, outcome, confirmation = (first.get(record) for record in RECORDS)
    if not versions:
        errors.append("all records were deleted: the state table has the write, the ledger does not")
    elif intent is None:
        errors.append("the intent is missing")
    elif outcome is None:
        if confirmation is not None:
            errors.append("the outcome is missing")
        elif book.now - intent.written_at > FINISHING:
            errors.append("the intent has no outcome")
    elif intent.written_at - outcome.written_at > _ORDER_TOLERANCE:
        errors.append(
            f"the intent was written after its outcome, at {intent.written_at:{_TIME}}:"
            " the original record was removed"
        )
    entry = LedgerEntry(
        id=intent_id,
        intent=_read("intent", parse_intent, intent, errors),
        outcome=_read("outcome", parse_outcome, outcome, errors),
        confirmation=_read("confirmation", parse_outcome, confirmation, errors),
    )
    errors += _compare_states(entry, book.known.get(intent_id))
    unconfirmed = entry.state == WriteState.UNCONFIRMED and confirmation is None
    if entry.intent and outcome and unconfirmed and book.now - outcome.written_at > CONFIRMING:
        entry = replace(entry, lookup=_write_lookup(entry.intent, book.region))
    return replace(entry, errors=tuple(errors))


def _compare_states(entry: LedgerEntry, known: WriteState | None) -> Iterator[str]:
    """Yield where outcome, confirmation and state table contradict each other."""
    if entry.confirmation and entry.outcome and entry.outcome["state"] != WriteState.UNCONFIRMED:
        yield f"the write was known as {entry.outcome['state']}, and was confirmed all the same"
    # The ledger is written first, so that it may know more.
    if known not in (None, WriteState.UNCONFIRMED) and entry.state not in (None, known):
        yield f"the state table says {known}, the ledger {entry.state}: a record was removed or replaced"


def _write_lookup(intent: Intent, region: str) -> str:
    """Return the command that finds the call of this intent: its user agent names it."""
    name = "DeleteAlternateContact" if isinstance(intent.wanted, DesiredAbsent) else "PutAlternateContact"
    if intent.kind is ContactKind.PRIMARY:
        name = "PutContactInformation"
    start, end = (intent.opened_at + wait for wait in (-_LOOKUP, _LOOKUP))
    query = f"Events[?contains(CloudTrailEvent, '{INTENT_PRODUCT}/{intent.id}')].CloudTrailEvent"
    return (
        f"aws cloudtrail lookup-events --region {region}"
        f" --lookup-attributes AttributeKey=EventName,AttributeValue={name}"
        f" --start-time {start:%Y-%m-%dT%H:%M:%SZ} --end-time {end:%Y-%m-%dT%H:%M:%SZ}"
        f' --query "{query}" --output text'
    )


def _read(
    record: str, read: Callable[[StoredVersion], _Read], item: StoredVersion | None, errors: list[str]
) -> _Read | None:
    """Return the content of the object; None, with an error added, if it is invalid."""
    if item is None:
        return None
    try:
        return read(item)
    except UnreadableRecordError as error:
        errors.append(f"the {record} {error}")
        return None


def _find_errors(record: str, versions: Sequence[StoredVersion], retention: timedelta) -> list[str]:
    errors = [
        f"the {record} was deleted at {item.written_at:{_TIME}}" for item in versions if item.body is None
    ]
    written = [item for item in versions if item.body is not None]
    if len(written) > 1:
        errors.append(f"the {record} was written {len(written)} times")
    if any(item.locked_until is None for item in written):
        errors.append(f"the {record} {NO_LOCK}")
    errors += [
        f"the {record} is locked until {item.locked_until:%Y-%m-%d} only,"
        f" {retention.days} days are until {item.written_at + retention:%Y-%m-%d}"
        for item in written
        if item.locked_until and item.locked_until - item.written_at < retention - _LOCK_TOLERANCE
    ]
    return errors
