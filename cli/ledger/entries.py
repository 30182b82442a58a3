"""One write as the ledger tells it: the intent, the outcome, and what is wrong with either record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rollcall.intents import Intent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

RECORDS = ("intent", "outcome")
#: As long as the intake queue tries a message: 20 receives take some two and three quarter hours.
FINISHING = timedelta(hours=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One version of one object. `document` is None where the version is the mark of a deletion.

    `locked_until` is when its Object Lock ends, None if it has none.
    """

    key: str
    version: str
    written_at: datetime
    document: Mapping[str, Any] | None = field(repr=False)
    locked_until: datetime | None = None

    @property
    def intent_id(self) -> str:
        """The intent that it belongs to."""
        return self.key.split("/")[-2]

    @property
    def record(self) -> str:
        """`intent` or `outcome`."""
        return self.key.rpartition("/")[2].removesuffix(".json")


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


def entries(stored: Iterable[Stored], *, known: Collection[str], now: datetime) -> Sequence[Entry]:
    """All writes, the oldest first. `known` are intents that the state table knows to have been carried out.

    An object that was deleted is read all the same where S3 still has the version beneath the mark.
    """
    by_intent: dict[str, list[Stored]] = {intent_id: [] for intent_id in known}
    for item in stored:
        by_intent.setdefault(item.intent_id, []).append(item)
    return [_entry(intent_id, versions, now) for intent_id, versions in sorted(by_intent.items())]


def _entry(intent_id: str, versions: Sequence[Stored], now: datetime) -> Entry:
    found: dict[str, Stored] = {}
    faults: list[str] = []
    for record in RECORDS:
        mine = sorted((item for item in versions if item.record == record), key=lambda item: item.written_at)
        faults += _faults(record, mine)
        written = [item for item in mine if item.document is not None]
        if written:
            found[record] = written[0]  # the first is the true one: nothing writes a second
    if not versions:
        faults.append("deleted without a trace: the state table knows of the write, the ledger does not")
    elif "intent" not in found:
        faults.append("the intent is missing")
    if "intent" in found and "outcome" not in found and now - found["intent"].written_at > FINISHING:
        faults.append("the intent has no outcome")
    return Entry(
        id=intent_id,
        intent=Intent.from_document(_document(found["intent"])) if "intent" in found else None,
        outcome=_document(found["outcome"]) if "outcome" in found else None,
        faults=tuple(faults),
    )


def _faults(record: str, versions: Sequence[Stored]) -> list[str]:
    faults = [
        f"the {record} was deleted at {item.written_at:%Y-%m-%d %H:%M:%S} UTC"
        for item in versions
        if item.document is None
    ]
    written = [item for item in versions if item.document is not None]
    if len(written) > 1:
        faults.append(f"the {record} was written {len(written)} times")
    if any(item.locked_until is None for item in written):
        faults.append(f"the {record} has no lock")
    return faults


def _document(item: Stored) -> Mapping[str, Any]:
    assert item.document is not None  # noqa: S101  # marks of deletions are never chosen
    return item.document
