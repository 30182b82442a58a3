"""`rollcall history`: the ledger for people, and whether it is whole."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from rollcall.decide.intent import Answer, WriteState
from rollcall.events.actor import UNKNOWN
from rollcall.events.signal import Cause
from rollcall.model.contact import ContactKind
from rollcall.sweep.apply_account import SWEEP
from tests.cli.desk import PAYMENTS, assert_golden
from tests.support import samples
from tests.support.ledger_books import BUCKET, OPENED, UNCONFIRMED, Books

if TYPE_CHECKING:
    from tests.cli.world import World

#: The last minute of a year, and the first of the next.
NEW_YEAR = (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


@pytest.fixture
def books(world: World) -> Books:
    return Books(world)


def test_the_history_says_who_what_when_and_from_where(books: Books) -> None:
    books.write()
    books.write(5, kind=ContactKind.BILLING, answer=UNCONFIRMED)
    confirmed = books.write(10, kind=ContactKind.BILLING, answer=UNCONFIRMED)
    books.confirm(confirmed)
    result = books.world.run("history", PAYMENTS)
    assert result.exit_code == 0
    assert_golden("history.txt", result.stdout)


def test_a_sweep_comes_from_nowhere_and_an_unknown_address_is_told(books: Books) -> None:
    books.write(actor=SWEEP)
    found = books.world.run("history", PAYMENTS).stdout
    assert SWEEP.principal in found
    assert "unknown" not in found
    books.write(5, actor=replace(samples.INTENT.signal.actor, source_ip=UNKNOWN))
    assert "unknown" in books.world.run("history", PAYMENTS).stdout


def test_contacts_are_masked_unless_details_are_asked_for(books: Books) -> None:
    books.write()
    assert samples.FOUND.email not in books.world.run("history", PAYMENTS, "--json").stdout
    assert samples.FOUND.email in books.world.run("history", PAYMENTS, "--json", "--show-details").stdout


def test_one_kind_can_be_asked_for(books: Books) -> None:
    books.write()
    billing = books.write(5, kind=ContactKind.BILLING)
    result = books.world.run("history", PAYMENTS, "billing", "--json")
    assert [write["id"] for write in json.loads(result.stdout)["writes"]] == [billing.id]


def test_an_unknown_kind_is_refused(books: Books) -> None:
    result = books.world.run("history", PAYMENTS, "root")
    assert result.exit_code == 1
    assert "security, operations, billing or primary" in result.stderr


def test_an_account_without_writes_has_no_history(books: Books) -> None:
    text = f"Rollcall has not written to {PAYMENTS}, and knows of no edit.\n"
    assert books.world.run("history", PAYMENTS).stdout == text


def test_an_account_that_the_organization_does_not_have_is_an_error(books: Books) -> None:
    result = books.world.run("history", "999999999999")
    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        "error: account 999999999999 is not in the organization o-exampleorgid\nfix: check" in result.stderr
    )


def test_an_account_that_left_keeps_its_history(books: Books) -> None:
    books.write()
    del books.world.organization.accounts[PAYMENTS]
    result = books.world.run("history", PAYMENTS)
    assert (result.exit_code, result.stderr) == (0, "")


def test_an_arn_stays_whole_in_a_pipe(books: Books) -> None:
    books.write()
    assert (
        "  by        arn:aws:sts::222222222222:assumed-role/Dev/mary\n"
        in books.world.run("history", PAYMENTS).stdout
    )


def test_a_whole_ledger_is_verified(books: Books) -> None:
    intents = [books.write(), books.write(5)]
    assert books.verify() == (0, {intent.id: [] for intent in intents})


def test_an_intent_without_outcome_is_named(books: Books) -> None:
    lost = books.write(outcome=False)
    books.later(hours=14)
    assert books.verify() == (2, {lost.id: ["the intent has no outcome"]})


def test_an_intent_that_may_still_be_under_way_is_no_fault(books: Books) -> None:
    books.write(outcome=False)
    books.later(minutes=1)
    result = books.world.run("history", PAYMENTS, "--verify")
    assert result.exit_code == 0
    assert "1 write, 0 with errors, 0 not known, 1 in progress" in result.stdout


def test_the_call_of_a_primary_contact_is_looked_up_by_its_own_name(books: Books) -> None:
    books.write(kind=ContactKind.PRIMARY, answer=UNCONFIRMED)
    books.later(hours=25)
    result = books.world.run("history", PAYMENTS, "--verify")
    assert "AttributeValue=PutContactInformation" in result.stdout
    assert "AlternateContact" not in result.stdout.partition("lookup-events")[2]


def test_a_write_whose_answer_nobody_saw_is_listed_after_a_day_with_the_way_to_find_out(books: Books) -> None:
    intent = books.write(answer=UNCONFIRMED)
    books.later(hours=23)
    result = books.world.run("history", PAYMENTS, "--verify")
    assert "1 write, 0 with errors, 0 not known" in result.stdout
    assert "lookup-events" not in result.stdout
    books.later(hours=25)
    result = books.world.run("history", PAYMENTS, "--verify")
    assert result.exit_code == 0
    assert_golden("history-not-known.txt", result.stdout)
    document = json.loads(books.world.run("history", PAYMENTS, "--verify", "--json").stdout)
    assert intent.id in document["writes"][0]["lookup"]
    assert document["writes"][0]["state"] == "unconfirmed"
    # What becomes known later counts.
    books.confirm(intent)
    result = books.world.run("history", PAYMENTS, "--verify")
    assert "1 write, 0 with errors, 0 not known" in result.stdout
    assert books.verify() == (0, {intent.id: []})


def test_a_confirmation_says_by_what(books: Books) -> None:
    intent = books.write(answer=UNCONFIRMED)
    books.confirm(
        intent, Answer(state=WriteState.REFUSED, reason="CloudTrail's record e-1", request_id="r-2")
    )
    [write] = json.loads(books.world.run("history", PAYMENTS, "--json").stdout)["writes"]
    assert (write["state"], write["request_id"]) == ("unconfirmed", None)
    assert write["confirmation"] == {
        "state": "refused",
        "by": "CloudTrail",
        "reason": "CloudTrail's record e-1",
        "request_id": "r-2",
        "recorded_at": (intent.opened_at + timedelta(minutes=5)).isoformat(),
    }


def test_a_confirmation_that_was_removed_is_missed_by_the_state_table(books: Books) -> None:
    intent = books.write(answer=UNCONFIRMED)
    books.confirm(intent)
    books.purge(books.key(intent, "confirmation"))
    assert books.verify() == (
        2,
        {
            intent.id: [
                "the state table says written, the ledger unconfirmed: a record was removed or replaced"
            ]
        },
    )


def test_an_outcome_that_says_otherwise_than_the_state_table_is_named(books: Books) -> None:
    intent = books.write()
    refused = json.loads(
        books.s3.get_object(Bucket=BUCKET, Key=books.key(intent, "outcome"))["Body"].read()
    ) | {"state": "refused"}
    books.replace(intent, "outcome", refused)
    status, errors = books.verify()
    assert status == 2
    assert errors[intent.id][-1].startswith("the state table says written, the ledger refused")


@pytest.mark.parametrize("record", ["intent", "outcome"])
def test_a_deleted_object_is_named_and_still_read(books: Books, record: str) -> None:
    intent = books.write()
    books.s3.delete_object(Bucket=BUCKET, Key=books.key(intent, record))
    status, errors = books.verify()
    assert status == 2
    (error,) = errors[intent.id]
    assert error.startswith(f"the {record} was deleted at 20")
    text = books.world.run("history", PAYMENTS, "--verify").stdout
    assert error in text
    assert "mary" in text


def test_an_intent_that_was_purged_is_missed_by_its_outcome(books: Books) -> None:
    intent = books.write()
    books.purge(books.key(intent, "intent"))
    assert books.verify() == (2, {intent.id: ["the intent is missing"]})


def test_a_write_of_which_nothing_is_left_is_missed_by_the_state_table(books: Books) -> None:
    intent = books.write()
    for record in ("intent", "outcome"):
        books.purge(books.key(intent, record))
    status, errors = books.verify()
    assert status == 2
    assert errors[intent.id][0].startswith("all records were deleted")


def test_a_record_that_was_replaced_is_named_and_the_first_is_believed(books: Books) -> None:
    intent = books.write()
    forged: dict[str, Any] = intent.as_document() | {"roster_digest": "forged"}
    books.s3.put_object(Bucket=BUCKET, Key=books.key(intent, "intent"), Body=json.dumps(forged).encode())
    assert books.verify() == (2, {intent.id: ["the intent was written 2 times"]})


def test_an_object_without_a_lock_is_named(books: Books) -> None:
    books.s3.put_object_lock_configuration(
        Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )
    intent = books.write()
    assert books.verify() == (2, {intent.id: ["the intent has no lock", "the outcome has no lock"]})


def test_a_stack_that_is_not_there_is_said(world: World) -> None:
    world.deployed.outputs = None
    result = world.run("history", PAYMENTS)
    assert result.exit_code == 1
    assert "there is no stack RollcallHub" in result.stderr


def test_credentials_that_may_not_read_the_ledger_are_told_which_may(books: Books) -> None:
    refused: Any = {"Error": {"Code": "AccessDenied", "Message": "no"}}
    books.world.failures["s3"] = [ClientError(refused, "ListObjectVersions")]
    result = books.world.run("history", PAYMENTS)
    assert result.exit_code == 1
    assert "assume the role rollcall-reader" in result.stderr


@pytest.mark.parametrize("spelling", ["billing", "Billing", "BILLING"])
def test_a_kind_is_known_in_any_case(books: Books, spelling: str) -> None:
    books.write()
    billing = books.write(5, kind=ContactKind.BILLING)
    result = books.world.run("history", PAYMENTS, spelling, "--json")
    assert [write["id"] for write in json.loads(result.stdout)["writes"]] == [billing.id]


def test_an_account_without_writes_is_verified_and_says_so_to_scripts(books: Books) -> None:
    assert books.verify() == (0, {})


def test_writes_on_both_sides_of_a_year_stand_in_their_order(books: Books) -> None:
    minutes = [int((at - OPENED).total_seconds() // 60) for at in NEW_YEAR]
    later, earlier = (books.write(each) for each in reversed(minutes))
    status, errors = books.verify()
    assert (status, list(errors)) == (0, [earlier.id, later.id])


def test_more_records_than_one_page_of_s3_are_all_read(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "5")  # of S3 itself 1,000: the pages are as real
    intents = [books.write(minute) for minute in range(8)]
    books.s3.delete_object(Bucket=BUCKET, Key=books.key(intents[3], "outcome"))
    status, errors = books.verify()
    assert (status, list(errors)) == (2, [intent.id for intent in intents])
    assert [bool(errors[intent.id]) for intent in intents] == [False] * 3 + [True] + [False] * 4


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_lock_of_either_mode_is_a_lock(books: Books, mode: str) -> None:
    intent = books.write()
    books.lock(intent, mode=mode, days=400)
    assert books.verify() == (0, {intent.id: []})


def test_a_lock_that_was_shortened_is_named_with_both_dates(books: Books) -> None:
    intent = books.write()
    until = books.lock(intent, mode="GOVERNANCE", days=30)
    status, errors = books.verify()
    assert status == 2
    (error,) = errors[intent.id]
    assert error.startswith(f"the intent is locked until {until:%Y-%m-%d}")
    assert "365 days are until" in error


@pytest.mark.parametrize(
    ("record", "body"),
    [
        ("intent", b""),
        ("intent", b'{"id": '),
        ("intent", b"\xff\xfe"),
        ("intent", b"[]"),
        ("intent", b"{}"),
        ("intent", b"[" * 100_000),
        ("outcome", b'"set"'),
        ("outcome", b'{"state": "set"}'),
        ("confirmation", b'{"state": "unconfirmed", "by": "CloudTrail", "reason": "", "intent_id": ""}'),
        ("confirmation", b"{}"),
    ],
)
def test_a_record_that_cannot_be_read_is_named_and_the_others_are_shown(
    books: Books, record: str, body: bytes
) -> None:
    broken, whole = books.write(), books.write(5)
    key = books.key(broken, record)
    books.purge(key)
    books.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    status, errors = books.verify()
    assert status == 2
    assert f"the {record} cannot be read: it has not the form that Rollcall writes" in errors[broken.id]
    assert errors[whole.id] == []
    assert books.world.run("history", PAYMENTS).exit_code == 0


def test_an_intent_whose_values_are_no_texts_is_named_and_not_shown(books: Books) -> None:
    intent = books.write()
    values: dict[str, Any] = {"name": 5, "title": None, "email": [], "phone": {}}
    forged = intent.as_document() | {"found": {"state": "present", "contact": values}}
    books.replace(intent, "intent", forged)
    assert (
        "the intent cannot be read: it has not the form that Rollcall writes" in books.verify()[1][intent.id]
    )


def test_a_record_of_another_write_is_no_record_of_this_one(books: Books) -> None:
    one, other = books.write(), books.write(5)
    books.replace(one, "intent", other.as_document())
    status, errors = books.verify()
    assert (status, errors[other.id]) == (2, [])
    assert "the intent belongs to another write" in errors[one.id]


def test_an_object_that_is_no_record_is_named_by_its_key(books: Books) -> None:
    intent = books.write()
    key = f"ledger/{PAYMENTS}/\u202ereadme.txt"
    books.s3.put_object(Bucket=BUCKET, Key=key, Body=b"hello")
    status, errors = books.verify()
    assert (status, errors[intent.id]) == (2, [])
    assert errors[key][0].startswith("this object is not a record of Rollcall")
    assert "\u202e" not in books.world.run("history", PAYMENTS, "--verify").stdout


def test_without_verify_a_faulty_record_is_said_and_not_an_error(books: Books) -> None:
    intent = books.write()
    books.purge(books.key(intent, "intent"))
    result = books.world.run("history", PAYMENTS)
    assert result.exit_code == 0
    assert "1 record with errors: --verify names them" in result.stdout
    assert "  written\n" in result.stdout


def test_where_no_lock_is_shown_at_all_the_permission_is_named(books: Books) -> None:
    books.s3.put_object_lock_configuration(
        Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )
    books.write()
    assert "s3:GetObjectRetention" in books.world.run("history", PAYMENTS, "--verify").stdout


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NoSuchBucket", "the bucket of the ledger, rollcall-ledger, does not exist"),
        ("InvalidObjectState", "AWS answered ListObjectVersions with InvalidObjectState"),
    ],
)
def test_a_ledger_that_cannot_be_read_says_which_and_what_to_do(books: Books, code: str, words: str) -> None:
    answer: Any = {"Error": {"Code": code, "Message": "no"}}
    books.world.failures["s3"] = [ClientError(answer, "ListObjectVersions")]
    result = books.world.run("history", PAYMENTS)
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert "fix: " in result.stderr


def test_a_write_has_the_time_of_its_event_as_the_alert_has_and_the_word_for_its_end(books: Books) -> None:
    books.write()
    swept = books.write(5, cause=Cause.SWEPT, actor=SWEEP)
    found = json.loads(books.world.run("history", PAYMENTS, "--json").stdout)["writes"]
    assert [write["at"] for write in found] == ["2026-10-05T09:29:55+00:00", swept.opened_at.isoformat()]
    assert [write["opened_at"] for write in found] == [
        "2026-10-05T09:30:00+00:00",
        swept.opened_at.isoformat(),
    ]
    shown = books.world.run("history", PAYMENTS).stdout
    assert "2026-10-05 09:29:55Z  security  restored\n" in shown
    assert "Z  security  set\n" in shown
