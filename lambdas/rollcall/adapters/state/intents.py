"""Open intents and own writes in the state table: one worker at a contact, and its own events known."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.errors import AWS_ERRORS, code_of
from rollcall.adapters.state.rosters import CONTROL
from rollcall.adapters.state.table import TableAdapter, expiry, key_of
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
    """The part of the port `State` that keeps the intents whose outcome is not yet recorded."""

    def open_intents(self, account_id: str) -> Sequence[Intent]:
        """Intents of the account whose outcome is not yet recorded: at most one for each kind."""
        return [_intent(item) for item in self._table.query(_intents(account_id))]

    def stale_intents(self, now: datetime) -> Sequence[Intent]:
        """Intents of any account whose workers are gone; reads the whole table, as a sweep may once a day."""
        items = self._table.scan(
            FilterExpression="begins_with(pk, :intents)",
            ExpressionAttributeValues={":intents": {"S": _intents("")}},
        )
        return [intent for intent in map(_intent, items) if intent.stale(now)]

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
        put = {"Item": _key(intent) | document, "ConditionExpression": "attribute_not_exists(pk)"}
        for tries_left in reversed(range(_TRIES)):
            try:
                self._table.transact(("ConditionCheck", check), ("Put", put))
            except AWS_ERRORS as error:
                if tries_left and _in_conflict(error):
                    continue
                raise _refused(error) from None
            return

    def _note_request(self, intent: Intent, request_id: str) -> None:
        """Add the request id of its write to an open intent; one that is gone is no error."""
        self._table.conditionally(
            "update_item",
            Key=_key(intent),
            UpdateExpression="SET request_id = :request",
            ConditionExpression="id = :id",
            ExpressionAttributeValues={":request": {"S": request_id}, ":id": {"S": intent.id}},
        )

    def _forget(self, intent: Intent) -> None:
        """Forget an intent; one that is gone already, or that another followed, is no error."""
        self._table.conditionally(
            "delete_item",
            Key=_key(intent),
            ConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": intent.id}},
        )


def _intents(account_id: str) -> str:
    return f"intent#{account_id}"


def _key(intent: Intent) -> dict[str, Any]:
    return key_of(_intents(intent.signal.account_id), str(intent.kind))


def _intent(item: Mapping[str, Any]) -> Intent:
    document = json.loads(item["document"]["S"])
    return Intent.from_document(document | {"request_id": item.get("request_id", {}).get("S")})


def _refused(error: Exception) -> RetryableError:
    """Why the intent was not recorded, as those who wanted to write need to know it."""
    halted, busy = cancelled(error)
    if halted:
        return WritesHaltedError("writes were paused or another roster was approved")
    if busy:
        return IntentBusyError("another worker is at this contact or at the control item")
    return RecordRefusedError(f"the state table refused the intent: {code_of(error)}")


def _in_conflict(error: Exception) -> bool:
    """Whether only another transaction on one of the items was in the way: that takes milliseconds."""
    codes = _codes(error)
    return _CONFLICT in codes and _FAILED not in codes


def cancelled(error: Exception) -> tuple[bool, bool]:
    """Whether the first condition of a transaction failed, and whether another worker was in the way."""
    codes = _codes(error)
    return codes[0] == _FAILED, codes[1] == _FAILED or _CONFLICT in codes


def _codes(error: Exception) -> list[str | None]:
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
    """The part of the port `State` that remembers writes."""

    def remember_call(self, intent: Intent, request_id: str, *, at: datetime) -> None:
        """Remember the request id of a call of ours."""
        call = _write_key(request_id) | {
            "intent_id": {"S": intent.id},
            "expires_at": expiry(at, OWN_WRITE_DAYS * 86400),
        }
        self._table.call("put_item", Item=call)

    def note_write(self, intent: Intent, *, at: datetime) -> None:
        """Remember that this intent was carried out: then its record in the ledger must be there."""
        item = key_of(_writes(intent.signal.account_id), intent.id) | {
            "expires_at": expiry(at, OWN_WRITE_DAYS * 86400)
        }
        self._table.call("put_item", Item=item)

    def writes_of(self, account_id: str) -> frozenset[str]:
        """Ids of intents that were carried out on an account, of the last 30 days."""
        return frozenset(item["sk"]["S"] for item in self._table.query(_writes(account_id)))

    def own_write(self, request_id: str) -> bool:
        """Whether a write of ours had this request id."""
        return self._table.get(_write_key(request_id)) is not None

    def mark_restored(self, intent: Intent, *, at: datetime) -> None:
        """Remember that this contact was written now."""
        item = _restored_key(intent.signal.account_id, intent.kind) | {
            "at": {"S": at.isoformat()},
            "because_of": {"S": intent.signal.event.id},
            "expires_at": expiry(at, RESTORED_HOURS * 3600),
        }
        self._table.call("put_item", Item=item)

    def restored_at(self, account_id: str, kind: ContactKind) -> datetime | None:
        """When we last wrote this contact, None if not within a day."""
        item = self._table.get(_restored_key(account_id, kind))
        return datetime.fromisoformat(item["at"]["S"]) if item else None

    def restored_for(self, account_id: str, kind: ContactKind) -> str | None:
        """The id of the event or run that led to that write, None if there was none within a day."""
        item = self._table.get(_restored_key(account_id, kind))
        return item.get("because_of", {}).get("S") if item else None

    def _leave_claim(self, intent: Intent, *, at: datetime) -> None:
        """Let one event claim the write of this intent, whose request id was lost."""
        item = key_of(_claims(intent.signal.account_id, intent.kind), intent.id) | {
            "undid": {"S": intent.signal.event.key},
            "expires_at": expiry(at, CLAIM_HOURS * 3600),
        }
        self._table.call("put_item", Item=item)

    def claim_write(self, account_id: str, kind: ContactKind, *, event_key: str, at: datetime) -> bool:
        """Whether a write of ours without a known request id waits for this call's event."""
        claims = self._table.query(_claims(account_id, kind))
        # The one that this event has claimed before goes first: it must not use up another's.
        claims.sort(key=lambda item: item.get("claimed_by", {}).get("S") != event_key)
        return any(self._claim(item, event_key, at) for item in claims)

    def _claim(self, item: Mapping[str, Any], event_key: str, at: datetime) -> bool:
        # DynamoDB deletes what has expired late: the condition looks for itself.
        free = "(attribute_not_exists(claimed_by) OR claimed_by = :event)"
        return self._table.conditionally(
            "update_item",
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET claimed_by = :event",
            ConditionExpression=f"attribute_exists(pk) AND undid <> :event AND expires_at > :now AND {free}",
            ExpressionAttributeValues={":event": {"S": event_key}, ":now": expiry(at, 0)},
        )


def _writes(account_id: str) -> str:
    return f"writes#{account_id}"


def _write_key(request_id: str) -> dict[str, Any]:
    return key_of(f"write#{request_id}", "write")


def _restored_key(account_id: str, kind: ContactKind) -> dict[str, Any]:
    return key_of(f"restored#{account_id}", str(kind))


def _claims(account_id: str, kind: ContactKind) -> str:
    return f"claim#{account_id}#{kind}"
