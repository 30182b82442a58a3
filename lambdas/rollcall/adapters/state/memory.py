"""Operational memory in one DynamoDB table: what is approved, intended, written, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.adapters.state.edits import BulkItems, KnownDriftItems, RepeatedEditItems
from rollcall.adapters.state.intents import IntentItems, OwnWriteItems
from rollcall.adapters.state.rosters import ControlItems
from rollcall.adapters.state.table import make_expiry, make_key

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.decide.intent import Intent

#: How long an incident that is not over is remembered: longer than any queue keeps a message (14 days).
OPENED_DAYS = 30


class StateTable(ControlItems, IntentItems, OwnWriteItems, BulkItems, RepeatedEditItems, KnownDriftItems):
    """The port `State` over a boto3 DynamoDB client. All reads are consistent."""

    def record_request(self, intent: Intent, request_id: str, *, at: datetime) -> None:
        """Remember the write and its request id, so that its event is known as an own write."""
        self.remember_call(intent, request_id, at=at)
        self.remember_write(intent, at=at)
        self._store_request(intent, request_id)

    def close_intent(self, intent: Intent, *, claimable: bool, at: datetime) -> None:
        """Forget an intent whose outcome is recorded; one that is gone already is no error."""
        if claimable:
            self._leave_claim(intent, at=at)
        self._forget(intent)

    def mark_opened(self, incident_id: str, *, at: datetime) -> None:
        """Remember that people were told of an incident that is not over."""
        item = _make_opened_key(incident_id) | {"expires_at": make_expiry(at, OPENED_DAYS * 86400)}
        self._table.call("put_item", Item=item)

    def is_opened(self, incident_id: str) -> bool:
        """Whether people were told of an incident that is not over."""
        return self._table.get(_make_opened_key(incident_id)) is not None


def _make_opened_key(incident_id: str) -> dict[str, Any]:
    return make_key(f"opened#{incident_id}", "opened")
