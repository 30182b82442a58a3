"""What Rollcall wrote, in the state table: so that its own events are known, and what it undid is told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rollcall.adapters.dynamodb_table import TableAdapter, expiry, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.contacts import ContactKind
    from rollcall.intents import Intent

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
