"""What may be written, in the state table: the control item and the approved rosters."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from rollcall.adapters.aws_errors import AWS_ERRORS
from rollcall.adapters.dynamodb_table import TableAdapter, key_of, refusal
from rollcall.control import Control
from rollcall.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

CONTROL = key_of("control", "control")


class ControlItems(TableAdapter):
    """The part of the port `State` that people decide: pause and approval."""

    def control(self) -> Control:
        """The pause and the approved digest."""
        item = self._table.get(CONTROL) or {}
        return Control(
            approved=item.get("approved", {}).get("S"),
            paused=bool(item.get("paused", {}).get("BOOL", False)),
        )

    def approved_document(self, digest: str) -> Mapping[str, Any]:
        """The roster document approved under this digest; RetryableError if it is not there."""
        item = self._table.get(key_of("roster", digest))
        if item is None:
            raise RetryableError("the approved roster is not in the state table")
        document: Mapping[str, Any] = json.loads(gzip.decompress(item["document"]["B"]))
        return document

    def approve(self, *, digest: str, document: Mapping[str, Any], by: str, at: datetime) -> None:
        """Store the document under its digest and point the control item at it, both or neither."""
        packed = gzip.compress(json.dumps(document, sort_keys=True).encode(), mtime=0)
        record = {"approved_by": {"S": by}, "approved_at": {"S": at.isoformat()}}
        roster = key_of("roster", digest) | record | {"document": {"B": packed}}
        control = {
            "Key": CONTROL,
            "UpdateExpression": "SET approved = :digest, approved_by = :by, approved_at = :at",
            "ExpressionAttributeValues": {
                ":digest": {"S": digest},
                ":by": record["approved_by"],
                ":at": record["approved_at"],
            },
        }
        try:
            self._table.transact(("Put", {"Item": roster}), ("Update", control))
        except AWS_ERRORS as error:
            raise refusal("the approval", error) from None

    def set_paused(self, *, paused: bool, by: str, reason: str, at: datetime) -> None:
        """Stop all writes, or let them go on; the control item says who and why."""
        self._table.call(
            "update_item",
            Key=CONTROL,
            UpdateExpression="SET paused = :paused, paused_by = :by, paused_why = :reason, paused_at = :at",
            ExpressionAttributeValues={
                ":paused": {"BOOL": paused},
                ":by": {"S": by},
                ":reason": {"S": reason},
                ":at": {"S": at.isoformat()},
            },
        )
