"""The ledger: written once, kept by Object Lock."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from rollcall.adapters.ledger import LedgerBucket
from rollcall.decide.intent import Intent
from rollcall.model.errors import RecordRefusedError
from rollcall.outcomes.verdicts import Verdict
from tests.support.samples import FOUND, INTENT, MEMBER, NOW, OUTCOME, WANTED, Refusing, client_error, leaks

BUCKET = "rollcall-ledger"
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
    assert Intent.from_document(document) == INTENT
    assert document["found"] == {"state": "present", "contact": FOUND.as_document()}
    assert document["wanted"]["contact"] == WANTED.as_document()


def test_an_outcome_stands_beside_its_intent_without_contact_details(ledger, objects):
    ledger.record_intent(INTENT)
    ledger.record_outcome(INTENT, OUTCOME, NOW)
    assert sorted(objects()) == [f"{FOLDER}/intent.json", f"{FOLDER}/outcome.json"]
    [document] = objects()[f"{FOLDER}/outcome.json"]
    assert document == {
        "version": 1,
        "intent_id": INTENT.id,
        "verdict": "set",
        "reason": "set as the roster wants it",
        "request_id": OUTCOME.request_id,
        "verified": True,
        "recorded_at": NOW.isoformat(),
    }
    assert not leaks(json.dumps(document))


def test_a_second_record_changes_nothing(ledger, objects):
    ledger.record_intent(INTENT)
    ledger.record_outcome(INTENT, OUTCOME, NOW)
    before = objects()
    ledger.record_intent(replace(INTENT, request_id="late"))
    ledger.record_outcome(INTENT, replace(OUTCOME, verdict=Verdict.FAILED), NOW + timedelta(minutes=5))
    assert objects() == before


def test_the_day_of_the_intent_names_the_folder_of_an_outcome_after_midnight(ledger, objects):
    late = replace(INTENT, opened_at=datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    ledger.record_outcome(late, OUTCOME, datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert list(objects()) == [f"ledger/{MEMBER}/2026/12/31/{INTENT.id}/outcome.json"]


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


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDenied", 403, message=f"not for {FOUND.email}"),
        client_error("ConditionalRequestConflict", 409),
        client_error("SlowDown", 503),
        client_error("KMS.DisabledException"),
        ConnectTimeoutError(endpoint_url="https://s3.us-east-1.amazonaws.com"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "record",
    [lambda ledger: ledger.record_intent(INTENT), lambda ledger: ledger.record_outcome(INTENT, OUTCOME, NOW)],
)
def test_a_refusal_is_raised_without_contact_details(record, error):
    ledger = LedgerBucket(client=Refusing({"put_object": error}), bucket=BUCKET)
    with pytest.raises(RecordRefusedError, match="the ledger refused the record") as caught:
        record(ledger)
    assert caught.value.__suppress_context__
    assert not leaks(str(caught.value))
