"""Runs of the sweep: the state machine that runs them, and the bucket with what they store."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.decide.plan import ChangeResult, ObservedAccount, PlannedChange
from rollcall.model.account import Account
from rollcall.model.errors import RetryableError
from rollcall.model.roster import Roster, compute_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: The report of the last run has the same address every day.
LATEST = "reports/latest.json"
#: Written anew by each report: it expires only when there are none for a month.
_TREND = "runs/trend.json.gz"


class RunsBucket:
    """The port `Runs` over a boto3 S3 client: `runs/RUN/...` expires, `reports/RUN/...` is kept longer."""

    def __init__(self, *, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def write_accounts(self, run_id: str, accounts: Sequence[Account]) -> None:
        """Store the accounts that a run looks at."""
        self._write(f"runs/{run_id}/accounts.json.gz", (account.as_document() for account in accounts))

    def read_accounts(self, run_id: str, start: int = 0) -> Iterator[Account]:
        """Those accounts from this one on, in the same order; what nobody takes costs next to nothing."""
        lines = self._read_lines(f"runs/{run_id}/accounts.json.gz")
        return (Account.from_document(json.loads(line)) for line in lines[start:])

    def write_observed(self, run_id: str, part: str, records: Sequence[ObservedAccount]) -> None:
        """Store one part of what was observed; the same part again replaces it."""
        documents = (record.as_document() for record in records)
        self._write(f"runs/{run_id}/observed/{part}.json.gz", documents)

    def read_observed(self, run_id: str) -> Sequence[ObservedAccount]:
        """The accounts of all slices in the order of their ids, then those of other parts."""
        prefix = f"runs/{run_id}/observed/"
        found = [
            (not key.removeprefix(prefix)[0].isdigit(), item)
            for key in self._list_keys(prefix)
            for item in self._read(key)
        ]
        found.sort(key=lambda pair: (pair[0], pair[1]["account"]["id"]))
        return [ObservedAccount.from_document(item) for _, item in found]

    def write_planned(self, run_id: str, roster: str, part: int, changes: Sequence[PlannedChange]) -> None:
        """Store one part of the plan for a roster (digest)."""
        self._write(_make_plan_key(run_id, roster, part), (change.as_document() for change in changes))

    def read_planned(self, run_id: str, roster: str, part: int) -> Sequence[PlannedChange]:
        """One part of that plan."""
        return [
            PlannedChange.from_document(item) for item in self._read(_make_plan_key(run_id, roster, part))
        ]

    def write_roster(self, run_id: str, digest: str, document: Mapping[str, Any]) -> None:
        """Store the compiled roster of a plan that waits, for who is to read the plan."""
        self._write(_make_roster_key(run_id, digest), [document])

    def read_roster(self, run_id: str, digest: str) -> Roster:
        """That roster; RetryableError also if what is stored has another digest."""
        (document,) = self._read(_make_roster_key(run_id, digest))
        if compute_digest(document) != digest:
            raise RetryableError("the stored roster differs from its digest")
        return Roster.from_document(document)

    def write_results(self, run_id: str, cursor: int, results: Sequence[ChangeResult]) -> None:
        """Store what became of the changes from this cursor on."""
        documents = (result.as_document() for result in results)
        self._write(f"runs/{run_id}/results/{cursor:08}.json.gz", documents)

    def read_results(self, run_id: str) -> Iterator[Sequence[ChangeResult]]:
        """All of them in the order of the plan."""
        for key in self._list_keys(f"runs/{run_id}/results/"):
            yield [ChangeResult.from_document(item) for item in self._read(key)]

    def write_report(self, run_id: str, name: str, body: bytes, *, content_type: str) -> None:
        """Store a file of the report; `report.json` also as the latest of all runs."""
        keys = [f"reports/{run_id}/{name}", *([LATEST] if name == "report.json" else [])]
        for key in keys:
            self._call("put_object", Key=key, Body=body, ContentType=content_type)

    def read_trend(self) -> Sequence[Mapping[str, Any]]:
        """The trend of the last report, empty before the first."""
        return list(self._read(_TREND)) if self._list_keys(_TREND) else []

    def write_trend(self, trend: Sequence[Mapping[str, Any]]) -> None:
        """Remember the trend for the next report."""
        self._write(_TREND, trend)

    def _write(self, key: str, documents: Iterable[Mapping[str, Any]]) -> None:
        lines = "".join(json.dumps(document, sort_keys=True) + "\n" for document in documents)
        # Without its time, so that the same content has the same bytes.
        body = gzip.compress(lines.encode(), mtime=0)
        self._call("put_object", Key=key, Body=body, ContentType="application/gzip")

    def _read(self, key: str) -> Iterator[dict[str, Any]]:
        return map(json.loads, self._read_lines(key))

    def _read_lines(self, key: str) -> list[bytes]:
        answer = self._call("get_object", Key=key)
        try:
            body = answer["Body"].read()
        except AWS_ERRORS as error:
            raise _make_error("get_object", error) from None
        return gzip.decompress(body).splitlines()

    def _list_keys(self, prefix: str) -> list[str]:
        keys: list[str] = []
        start: dict[str, str] = {}
        while True:
            answer = self._call("list_objects_v2", Prefix=prefix, **start)
            keys += [str(found["Key"]) for found in answer.get("Contents", [])]
            if not answer.get("IsTruncated"):
                return sorted(keys)
            start = {"ContinuationToken": answer["NextContinuationToken"]}

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(Bucket=self._bucket, **parameters)
        except AWS_ERRORS as error:
            raise _make_error(operation, error) from None
        return answer


def _make_plan_key(run_id: str, roster: str, part: int) -> str:
    return f"runs/{run_id}/plan/{roster[:12]}/{part:05}.json.gz"


def _make_roster_key(run_id: str, digest: str) -> str:
    return f"runs/{run_id}/roster/{digest[:12]}.json.gz"


def _make_error(operation: str, error: Exception) -> RetryableError:
    return RetryableError(f"the reports bucket refused {operation}: {get_code(error)}")


class StepFunctionsMachine:
    """The port `SweepMachine` over a boto3 Step Functions client."""

    def __init__(self, *, client: Any, machine_arn: str) -> None:
        self._client = client
        self._machine_arn = machine_arn

    def start(self, name: str, asked: Mapping[str, Any]) -> None:
        """Start an execution; one of this name that was started before is the same one."""
        try:
            self._client.start_execution(
                stateMachineArn=self._machine_arn, name=name, input=json.dumps(asked, sort_keys=True)
            )
        except AWS_ERRORS as error:
            if get_code(error) != "ExecutionAlreadyExists":
                raise RetryableError(f"the sweep could not be started: {get_code(error)}") from None
