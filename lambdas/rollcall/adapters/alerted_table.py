"""Which alerts were sent, in the state table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.adapters.dynamodb_table import TableAdapter, expiry, key_of
from rollcall.errors import RetryableError
from rollcall.outcomes import Stage

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.alerts.plain_text import Alert

#: How long a worker may take to send before another may try: longer than the time-out of the function.
CLAIM_SECONDS = 90
#: How long an alert is remembered: longer than any queue keeps a message (14 days).
REMEMBERED_DAYS = 30
_SENT = {"S": "sent"}


class AlertedTable(TableAdapter):
    """The memory of `notify` over a boto3 DynamoDB client."""

    def claim(self, alert: Alert, now: datetime) -> bool:
        """Whether this alert is still to be sent, and by us; RetryableError while another sends it.

        After a closing only one that tells of another write is news: a late opening would undo it.
        A closing that has nothing else to say waits for its opening.
        """
        if not alert.content and self._any(alert, Stage.CLOSED, but=_sort_key(alert)):
            return False
        if alert.closes_only and not self._any(alert, Stage.OPEN, sent=True):
            raise RetryableError("the opening of this incident is still under way")
        item = _key(alert) | {
            "status": {"S": "claimed"},
            "claimed_at": {"N": str(now.timestamp())},
            "expires_at": expiry(now, REMEMBERED_DAYS * 86400),
        }
        claimed = self._table.conditionally(
            "put_item",
            Item=item,
            ConditionExpression="attribute_not_exists(pk) OR (#status <> :sent AND claimed_at < :stale)",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":sent": _SENT,
                ":stale": {"N": str(now.timestamp() - CLAIM_SECONDS)},
            },
        )
        if not claimed and (self._table.get(_key(alert)) or {}).get("status") != _SENT:
            raise RetryableError("another worker is sending this alert")
        return claimed

    def sent(self, alert: Alert, now: datetime) -> None:
        """Remember that it was sent; RetryableError if the table did not take it: it is sent once more."""
        self._table.call(
            "update_item",
            Key=_key(alert),
            UpdateExpression="SET #status = :sent, sent_at = :at",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":sent": _SENT, ":at": {"S": now.isoformat()}},
        )

    def _any(self, alert: Alert, stage: Stage, *, but: str | None = None, sent: bool = False) -> bool:
        """Whether anything is told of the incident at this stage; `sent`: whether it has been."""
        found = self._table.query(_incident(alert), prefix=f"{stage}#")
        items = [item for item in found if item["sk"]["S"] != but]
        return any(not sent or item["status"] == _SENT for item in items)


def _incident(alert: Alert) -> str:
    return f"alert#{alert.incident_id}"


def _sort_key(alert: Alert) -> str:
    return f"{alert.stage}#{alert.content}"


def _key(alert: Alert) -> dict[str, Any]:
    return key_of(_incident(alert), _sort_key(alert))
