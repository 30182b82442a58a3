"""Open intents in the state table: one worker at a contact, and only while its roster is approved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.aws_errors import AWS_ERRORS, code_of
from rollcall.adapters.control_items import CONTROL
from rollcall.adapters.dynamodb_table import TableAdapter, key_of
from rollcall.errors import IntentBusyError, RecordRefusedError, RetryableError, WritesHaltedError
from rollcall.intents import Intent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

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
