"""The ledger: an object for an intent, one for how its write ended, in a bucket with Object Lock.

A third one follows only where the end was unconfirmed and became known. Each is written once.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.decide.intent import Answer, Intent, WriteState
from rollcall.model.errors import RecordRefusedError, RetryableError
from rollcall.model.well_known import LEDGER_ALERTS, LEDGER_COMMANDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.grouping.model import Line


VERSION: Final = 1
#: The state table has the deadline of the worker.
_NOT_RECORDED: Final = frozenset({"until"})
#: S3 answers so only to those who may list the bucket; others get AccessDenied.
_NOT_THERE: Final = "NoSuchKey"
#: For an object that no function of ours wrote: nothing is written to the contact, and that is alerted.
_OTHER_RECORD: Final = "the ledger holds something else in place of this record"
_OTHER_SHAPE: Final = (KeyError, ValueError, TypeError, AttributeError)


class LedgerBucket:
    """The port `Ledger` over a boto3 S3 client. What is recorded once is never recorded again."""

    def __init__(self, *, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def record_intent(self, intent: Intent) -> None:
        """Record an intent with the contacts in full; RecordRefusedError if it was not taken."""
        document = {name: value for name, value in intent.as_document().items() if name not in _NOT_RECORDED}
        there = self._put(_make_prefix(intent.signal.account_id, intent.id) + "intent.json", document)
        if there != document:
            raise RecordRefusedError("the ledger holds another intent under this id")

    def load_intent(self, account_id: str, intent_id: str) -> Intent | None:
        """An intent as it was recorded, None if it never was; RetryableError."""
        document = self._get(_make_prefix(account_id, intent_id) + "intent.json")
        try:
            intent = None if document is None else read_intent(document)
        except _OTHER_SHAPE:
            raise RecordRefusedError(_OTHER_RECORD) from None
        if intent is not None and (intent.signal.account_id, intent.id) != (account_id, intent_id):
            raise RecordRefusedError(_OTHER_RECORD)
        return intent

    def record_outcome(self, intent: Intent, answer: Answer, at: datetime) -> Answer:
        """Record how the write of an intent ended; returns what the ledger says, which is final."""
        key = _make_prefix(intent.signal.account_id, intent.id) + "outcome.json"
        return _read_answer(self._put(key, _write_answer(intent.id, answer, at)))

    def record_confirmation(
        self, account_id: str, intent_id: str, answer: Answer, *, by: str, at: datetime
    ) -> None:
        """Record what became known of an unconfirmed write; RecordRefusedError if it was not taken."""
        key = _make_prefix(account_id, intent_id) + "confirmation.json"
        there = _read_answer(self._put(key, _write_answer(intent_id, answer, at) | {"by": by}))
        if there.state is not answer.state:
            raise RecordRefusedError("the ledger holds another confirmation of this write")

    def find_answer(self, account_id: str, intent_id: str) -> Answer | None:
        """What the ledger says of an intent, None if it knows no such intent; RetryableError."""
        for name in ("confirmation", "outcome"):
            document = self._get(_make_prefix(account_id, intent_id) + f"{name}.json")
            if document is not None:
                return _read_answer(document)
        return None

    def record_command(self, execution: str, part: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Record a part of a command's execution (its name); what is there already stays, and is returned."""
        name = re.sub(r"[^\w-]", "_", execution, flags=re.ASCII)[:80]
        there = self._put(f"{LEDGER_COMMANDS}{name}/{part}.json", {"version": VERSION, **document})
        return {name: value for name, value in there.items() if name != "version"}

    def record_lines(self, incident_id: str, update: int, lines: Sequence[Line]) -> str:
        """Keep the lines of one message about many alerts; returns the S3 URI of their file."""
        documents = [line.as_document() | {"severity": line.severity.name} for line in lines]
        document = {"version": VERSION, "incident_id": incident_id, "update": update, "lines": documents}
        # Another worker's try may have had other lines.
        digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:12]
        key = f"{LEDGER_ALERTS}{incident_id}/{update:06}-{digest}.json"
        self._put(key, document)
        return f"s3://{self._bucket}/{key}"

    def _put(self, key: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is there afterwards: this, or what was there before."""
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=json.dumps(document, sort_keys=True).encode(),
                ContentType="application/json",
                IfNoneMatch="*",
                # With default retention an object needs one, and SDKs can be set to send none:
                # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
                ChecksumAlgorithm="SHA256",
            )
        except AWS_ERRORS as error:
            if get_code(error) != "PreconditionFailed":
                raise RecordRefusedError(f"the ledger refused the record: {get_code(error)}") from None
            try:
                there = self._get(key)
            except RetryableError as unread:
                raise RecordRefusedError(str(unread)) from None
            if there is None:
                raise RecordRefusedError("the ledger does not let its record be read") from None
            return there
        return document

    def _get(self, key: str) -> Mapping[str, Any] | None:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            document = json.loads(answer["Body"].read())
        except AWS_ERRORS as error:
            if get_code(error) == _NOT_THERE:
                return None
            raise RetryableError(f"the ledger could not be read: {get_code(error)}") from None
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise RecordRefusedError(_OTHER_RECORD)
        return document


def read_intent(document: Mapping[str, Any]) -> Intent:
    """The intent that was recorded so; raises as `from_document` does if it was not."""
    return Intent.from_document({**document, "until": document["opened_at"]})


def _make_prefix(account_id: str, intent_id: str) -> str:
    """`ledger/<account>/<year>/<month>/<day>/<intent id>/`: an id names its day."""
    day = datetime.strptime(intent_id[:8], "%Y%m%d").date()  # noqa: DTZ007  # a day
    return f"ledger/{account_id}/{day:%Y/%m/%d}/{intent_id}/"


def _write_answer(intent_id: str, answer: Answer, at: datetime) -> dict[str, Any]:
    return {"version": VERSION, "intent_id": intent_id, "recorded_at": at.isoformat(), **answer.as_document()}


def _read_answer(document: Mapping[str, Any]) -> Answer:
    try:
        return Answer(
            state=WriteState(document["state"]), reason=document["reason"], request_id=document["request_id"]
        )
    except _OTHER_SHAPE:
        raise RecordRefusedError(_OTHER_RECORD) from None
