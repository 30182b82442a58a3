"""How far incidents were alerted, in the state table."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.adapters.state.contacts import PENDING
from rollcall.adapters.state.table import TableAdapter, make_expiry, make_key, read_document, write_document
from rollcall.events.signal import Signal
from rollcall.publish.incidents import AlertedIncident, AlertStage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Longer than any queue keeps a message (14 days).
_REMEMBERED: Final = timedelta(days=30)
_RANKS: Final = {stage: rank for rank, stage in enumerate(AlertStage, start=1)}


class IncidentItems(TableAdapter):
    """The port `IncidentMemory`."""

    def load_incident(self, incident_id: str) -> AlertedIncident | None:
        """What is known of the incident."""
        item = self._table.get(_make_key(incident_id))
        return None if item is None or "stage" not in item else _read(item)

    def save_incident(self, incident: AlertedIncident, *, at: datetime) -> bool:
        """Store it, unless it is known to be as far or further."""
        pending = incident.stage is not AlertStage.CLOSED
        change = ", pending = :pending" if pending else " REMOVE pending"
        return self._table.try_write(
            "update_item",
            Key=_make_key(incident.id),
            UpdateExpression="SET stage = :stage, #rank = :rank, opening = :opening, #signal = :signal, "
            f"saved_at = :at, expires_at = :expiry{change}",
            ConditionExpression="attribute_not_exists(#rank) OR #rank < :rank",
            ExpressionAttributeNames={"#rank": "rank", "#signal": "signal"},
            ExpressionAttributeValues={
                ":stage": {"S": str(incident.stage)},
                ":rank": {"N": str(_RANKS[incident.stage])},
                ":opening": {"S": incident.opening},
                ":signal": write_document(incident.signal),
                ":at": {"S": at.isoformat()},
                ":expiry": make_expiry(at, _REMEMBERED),
            }
            | ({":pending": {"S": "incident"}} if pending else {}),
        )

    def list_unfinished(self) -> Sequence[AlertedIncident]:
        """All that are not closed. The index may be some milliseconds behind."""
        return [_read(item) for item in self._table.query_index(PENDING, "incident")]

    def mark_done(self, incident_id: str, account_id: str, *, at: datetime) -> None:
        """Remember that this account of a renamed OU was reconciled."""
        self._table.call(
            "update_item",
            Key=_make_key(incident_id),
            UpdateExpression="ADD accounts :account SET expires_at = :expiry",
            ExpressionAttributeValues={
                ":account": {"SS": [account_id]},
                ":expiry": make_expiry(at, _REMEMBERED),
            },
        )

    def list_done(self, incident_id: str) -> frozenset[str]:
        """The accounts that were."""
        item = self._table.get(_make_key(incident_id)) or {}
        return frozenset(item.get("accounts", {}).get("SS", ()))


def _make_key(incident_id: str) -> dict[str, Any]:
    return make_key(f"incident#{incident_id}", "incident")


def _read(item: Mapping[str, Any]) -> AlertedIncident:
    return AlertedIncident(
        id=item["pk"]["S"].removeprefix("incident#"),
        stage=AlertStage(item["stage"]["S"]),
        opening=item["opening"]["S"],
        signal=read_document(Signal, item, "signal"),
    )
