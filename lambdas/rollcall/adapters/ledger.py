"""The ledger: one object for an intent and one for its outcome, in a bucket with Object Lock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.model.errors import RecordRefusedError
from rollcall.outcomes.documents import build_ledger_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollcall.decide.intent import Intent
    from rollcall.outcomes.outcome import Outcome


class LedgerBucket:
    """The port `Ledger` over a boto3 S3 client. What is recorded once is never recorded again."""

    def __init__(self, *, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def record_intent(self, intent: Intent) -> None:
        """Record an intent with the contacts in full; RecordRefusedError if it was not taken."""
        self._put(_make_key(intent, "intent"), intent.as_document())

    def record_outcome(self, intent: Intent, outcome: Outcome, at: datetime) -> None:
        """Record the outcome of an intent; RecordRefusedError if it was not taken."""
        self._put(_make_key(intent, "outcome"), build_ledger_document(outcome, at))

    def _put(self, key: str, document: Mapping[str, Any]) -> None:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=json.dumps(document, sort_keys=True).encode(),
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except AWS_ERRORS as error:
            if get_code(error) != "PreconditionFailed":
                raise RecordRefusedError(f"the ledger refused the record: {get_code(error)}") from None


def _make_key(intent: Intent, record: str) -> str:
    """`ledger/<account>/<year>/<month>/<day>/<intent id>/<record>.json`: one account is one prefix."""
    return f"ledger/{intent.signal.account_id}/{intent.opened_at:%Y/%m/%d}/{intent.id}/{record}.json"
