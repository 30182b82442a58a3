"""Operational memory in one DynamoDB table: control, approved rosters, open intents, own writes."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.aws_errors import AWS_ERRORS, code_of
from rollcall.control import Control
from rollcall.errors import IntentBusyError, RecordRefusedError, RetryableError, WritesHaltedError
from rollcall.intents import Intent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.contacts import ContactKind

#: How long an own write is remembered: longer than EventBridge retries (24 h) and archives are replayed.
OWN_WRITE_DAYS = 30
#: How long an incident that is not over is remembered: longer than any queue keeps a message (14 days).
OPENED_DAYS = 30
#: How long a write whose request id was lost may be claimed by its event.
CLAIM_HOURS = 24
#: How long a write is remembered, so that edits which it undid are told even if their events come later.
RESTORED_HOURS = 24
_FAILED = "ConditionalCheckFailed"
_CONFLICT = "TransactionConflict"
_CONTROL = {"pk": {"S": "control"}, "sk": {"S": "control"}}


class StateTable:
    """The port `State` over a boto3 DynamoDB client. All reads are consistent."""

    def __init__(self, *, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def control(self) -> Control:
        """The pause and the approved digest."""
        item = self._get(_CONTROL) or {}
        return Control(
            approved=item.get("approved", {}).get("S"),
            paused=bool(item.get("paused", {}).get("BOOL", False)),
        )

    def approved_document(self, digest: str) -> Mapping[str, Any]:
        """The roster document approved under this digest; RetryableError if it is not there."""
        item = self._get(_key("roster", digest))
        if item is None:
            raise RetryableError("the approved roster is not in the state table")
        document: Mapping[str, Any] = json.loads(gzip.decompress(item["document"]["B"]))
        return document

    def approve(self, *, digest: str, document: Mapping[str, Any], by: str, at: datetime) -> None:
        """Store the document under its digest and point the control item at it, both or neither."""
        packed = gzip.compress(json.dumps(document, sort_keys=True).encode(), mtime=0)
        record = {"approved_by": {"S": by}, "approved_at": {"S": at.isoformat()}}
        roster = _key("roster", digest) | record | {"document": {"B": packed}}
        control = {
            "TableName": self._table,
            "Key": _CONTROL,
            "UpdateExpression": "SET approved = :digest, approved_by = :by, approved_at = :at",
            "ExpressionAttributeValues": {
                ":digest": {"S": digest},
                ":by": record["approved_by"],
                ":at": record["approved_at"],
            },
        }
        put = {"TableName": self._table, "Item": roster}
        self._call("transact_write_items", TransactItems=[{"Put": put}, {"Update": control}])

    def set_paused(self, *, paused: bool, by: str, reason: str, at: datetime) -> None:
        """Stop all writes, or let them go on; the control item says who and why."""
        self._call(
            "update_item",
            TableName=self._table,
            Key=_CONTROL,
            UpdateExpression="SET paused = :paused, paused_by = :by, paused_why = :reason, paused_at = :at",
            ExpressionAttributeValues={
                ":paused": {"BOOL": paused},
                ":by": {"S": by},
                ":reason": {"S": reason},
                ":at": {"S": at.isoformat()},
            },
        )

    def open_intents(self, account_id: str) -> Sequence[Intent]:
        """Intents of the account whose outcome is not yet recorded: at most one for each kind."""
        answer = self._call(
            "query",
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"intent#{account_id}"}},
        )
        return [_intent(item) for item in answer["Items"]]

    def open_intent(self, intent: Intent) -> None:
        """Record an intent in one transaction with the check that it may still be carried out.

        IntentBusyError, WritesHaltedError or RecordRefusedError; nothing may be written after any of them.
        """
        check = {
            "TableName": self._table,
            "Key": _CONTROL,
            "ConditionExpression": "approved = :digest AND (attribute_not_exists(paused) OR paused = :no)",
            "ExpressionAttributeValues": {":digest": {"S": intent.roster_digest}, ":no": {"BOOL": False}},
        }
        put = {
            "TableName": self._table,
            "Item": _intent_key(intent)
            | {"id": {"S": intent.id}, "document": {"S": json.dumps(intent.as_document())}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        try:
            self._client.transact_write_items(TransactItems=[{"ConditionCheck": check}, {"Put": put}])
        except AWS_ERRORS as error:
            halted, busy = _cancelled(error)
            if halted:
                raise WritesHaltedError("writes were paused or another roster was approved") from None
            if busy:
                raise IntentBusyError("another worker is at this contact or at the control item") from None
            raise RecordRefusedError(f"the state table refused the intent: {code_of(error)}") from None

    def record_request(self, intent: Intent, request_id: str, *, at: datetime) -> None:
        """Remember the write and its request id, so that its event is known as an own write."""
        self.remember_call(intent, request_id, at=at)
        self._conditionally(
            "update_item",
            TableName=self._table,
            Key=_intent_key(intent),
            UpdateExpression="SET request_id = :request",
            ConditionExpression="id = :id",
            ExpressionAttributeValues={":request": {"S": request_id}, ":id": {"S": intent.id}},
        )

    def remember_call(self, intent: Intent, request_id: str, *, at: datetime) -> None:
        """Remember the request id of a call of ours."""
        call = _key(f"write#{request_id}", "write") | {
            "intent_id": {"S": intent.id},
            "expires_at": _expiry(at, OWN_WRITE_DAYS * 86400),
        }
        self._call("put_item", TableName=self._table, Item=call)

    def mark_opened(self, incident_id: str, *, at: datetime) -> None:
        """Remember that people were told of an incident that is not over."""
        item = _key(f"opened#{incident_id}", "opened") | {"expires_at": _expiry(at, OPENED_DAYS * 86400)}
        self._call("put_item", TableName=self._table, Item=item)

    def opened(self, incident_id: str) -> bool:
        """Whether people were told of an incident that is not over."""
        return self._get(_key(f"opened#{incident_id}", "opened")) is not None

    def mark_restored(self, intent: Intent, *, at: datetime) -> None:
        """Remember that this contact was written now."""
        item = _key(f"restored#{intent.signal.account_id}", str(intent.kind)) | {
            "at": {"S": at.isoformat()},
            "expires_at": _expiry(at, RESTORED_HOURS * 3600),
        }
        self._call("put_item", TableName=self._table, Item=item)

    def close_intent(self, intent: Intent, *, claimable: bool, at: datetime) -> None:
        """Forget an intent whose outcome is recorded; one that is gone already is no error."""
        if claimable:
            claim = _key(f"claim#{intent.signal.account_id}#{intent.kind}", intent.id)
            expiry = _expiry(at, CLAIM_HOURS * 3600)
            undid = {"undid": {"S": intent.signal.event.key}, "expires_at": expiry}
            self._call("put_item", TableName=self._table, Item=claim | undid)
        self._conditionally(
            "delete_item",
            TableName=self._table,
            Key=_intent_key(intent),
            ConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": intent.id}},
        )

    def own_write(self, request_id: str) -> bool:
        """Whether a write of ours had this request id."""
        return self._get(_key(f"write#{request_id}", "write")) is not None

    def claim_write(self, account_id: str, kind: ContactKind, *, event_key: str, at: datetime) -> bool:
        """Whether a write of ours without a known request id waits for this call's event."""
        claims: list[dict[str, Any]] = self._call(
            "query",
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"claim#{account_id}#{kind}"}},
        )["Items"]
        # The one that this event has claimed before goes first: it must not use up another's.
        claims.sort(key=lambda item: item.get("claimed_by", {}).get("S") != event_key)
        return any(self._claim(item, event_key, at) for item in claims)

    def _claim(self, item: Mapping[str, Any], event_key: str, at: datetime) -> bool:
        # DynamoDB deletes what has expired late: the condition looks for itself.
        free = "(attribute_not_exists(claimed_by) OR claimed_by = :event)"
        return self._conditionally(
            "update_item",
            TableName=self._table,
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET claimed_by = :event",
            ConditionExpression=f"attribute_exists(pk) AND undid <> :event AND expires_at > :now AND {free}",
            ExpressionAttributeValues={":event": {"S": event_key}, ":now": _expiry(at, 0)},
        )

    def restored_at(self, account_id: str, kind: ContactKind) -> datetime | None:
        """When we last wrote this contact, None if not within a day."""
        item = self._get(_key(f"restored#{account_id}", str(kind)))
        return datetime.fromisoformat(item["at"]["S"]) if item else None

    def _get(self, key: Mapping[str, Any]) -> dict[str, Any] | None:
        answer = self._call("get_item", TableName=self._table, Key=key, ConsistentRead=True)
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def _conditionally(self, operation: str, **parameters: Any) -> bool:
        """Whether the condition held."""
        try:
            getattr(self._client, operation)(**parameters)
        except AWS_ERRORS as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise RetryableError(f"the state table refused {operation}: {code_of(error)}") from None
        return True

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
        except AWS_ERRORS as error:
            raise RetryableError(f"the state table refused {operation}: {code_of(error)}") from None
        return answer


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _intent_key(intent: Intent) -> dict[str, Any]:
    return _key(f"intent#{intent.signal.account_id}", str(intent.kind))


def _intent(item: Mapping[str, Any]) -> Intent:
    document = json.loads(item["document"]["S"])
    return Intent.from_document(document | {"request_id": item.get("request_id", {}).get("S")})


def _expiry(start: datetime, seconds: float) -> dict[str, str]:
    return {"N": str(int(start.timestamp() + seconds))}


def _cancelled(error: Exception) -> tuple[bool, bool]:
    """Whether the first condition of a transaction failed, and whether another worker was in the way."""
    reasons = error.response.get("CancellationReasons", []) if isinstance(error, ClientError) else []
    codes = [reason.get("Code") for reason in reasons] + [None, None]
    return codes[0] == _FAILED, codes[1] == _FAILED or _CONFLICT in codes
