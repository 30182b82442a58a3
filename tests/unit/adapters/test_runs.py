"""What runs store, in S3 and in memory: what was written comes back."""

import gzip
import json
from dataclasses import replace

import pytest

from rollcall.adapters.runs import RunsBucket
from rollcall.decide.plan import ChangeResult, ObservedAccount, PlannedChange
from rollcall.model.account import AccountState
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, Desired, DesiredAbsent, Present, Unreadable
from rollcall.model.errors import RetryableError
from rollcall.outcomes.verdicts import Verdict
from tests.support.memory import Faults, MemoryRuns
from tests.support.samples import ACCOUNT, FOUND, WANTED, Refusing, client_error

BUCKET_REPORTS, RUN = "rollcall-reports", "20261005T093000Z-1f2e3d"
ROSTER = "a" * 64
OBSERVED = ObservedAccount(
    account=replace(ACCOUNT, tags={"team": "zoo"}),
    contacts={
        ContactKind.SECURITY: Present(contact=FOUND),
        ContactKind.OPERATIONS: Absent(),
        ContactKind.BILLING: Unreadable(reason="denied", denied=True),
    },
    orphaned={ROSTER: "the unit was renamed"},
)
CHANGES = [
    PlannedChange(
        account_id=ACCOUNT.id,
        kind=ContactKind.SECURITY,
        found=Present(contact=FOUND),
        wanted=Desired(contact=WANTED, source="contact soc (defaults)"),
    ),
    PlannedChange(
        account_id=ACCOUNT.id, kind=ContactKind.BILLING, found=Absent(), wanted=DesiredAbsent(source="absent")
    ),
]
RESULT = ChangeResult(account_id=ACCOUNT.id, kind=ContactKind.SECURITY, verdict=Verdict.SET, reason="set")


@pytest.fixture
def bucket(aws):
    aws["s3"].create_bucket(Bucket=BUCKET_REPORTS)
    return RunsBucket(client=aws["s3"], bucket=BUCKET_REPORTS)


@pytest.fixture(params=["bucket", "memory"])
def runs(request):
    return request.getfixturevalue("bucket") if request.param == "bucket" else MemoryRuns(Faults())


def test_accounts_come_back_in_their_order(runs):
    accounts = [ACCOUNT, replace(ACCOUNT, id="000000000001", state=AccountState.SUSPENDED, name="名前")]
    runs.write_accounts(RUN, accounts)
    assert list(runs.read_accounts(RUN)) == accounts
    assert list(runs.read_accounts(RUN, 1)) == accounts[1:]


def test_of_the_accounts_only_those_are_decoded_that_are_taken(bucket, aws):
    bucket.write_accounts(RUN, [ACCOUNT, ACCOUNT])
    stored = {"Bucket": BUCKET_REPORTS, "Key": f"runs/{RUN}/accounts.json.gz"}
    _, line = gzip.decompress(aws["s3"].get_object(**stored)["Body"].read()).splitlines()
    aws["s3"].put_object(**stored, Body=gzip.compress(b"\n".join((b"broken", line, b"broken"))))
    assert next(bucket.read_accounts(RUN, 1)) == ACCOUNT


def test_observations_come_back_by_account_and_the_management_account_last(runs):
    first, second, third = (
        replace(OBSERVED, account=replace(ACCOUNT, id=f"00000000000{number}")) for number in (1, 2, 3)
    )
    runs.write_observed(RUN, "management", [first])
    runs.write_observed(RUN, "000002", [second])
    runs.write_observed(RUN, "002400", [])
    runs.write_observed(RUN, "000000", [OBSERVED, third])
    assert list(runs.read_observed(RUN)) == [second, third, OBSERVED, first]


def test_the_same_part_again_replaces_it(runs):
    runs.write_observed(RUN, "000000", [OBSERVED, OBSERVED])
    runs.write_observed(RUN, "000000", [OBSERVED])
    assert list(runs.read_observed(RUN)) == [OBSERVED]


def test_a_plan_is_known_by_its_run_its_roster_and_its_part(runs):
    runs.write_planned(RUN, ROSTER, 0, CHANGES)
    runs.write_planned(RUN, ROSTER, 1, CHANGES[:1])
    runs.write_planned(RUN, "b" * 64, 0, CHANGES[1:])
    assert list(runs.read_planned(RUN, ROSTER, 0)) == CHANGES
    assert list(runs.read_planned(RUN, ROSTER, 1)) == CHANGES[:1]
    assert list(runs.read_planned(RUN, "b" * 64, 0)) == CHANGES[1:]


def test_results_come_back_in_the_order_of_the_plan(runs):
    later = replace(RESULT, verdict=Verdict.SKIPPED)
    runs.write_results(RUN, 1000, [later])
    runs.write_results(RUN, 25, [RESULT])
    assert [list(part) for part in runs.read_results(RUN)] == [[RESULT], [later]]


def test_runs_do_not_see_each_other(runs):
    runs.write_observed(RUN, "000000", [OBSERVED])
    runs.write_results(RUN, 0, [RESULT])
    assert list(runs.read_observed("20261006T093000Z-000000")) == []
    assert list(runs.read_results("20261006T093000Z-000000")) == []


@pytest.mark.parametrize("read", ["read_accounts", "read_planned"])
def test_what_was_never_written_is_no_empty_answer(runs, read):
    arguments = {"read_accounts": (RUN,), "read_planned": (RUN, ROSTER, 7)}[read]
    with pytest.raises(RetryableError):
        getattr(runs, read)(*arguments)


def test_more_parts_than_one_listing_gives(bucket, aws, monkeypatch):
    for cursor in range(5):
        bucket.write_results(RUN, cursor, [replace(RESULT, reason=str(cursor))])
    listing = aws["s3"].list_objects_v2
    monkeypatch.setattr(aws["s3"], "list_objects_v2", lambda **more: listing(**more, MaxKeys=2))
    assert [part[0].reason for part in bucket.read_results(RUN)] == ["0", "1", "2", "3", "4"]


def test_keys_and_bytes_are_the_same_for_the_same_content(bucket, aws):
    for _ in range(2):
        bucket.write_planned(RUN, ROSTER, 3, CHANGES)
    key = f"runs/{RUN}/plan/aaaaaaaaaaaa/00003.json.gz"
    body = aws["s3"].get_object(Bucket=BUCKET_REPORTS, Key=key)["Body"].read()
    lines = gzip.decompress(body).decode().splitlines()
    assert [json.loads(line) for line in lines] == [change.as_document() for change in CHANGES]
    # Bytes 4 to 7 of gzip are a time: of none here.
    assert body[4:8] == b"\0\0\0\0"


def test_the_latest_report_is_the_last_one_written(bucket, aws):
    bucket.write_report(RUN, "report.json", b"{}", content_type="application/json")
    bucket.write_report(RUN, "report.html", b"<p>", content_type="text/html")
    keys = {found["Key"] for found in aws["s3"].list_objects_v2(Bucket=BUCKET_REPORTS)["Contents"]}
    assert keys == {f"reports/{RUN}/report.json", f"reports/{RUN}/report.html", "reports/latest.json"}
    html = aws["s3"].get_object(Bucket=BUCKET_REPORTS, Key=f"reports/{RUN}/report.html")
    assert html["ContentType"] == "text/html"


def test_a_refusal_names_its_code_and_no_content():
    errors: dict[str, Exception] = dict.fromkeys(
        ("put_object", "list_objects_v2"), client_error("SlowDown", 503, WANTED.email)
    )
    bucket = RunsBucket(client=Refusing(errors), bucket=BUCKET_REPORTS)
    with pytest.raises(RetryableError, match="SlowDown"):
        bucket.write_observed(RUN, "000000", [OBSERVED])
    with pytest.raises(RetryableError, match="SlowDown"):
        list(bucket.read_observed(RUN))
