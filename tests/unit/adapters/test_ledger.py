"""The ledger: written once, kept by Object Lock."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from rollcall.adapters.ledger import LedgerBucket, read_intent
from rollcall.decide.intent import Answer, WriteState
from rollcall.model.contact import ContactKind
from rollcall.model.desired import DesiredAbsent
from rollcall.model.errors import RecordRefusedError, RetryableError
from tests.support.samples import (
    FOUND,
    INTENT,
    MEMBER,
    NOW,
    WANTED,
    Refusing,
    another,
    client_error,
    leaks,
)

BUCKET = "rollcall-ledger"
BILLING = ContactKind.BILLING
WRITTEN = Answer(state=WriteState.WRITTEN, reason="set the contact of the roster", request_id="request-1")
UNCONFIRMED = Answer(state=WriteState.UNCONFIRMED, reason="no answer")
FOLDER = f"ledger/{MEMBER}/2026/10/05/{INTENT.id}"


@pytest.fixture
def ledger(s3):
    return LedgerBucket(client=s3, bucket=BUCKET)


@pytest.fixture
def objects(s3):
    """All objects with all their versions, read as JSON."""

    def read():
        versions = s3.list_object_versions(Bucket=BUCKET).get("Versions", [])
        found: dict[str, Any] = {}
        for version in versions:
            answer = s3.get_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
            found.setdefault(version["Key"], []).append(json.load(answer["Body"]))
        return found

    return read


def test_an_intent_is_recorded_in_full_before_anything_is_written(ledger, objects):
    ledger.record_intent(INTENT)
    assert list(objects()) == [f"{FOLDER}/intent.json"]
    [document] = objects()[f"{FOLDER}/intent.json"]
    assert read_intent(document) == replace(INTENT, until=INTENT.opened_at)
    assert document["found"] == {"state": "present", "contact": FOUND.as_document()}
    assert document["wanted"]["contact"] == WANTED.as_document()


def test_an_outcome_stands_beside_its_intent_without_contact_details(ledger, objects):
    ledger.record_intent(INTENT)
    assert ledger.record_outcome(INTENT, WRITTEN, NOW) == WRITTEN
    assert sorted(objects()) == [f"{FOLDER}/intent.json", f"{FOLDER}/outcome.json"]
    [document] = objects()[f"{FOLDER}/outcome.json"]
    assert document == {
        "version": 1,
        "intent_id": INTENT.id,
        "state": "written",
        "reason": "set the contact of the roster",
        "request_id": "request-1",
        "recorded_at": NOW.isoformat(),
    }
    assert not leaks(json.dumps(document))


def test_what_the_worker_knew_of_its_time_and_end_is_no_part_of_the_record(ledger, objects):
    """A worker that finishes what another began records the same intent, released and answered or not."""
    released = replace(INTENT, until=NOW)
    ledger.record_intent(released)
    before = objects()
    ledger.record_intent(INTENT)
    assert objects() == before
    [document] = before[f"{FOLDER}/intent.json"]
    assert "until" not in document
    assert ledger.load_intent(MEMBER, INTENT.id) == replace(INTENT, until=INTENT.opened_at)


def test_another_intent_under_this_id_is_refused_and_not_taken(ledger, objects):
    ledger.record_intent(INTENT)
    before = objects()
    for other in (
        replace(INTENT, wanted=DesiredAbsent(source="absent (defaults)")),
        replace(INTENT, kind=BILLING),
    ):
        with pytest.raises(RecordRefusedError, match="another intent"):
            ledger.record_intent(other)
    assert objects() == before


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"\xff", b"[]", b"{}", b"null", b'{"state": "lost", "reason": "", "request_id": null}'],
)
def test_what_no_function_of_ours_wrote_is_refused_and_no_crash(ledger, s3, body):
    for name in ("intent", "outcome", "confirmation"):
        s3.put_object(Bucket=BUCKET, Key=f"{FOLDER}/{name}.json", Body=body)
    with pytest.raises(RecordRefusedError):
        ledger.record_intent(INTENT)
    with pytest.raises(RecordRefusedError):
        ledger.load_intent(MEMBER, INTENT.id)
    with pytest.raises(RecordRefusedError):
        ledger.record_outcome(INTENT, WRITTEN, NOW)
    with pytest.raises(RecordRefusedError):
        ledger.record_confirmation(MEMBER, INTENT.id, WRITTEN, by="CloudTrail", at=NOW)


def test_another_intent_in_its_place_is_not_taken_for_it(ledger, s3):
    other = replace(INTENT, id=INTENT.id[:-1] + ("0" if INTENT.id[-1] != "0" else "1"))
    ledger.record_intent(other)
    theirs = s3.get_object(Bucket=BUCKET, Key=f"{FOLDER[:-1]}{other.id[-1]}/intent.json")["Body"].read()
    s3.put_object(Bucket=BUCKET, Key=f"{FOLDER}/intent.json", Body=theirs)
    with pytest.raises(RecordRefusedError, match="something else"):
        ledger.load_intent(MEMBER, INTENT.id)


@pytest.mark.parametrize("late", list(WriteState))
@pytest.mark.parametrize("first", list(WriteState))
def test_the_first_outcome_is_final_and_everybody_is_given_it(ledger, objects, first, late):
    known = Answer(state=first, reason="first", request_id="request-1")
    assert ledger.record_outcome(INTENT, known, NOW) == known
    before = objects()
    answer = Answer(state=late, reason="late", request_id="request-2")
    assert ledger.record_outcome(INTENT, answer, NOW + timedelta(minutes=5)) == known
    assert objects() == before
    assert ledger.find_answer(MEMBER, INTENT.id) == known


def test_a_confirmation_says_what_became_known_and_by_what(ledger, objects):
    ledger.record_outcome(INTENT, UNCONFIRMED, NOW)
    assert ledger.find_answer(MEMBER, INTENT.id) == UNCONFIRMED
    later = NOW + timedelta(minutes=5)
    ledger.record_confirmation(MEMBER, INTENT.id, WRITTEN, by="CloudTrail", at=later)
    assert sorted(objects()) == [f"{FOLDER}/confirmation.json", f"{FOLDER}/outcome.json"]
    [document] = objects()[f"{FOLDER}/confirmation.json"]
    assert document == {
        "version": 1,
        "intent_id": INTENT.id,
        "state": "written",
        "reason": "set the contact of the roster",
        "request_id": "request-1",
        "by": "CloudTrail",
        "recorded_at": later.isoformat(),
    }
    assert ledger.find_answer(MEMBER, INTENT.id) == WRITTEN


def test_a_second_confirmation_changes_nothing_and_may_not_say_otherwise(ledger, objects):
    ledger.record_confirmation(MEMBER, INTENT.id, WRITTEN, by="CloudTrail", at=NOW)
    before = objects()
    ledger.record_confirmation(MEMBER, INTENT.id, WRITTEN, by="a late answer", at=NOW + timedelta(minutes=5))
    refused = replace(WRITTEN, state=WriteState.REFUSED)
    with pytest.raises(RecordRefusedError, match="another confirmation"):
        ledger.record_confirmation(MEMBER, INTENT.id, refused, by="CloudTrail", at=NOW)
    assert objects() == before


def test_of_an_intent_that_was_never_ours_nothing_is_known(ledger):
    ledger.record_intent(INTENT)
    ledger.record_outcome(another(), WRITTEN, NOW)
    assert ledger.find_answer(MEMBER, INTENT.id) is None
    assert ledger.find_answer("444455556666", another().id) is None
    assert ledger.find_answer(MEMBER, another().id) == WRITTEN


def test_the_day_in_an_intents_id_names_its_folder_whenever_it_ends(ledger, objects):
    late = replace(INTENT, id="20261231T235959Z-1f2e3d4c5b6a")
    folder = f"ledger/{MEMBER}/2026/12/31/{late.id}"
    after = datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)
    ledger.record_intent(late)
    ledger.record_outcome(late, UNCONFIRMED, after)
    ledger.record_confirmation(MEMBER, late.id, WRITTEN, by="CloudTrail", at=after)
    names = ("confirmation", "intent", "outcome")
    assert sorted(objects()) == [f"{folder}/{name}.json" for name in names]


def test_the_bucket_retains_what_is_recorded(ledger, s3):
    ledger.record_intent(INTENT)
    key = f"{FOLDER}/intent.json"
    head = s3.head_object(Bucket=BUCKET, Key=key)
    kept = head["ObjectLockRetainUntilDate"] - datetime.now(UTC)
    assert head["ObjectLockMode"] == "GOVERNANCE"
    assert timedelta(days=364) < kept <= timedelta(days=366)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=BUCKET, Key=key, VersionId=head["VersionId"])


def test_records_are_json_for_those_who_read_them(ledger, s3):
    ledger.record_intent(INTENT)
    assert s3.head_object(Bucket=BUCKET, Key=f"{FOLDER}/intent.json")["ContentType"] == "application/json"


def test_a_missing_bucket_refuses_the_record(aws):
    ledger = LedgerBucket(client=aws["s3"], bucket="no-such-bucket")
    with pytest.raises(RecordRefusedError, match="NoSuchBucket"):
        ledger.record_intent(INTENT)


ERRORS = [
    client_error("AccessDenied", 403, message=f"not for {FOUND.email}"),
    client_error("ConditionalRequestConflict", 409),
    client_error("SlowDown", 503),
    client_error("KMS.DisabledException"),
    ConnectTimeoutError(endpoint_url="https://s3.us-east-1.amazonaws.com"),
]
RECORDS = {
    "intent": lambda ledger: ledger.record_intent(INTENT),
    "outcome": lambda ledger: ledger.record_outcome(INTENT, WRITTEN, NOW),
    "confirmation": lambda ledger: ledger.record_confirmation(
        MEMBER, INTENT.id, WRITTEN, by="CloudTrail", at=NOW
    ),
}
each_record = pytest.mark.parametrize("record", RECORDS.values(), ids=list(RECORDS))


@pytest.mark.parametrize("error", ERRORS, ids=str)
@each_record
def test_a_refusal_is_raised_without_contact_details(record, error):
    ledger = LedgerBucket(client=Refusing({"put_object": error}), bucket=BUCKET)
    with pytest.raises(RecordRefusedError, match="the ledger refused the record") as caught:
        record(ledger)
    assert caught.value.__suppress_context__
    assert not leaks(str(caught.value))


@pytest.mark.parametrize("error", ERRORS, ids=str)
@each_record
def test_a_record_that_exists_already_and_cannot_be_read_is_refused(record, error):
    """Nothing is taken for recorded that was not compared."""
    exists = client_error("PreconditionFailed", 412)
    ledger = LedgerBucket(client=Refusing({"put_object": exists, "get_object": error}), bucket=BUCKET)
    with pytest.raises(RecordRefusedError, match="the ledger") as caught:
        record(ledger)
    assert caught.value.__suppress_context__
    assert not leaks(str(caught.value))


def test_what_is_not_there_is_none_and_what_is_denied_is_not_known():
    ledger = LedgerBucket(client=Refusing({"get_object": client_error("NoSuchKey")}), bucket=BUCKET)
    assert ledger.find_answer(MEMBER, INTENT.id) is None
    assert ledger.load_intent(MEMBER, INTENT.id) is None
    denied = LedgerBucket(client=Refusing({"get_object": client_error("AccessDenied")}), bucket=BUCKET)
    with pytest.raises(RetryableError):
        denied.load_intent(MEMBER, INTENT.id)


@pytest.mark.parametrize(
    "error",
    [
        client_error("SlowDown", 503),
        client_error("InternalError", 500),
        client_error("KMS.DisabledException"),
        ConnectTimeoutError(endpoint_url="https://s3.us-east-1.amazonaws.com"),
    ],
    ids=str,
)
def test_an_answer_that_could_not_be_read_is_asked_for_again(error):
    ledger = LedgerBucket(client=Refusing({"get_object": error}), bucket=BUCKET)
    with pytest.raises(RetryableError, match="could not be read") as caught:
        ledger.find_answer(MEMBER, INTENT.id)
    assert not isinstance(caught.value, RecordRefusedError)
    assert caught.value.__suppress_context__


def test_an_answer_that_broke_off_is_asked_for_again(ledger, s3):
    """The body is read after the call has answered."""
    ledger.record_outcome(INTENT, WRITTEN, NOW)

    class Breaking:
        def get_object(self, **parameters):
            answer = s3.get_object(**parameters)
            answer["Body"].read = self.refuse
            return answer

        def refuse(self):
            raise ReadTimeoutError(endpoint_url="https://s3.us-east-1.amazonaws.com")

    with pytest.raises(RetryableError, match="could not be read"):
        LedgerBucket(client=Breaking(), bucket=BUCKET).find_answer(MEMBER, INTENT.id)


def test_every_record_has_a_checksum_of_its_own_whatever_the_sdk_is_set_to():
    """A bucket with default retention refuses an object without one."""
    sent = []

    class Watching:
        def put_object(self, **parameters):
            sent.append(parameters)

    ledger = LedgerBucket(client=Watching(), bucket=BUCKET)
    ledger.record_command("c-1", "command", {"operation": "pause"})
    uri = ledger.record_lines("RC-1", 0, [])
    assert uri.startswith(f"s3://{BUCKET}/ledger/alerts/RC-1/")
    assert [one["ChecksumAlgorithm"] for one in sent] == ["SHA256"] * 2
