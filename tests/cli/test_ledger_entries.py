"""What is wrong with a record, told from its versions alone: by when they were written and locked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.outcomes.documents import build_ledger_document
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict
from rollcall_cli.history.entries import FINISHING, LedgerContext, LedgerEntry, build_entries
from rollcall_cli.history.records import StoredVersion
from tests.support.samples import INTENT

AT = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)
YEAR = timedelta(days=365)
ENDED = Outcome(
    verdict=Verdict.SET, reason="set as the roster wants it", kind=INTENT.kind, intent_id=INTENT.id
)
BODIES = {
    "intent": json.dumps(INTENT.as_document()).encode(),
    "outcome": json.dumps(build_ledger_document(ENDED, AT)).encode(),
}


def version(
    record: str, *, after: timedelta = timedelta(0), locked: timedelta | None = YEAR, deletes: bool = False
) -> StoredVersion:
    written_at = AT + after
    return StoredVersion(
        key=f"ledger/{INTENT.signal.account_id}/2026/10/05/{INTENT.id}/{record}.json",
        version=f"{record}-{after}",
        written_at=written_at,
        body=None if deletes else BODIES[record],
        locked_until=None if locked is None or deletes else written_at + locked,
    )


def read(
    *versions: StoredVersion, now: datetime = AT + timedelta(days=1), known: tuple[str, ...] = ()
) -> LedgerEntry:
    (entry,) = build_entries(versions, LedgerContext(known=known, retention=YEAR, now=now))
    return entry


def test_a_whole_write_has_no_fault() -> None:
    entry = read(version("intent"), version("outcome", after=timedelta(seconds=1)), known=(INTENT.id,))
    assert entry.errors == ()
    assert entry.intent == INTENT
    assert entry.outcome is not None
    assert entry.outcome["verdict"] == "set"


def test_an_outcome_without_an_intent_says_what_it_has() -> None:
    entry = read(version("outcome"))
    assert (entry.errors, entry.intent) == (("the intent is missing",), None)
    assert entry.outcome is not None


def test_two_outcomes_are_named_and_the_first_is_believed() -> None:
    second = replace(version("outcome", after=timedelta(hours=1)), body=b"{}")
    entry = read(second, version("intent"), version("outcome"))
    assert entry.errors == ("the outcome was written 2 times",)
    assert entry.outcome is not None


@pytest.mark.parametrize("days", ["2026/10/06", "2027/01/01"])
def test_a_second_outcome_on_another_day_is_a_second_one(days: str) -> None:
    other = version("outcome", after=timedelta(hours=1))
    entry = read(
        version("intent"), version("outcome"), replace(other, key=other.key.replace("2026/10/05", days))
    )
    assert entry.errors == ("the outcome was written 2 times",)


def test_a_deleted_record_whose_versions_were_purged_is_missing_too() -> None:
    entry = read(version("intent", deletes=True), version("outcome"))
    assert entry.errors == ("the intent was deleted at 2026-10-05 09:30:00 UTC", "the intent is missing")


def test_an_intent_that_was_put_back_after_its_outcome_is_named() -> None:
    entry = read(version("outcome"), version("intent", after=timedelta(hours=2)))
    (error,) = entry.errors
    assert error.startswith("the intent was written after its outcome, at 2026-10-05 11:30:00 UTC: ")
    assert error.endswith("the original record was removed")


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_clocks_that_differ_by_seconds_are_no_fault(seconds: int) -> None:
    assert read(version("intent"), version("outcome", after=timedelta(seconds=seconds))).errors == ()


@pytest.mark.parametrize(("late", "errors"), [(0, ()), (1, ("the intent has no outcome",))])
def test_an_outcome_is_waited_for_as_long_as_a_message_is_tried(late: int, errors: tuple[str, ...]) -> None:
    entry = read(version("intent"), now=AT + FINISHING + timedelta(seconds=late))
    assert (entry.errors, entry.pending) == (errors, not errors)


def test_a_clock_of_the_reader_that_is_behind_makes_no_fault() -> None:
    assert read(version("intent"), now=AT - timedelta(hours=5)).pending


@pytest.mark.parametrize(
    ("locked", "errors"),
    [
        (YEAR, ()),
        (YEAR * 3, ()),
        (YEAR - timedelta(hours=12), ()),
        (None, ("the intent has no lock",)),
        (
            timedelta(days=7),
            ("the intent is locked until 2026-10-12 only, 365 days are until 2027-10-05",),
        ),
        (
            timedelta(days=-1),
            ("the intent is locked until 2026-10-04 only, 365 days are until 2027-10-05",),
        ),
    ],
)
def test_a_lock_is_as_long_as_the_setting_says(locked: timedelta | None, errors: tuple[str, ...]) -> None:
    assert read(version("intent", locked=locked), version("outcome")).errors == errors


def test_a_lock_that_ended_in_its_time_is_no_fault() -> None:
    assert read(version("intent"), version("outcome"), now=AT + YEAR * 2).errors == ()


def test_errors_hold_no_contact_details() -> None:
    broken = replace(version("intent"), body=BODIES["intent"].replace(b'"id"', b'"no"', 1))
    said = " ".join(read(broken, version("outcome")).errors)
    assert "cannot be read" in said
    assert "@" not in said
