"""Open intents, own writes and open incidents in the state table: what is under way, and whose it is."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.adapters.state.rosters import CONTROL
from rollcall.adapters.state.table import TableAdapter, make_expiry, make_key
from rollcall.decide.intent import Intent
from rollcall.model.errors import IntentBusyError, RecordRefusedError, RetryableError, WritesHaltedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.model.contact import ContactKind

_FAILED = "ConditionalCheckFailed"
_CONFLICT = "TransactionConflict"
#: Every intent checks the one control item, and two transactions on one item are refused, one of them:
#: beside a sweep that writes, a signal would have to come again for nothing.
_TRIES = 5


class IntentItems(TableAdapter):
    """The port `IntentMemory`: intents whose outcome is not yet recorded, and what they leave behind."""

    def __init__(self, *, client: Any, table: str) -> None:
        super().__init__(client=client, table=table)
        self._own_writes = OwnWriteItems(client=client, table=table)

    def list_open_intents(self, account_id: str) -> Sequence[Intent]:
        """Intents of the account whose outcome is not yet recorded: at most one for each kind."""
        return [_read_intent(item) for item in self._table.query(_make_partition(account_id))]

    def list_stale_intents(self, now: datetime) -> Sequence[Intent]:
        """Intents of any account whose workers are gone; reads the whole table, as a sweep may once a day."""
        items = self._table.scan(
            FilterExpression="begins_with(pk, :intents)",
            ExpressionAttributeValues={":intents": {"S": _make_partition("")}},
        )
        return [intent for intent in map(_read_intent, items) if intent.is_stale(now)]

    def open_intent(self, intent: Intent) -> None:
        """Record an intent in one transaction with the check that it may still be carried out.

        IntentBusyError, WritesHaltedError or RecordRefusedError; nothing may be written after any of them.
        """
        check = {
            "Key": CONTROL,
            "ConditionExpression": "approved = :digest AND (attribute_not_exists(paused) OR paused = :no)",
            "ExpressionAttributeValues": {":digest": {"S": intent.roster_digest}, ":no": {"BOOL": False}},
        }
        document = {"id": {"S": intent.id}, "document": {"S": json.dumps(intent.as_document())}}
        put = {"Item": _make_key(intent) | document, "ConditionExpression": "attribute_not_exists(pk)"}
        for tries_left in reversed(range(_TRIES)):
            try:
                self._table.transact(("ConditionCheck", check), ("Put", put))
            except AWS_ERRORS as error:
                if tries_left and _is_conflict(error):
                    continue
                raise _make_error(error) from None
            return

    def record_request(self, intent: Intent, request_id: str, *, at: datetime) -> None:
        """Remember the write and its request id; an intent that is gone is no error."""
        self._own_writes.remember_call(intent, request_id, at=at)
        self._own_writes.remember_write(intent, at=at)
        self._table.try_write(
            "update_item",
            Key=_make_key(intent),
            UpdateExpression="SET request_id = :request",
            ConditionExpression="id = :id",
            ExpressionAttributeValues={":request": {"S": request_id}, ":id": {"S": intent.id}},
        )

    def close_intent(self, intent: Intent, *, claimable: bool, at: datetime) -> None:
        """Forget an intent; one that is gone already, or that another followed, is no error."""
        if claimable:
            self._own_writes.leave_claim(intent, at=at)
        self._table.try_write(
            "delete_item",
            Key=_make_key(intent),
            ConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": intent.id}},
        )


def _make_partition(account_id: str) -> str:
    return f"intent#{account_id}"


def _make_key(intent: Intent) -> dict[str, Any]:
    return make_key(_make_partition(intent.signal.account_id), str(intent.kind))


def _read_intent(item: Mapping[str, Any]) -> Intent:
    document = json.loads(item["document"]["S"])
    return Intent.from_document(document | {"request_id": item.get("request_id", {}).get("S")})


def _make_error(error: Exception) -> RetryableError:
    """Why the intent was not recorded, as those who wanted to write need to know it."""
    halted, busy = is_cancelled(error)
    if halted:
        return WritesHaltedError("writes were paused or another roster was approved")
    if busy:
        return IntentBusyError("another worker is at this contact or at the control item")
    return RecordRefusedError(f"the state table refused the intent: {get_code(error)}")


def _is_conflict(error: Exception) -> bool:
    """Whether only another transaction on one of the items was in the way: that takes milliseconds."""
    codes = _list_codes(error)
    return _CONFLICT in codes and _FAILED not in codes


def is_cancelled(error: Exception) -> tuple[bool, bool]:
    """Whether the first condition of a transaction failed, and whether another worker was in the way."""
    codes = _list_codes(error)
    return codes[0] == _FAILED, codes[1] == _FAILED or _CONFLICT in codes


def _list_codes(error: Exception) -> list[str | None]:
    """What each step of a transaction was cancelled for, at least two."""
    reasons = error.response.get("CancellationReasons", []) if isinstance(error, ClientError) else []
    return [reason.get("Code") for reason in reasons] + [None, None]


#: How long an own write is remembered: longer than EventBridge retries (24 h) and archives are replayed.
OWN_WRITE_DAYS = 30
#: How long a write whose request id was lost may be claimed by its event.
CLAIM_HOURS = 24
#: How long a write is remembered, so that edits which it undid are told even if their events come later.
RESTORED_HOURS = 24


class OwnWriteItems(TableAdapter):
    """The port `OwnWriteMemory`."""

    def remember_call(self, intent: Intent, request_id: str, *, at: datetime) -> None:
        """Remember the request id of a call of ours."""
        call = _make_write_key(request_id) | {
            "intent_id": {"S": intent.id},
            "expires_at": make_expiry(at, OWN_WRITE_DAYS * 86400),
        }
        self._table.call("put_item", Item=call)

    def remember_write(self, intent: Intent, *, at: datetime) -> None:
        """Remember that this intent was carried out: then its record in the ledger must be there."""
        item = make_key(_make_writes_partition(intent.signal.account_id), intent.id) | {
            "expires_at": make_expiry(at, OWN_WRITE_DAYS * 86400)
        }
        self._table.call("put_item", Item=item)

    def list_writes(self, account_id: str) -> frozenset[str]:
        """Ids of intents that were carried out on an account, of the last 30 days."""
        return frozenset(item["sk"]["S"] for item in self._table.query(_make_writes_partition(account_id)))

    def is_own_write(self, request_id: str) -> bool:
        """Whether a write of ours had this request id."""
        return self._table.get(_make_write_key(request_id)) is not None

    def mark_restored(self, intent: Intent, *, at: datetime) -> None:
        """Remember that this contact was written now."""
        item = _make_restored_key(intent.signal.account_id, intent.kind) | {
            "at": {"S": at.isoformat()},
            "because_of": {"S": intent.signal.event.id},
            "expires_at": make_expiry(at, RESTORED_HOURS * 3600),
        }
        self._table.call("put_item", Item=item)

    def get_restored_at(self, account_id: str, kind: ContactKind) -> datetime | None:
        """When we last wrote this contact, None if not within a day."""
        item = self._table.get(_make_restored_key(account_id, kind))
        return datetime.fromisoformat(item["at"]["S"]) if item else None

    def get_restored_for(self, account_id: str, kind: ContactKind) -> str | None:
        """The id of the event or run that led to that write, None if there was none within a day."""
        item = self._table.get(_make_restored_key(account_id, kind))
        return item.get("because_of", {}).get("S") if item else None

    def leave_claim(self, intent: Intent, *, at: datetime) -> None:
        """Let one event claim the write of this intent, whose request id was lost."""
        item = make_key(_make_claims_partition(intent.signal.account_id, intent.kind), intent.id) | {
            "undid": {"S": intent.signal.event.key},
            "expires_at": make_expiry(at, CLAIM_HOURS * 3600),
        }
        self._table.call("put_item", Item=item)

    def claim_write(self, account_id: str, kind: ContactKind, *, event_key: str, at: datetime) -> bool:
        """Whether a write of ours without a known request id waits for this call's event."""
        claims = self._table.query(_make_claims_partition(account_id, kind))
        # The one that this event has claimed before goes first: it must not use up another's.
        claims.sort(key=lambda item: item.get("claimed_by", {}).get("S") != event_key)
        return any(self._claim(item, event_key, at) for item in claims)

    def _claim(self, item: Mapping[str, Any], event_key: str, at: datetime) -> bool:
        # DynamoDB deletes what has expired late: the condition looks for itself.
        free = "(attribute_not_exists(claimed_by) OR claimed_by = :event)"
        return self._table.try_write(
            "update_item",
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET claimed_by = :event",
            ConditionExpression=f"attribute_exists(pk) AND undid <> :event AND expires_at > :now AND {free}",
            ExpressionAttributeValues={":event": {"S": event_key}, ":now": make_expiry(at, 0)},
        )


def _make_writes_partition(account_id: str) -> str:
    return f"writes#{account_id}"


def _make_write_key(request_id: str) -> dict[str, Any]:
    return make_key(f"write#{request_id}", "write")


def _make_restored_key(account_id: str, kind: ContactKind) -> dict[str, Any]:
    return make_key(f"restored#{account_id}", str(kind))


def _make_claims_partition(account_id: str, kind: ContactKind) -> str:
    return f"claim#{account_id}#{kind}"


#: How long an incident that is not over is remembered: longer than any queue keeps a message (14 days).
OPENED_DAYS = 30


class IncidentItems(TableAdapter):
    """The port `IncidentMemory`."""

    def mark_opened(self, incident_id: str, *, at: datetime) -> None:
        """Remember that people were told of an incident that is not over."""
        item = _make_opened_key(incident_id) | {"expires_at": make_expiry(at, OPENED_DAYS * 86400)}
        self._table.call("put_item", Item=item)

    def is_opened(self, incident_id: str) -> bool:
        """Whether people were told of an incident that is not over."""
        return self._table.get(_make_opened_key(incident_id)) is not None


def _make_opened_key(incident_id: str) -> dict[str, Any]:
    return make_key(f"opened#{incident_id}", "opened")
