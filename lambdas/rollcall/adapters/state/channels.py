"""What was sent to one channel about each incident, in the state table: an item for both."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rollcall.adapters.state.table import TableAdapter, make_expiry, make_key
from rollcall.model.errors import RetryableError
from rollcall.notify.notifier import ChannelRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How long a worker may take to send before another may try: longer than the time-out of the function.
LOCK_SECONDS = 90
#: How long an incident is remembered: longer than any queue keeps a message (14 days).
REMEMBERED = timedelta(days=30)


class ChannelMemoryTable(TableAdapter):
    """The port `ChannelMemory` over a boto3 DynamoDB client."""

    def __init__(self, *, client: Any, table: str, channel: str) -> None:
        super().__init__(client=client, table=table)
        self._channel = channel

    def begin(self, incident_id: str, now: datetime) -> ChannelRecord:
        """Lock this incident in one write that also reads; RetryableError while another worker has it."""
        answer = self._table.call_if(
            "update_item",
            ReturnValues="ALL_NEW",
            Key=self._make_key(incident_id),
            UpdateExpression="SET locked_since = :now, expires_at = :expiry",
            ConditionExpression="attribute_not_exists(locked_since) OR locked_since < :stale",
            ExpressionAttributeValues={
                ":now": {"N": str(now.timestamp())},
                ":stale": {"N": str(now.timestamp() - LOCK_SECONDS)},
                ":expiry": make_expiry(now, REMEMBERED),
            },
        )
        if answer is None:
            raise RetryableError("another worker is sending this incident")
        return _read(answer["Attributes"])

    def load(self, incident_id: str) -> tuple[ChannelRecord, datetime | None]:
        """What was sent, and when this channel was last done with the incident; None if it never was."""
        item = self._table.get(self._make_key(incident_id)) or {}
        at = item.get("alerted_at", {}).get("S")
        return _read(item), datetime.fromisoformat(at) if at else None

    def end(self, incident_id: str, now: datetime, record: ChannelRecord) -> None:
        """Remember and unlock; RetryableError if the table did not take it: it is sent once more."""
        item = self._make_key(incident_id) | {
            "alerted_at": {"S": now.isoformat()},
            "expires_at": make_expiry(now, REMEMBERED),
            "withheld": {"BOOL": record.withheld},
        }
        if record.steps:
            item["steps"] = {"SS": sorted(record.steps)}
        if record.newest:
            item["newest"] = {"S": record.newest.isoformat()}
        if record.thread:
            item["thread"] = {"S": record.thread}
        self._table.call("put_item", Item=item)

    def _make_key(self, incident_id: str) -> dict[str, Any]:
        return make_key(f"alert#{self._channel}#{incident_id}", "alert")


def _read(item: Mapping[str, Any]) -> ChannelRecord:
    newest = item.get("newest", {}).get("S")
    return ChannelRecord(
        steps=frozenset(item.get("steps", {}).get("SS", ())),
        withheld=item.get("withheld", {}).get("BOOL", False),
        thread=item.get("thread", {}).get("S"),
        newest=datetime.fromisoformat(newest) if newest else None,
    )
