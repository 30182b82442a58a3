"""What is wrong with a record, told from its versions alone: by when they were written and locked."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.decide.intent import WriteState
from rollcall.model.desired import DesiredAbsent
from rollcall_cli.history.entries import CONFIRMING, FINISHING, LedgerContext, LedgerEntry, build_entries
from rollcall_cli.history.records import StoredVersion
from tests.support.samples import INTENT

AT = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)
YEAR = timedelta(days=365)
ENDED = {
    "intent_id": INTENT.id,
    "state": "written",
    "reason": "set the contact of the roster",
    "request_id": "r-1",
}
UNCONFIRMED = ENDED | {"state": "unconfirmed", "request_id": None}
BODIES = {
    "intent": json.dumps(INTENT.as_document()).encode(),
    "outcome": json.dumps(ENDED).encode(),
    "confirmation": json.dumps(ENDED | {"by": "CloudTrail"}).encode(),
}


def version(
    record: str,
    *,
    after: timedelta = timedelta(0),
    locked: timedelta | None = YEAR,
    deletes: bool = False,
    body: dict[str, Any] | None = None,
) -> StoredVersion:
    written_at = AT + after
    return StoredVersion(
        key=f"ledger/{INTENT.signal.account_id}/2026/10/05/{INTENT.id}/{record}.json",
        version=f"{record}-{after}",
        written_at=written_at,
        body=None if deletes else json.dumps(body).encode() if body else BODIES[record],
        locked_until=None if locked is None or deletes else written_at + locked,
    )


def read(
    *versions: StoredVersion, now: datetime = AT + timedelta(days=1), known: WriteState | None = None
) -> LedgerEntry:
    writes = {INTENT.id: known} if known else {}
    book = LedgerContext(known=writes, retention=YEAR, now=now, region="eu-north-1")
    (entry,) = build_entries(versions, book)
    return entry


def test_a_whole_write_has_no_fault() -> None:
    entry = read(version("intent"), version("outcome", after=timedelta(seconds=1)), known=WriteState.WRITTEN)
    assert entry.errors == ()
    assert entry.intent == replace(INTENT, until=INTENT.opened_at)
    assert entry.state == "written"


UNSEEN = version("outcome", body=UNCONFIRMED)


@pytest.mark.parametrize("late", [0, 1])
def test_what_nobody_saw_the_answer_of_is_not_known_after_a_day(late: int) -> None:
    entry = read(version("intent"), UNSEEN, now=AT + CONFIRMING + timedelta(seconds=late))
    assert (entry.errors, entry.state, entry.pending) == ((), "unconfirmed", False)
    assert (entry.lookup is not None) == bool(late)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [(INTENT.wanted, "PutAlternateContact"), (DesiredAbsent(source="absent"), "DeleteAlternateContact")],
    ids=["put", "delete"],
)
def test_the_call_is_looked_up_by_name_time_and_the_intent_in_its_user_agent(wanted: Any, name: str) -> None:
    body = replace(INTENT, wanted=wanted).as_document()
    entry = read(version("intent", body=body), UNSEEN, now=AT + CONFIRMING * 2)
    assert entry.lookup is not None
    words = shlex.split(entry.lookup)
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert words[:3] == ["aws", "cloudtrail", "lookup-events"]
    assert options == {
        "--region": "eu-north-1",
        "--lookup-attributes": f"AttributeKey=EventName,AttributeValue={name}",
        "--start-time": "2026-10-05T09:15:00Z",
        "--end-time": "2026-10-05T09:45:00Z",
        "--query": f"Events[?contains(CloudTrailEvent, 'rollcall-intent/{INTENT.id}')].CloudTrailEvent",
        "--output": "text",
    }


def test_a_confirmation_is_the_last_word() -> None:
    for known in (WriteState.WRITTEN, WriteState.UNCONFIRMED):
        entry = read(version("intent"), UNSEEN, version("confirmation"), now=AT + CONFIRMING * 2, known=known)
        assert (entry.errors, entry.state, entry.lookup) == ((), "written", None)


def test_a_confirmation_of_what_was_known_is_named() -> None:
    entry = read(version("intent"), version("outcome"), version("confirmation"))
    assert entry.errors == ("the write was known as written, and was confirmed all the same",)


def test_a_confirmation_without_an_outcome_misses_it() -> None:
    entry = read(version("intent"), version("confirmation"))
    assert entry.errors == ("the outcome is missing",)


@pytest.mark.parametrize("known", list(WriteState))
@pytest.mark.parametrize("body", [ENDED, UNCONFIRMED], ids=["written", "unconfirmed"])
def test_the_ledger_says_no_less_than_the_state_table(known: WriteState, body: dict[str, Any]) -> None:
    entry = read(version("intent"), version("outcome", body=body), known=known)
    agrees = known is WriteState.UNCONFIRMED or str(known) == body["state"]
    assert (entry.errors == ()) == agrees


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
