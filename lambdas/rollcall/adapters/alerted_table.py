"""Which alerts were sent, in the state table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.adapters.aws_errors import AWS_ERRORS, code_of
from rollcall.errors import RetryableError
from rollcall.outcomes import Stage

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.alerts import Alert

#: How long a worker may take to send before another may try: longer than the time-out of the function.
CLAIM_SECONDS = 90
#: How long an alert is remembered: longer than any queue keeps a message (14 days).
REMEMBERED_DAYS = 30
_SENT = {"S": "sent"}


class AlertedTable:
    """The memory of `notify` over a boto3 DynamoDB client."""

    def __init__(self, *, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def claim(self, alert: Alert, now: datetime) -> bool:
        """Whether this alert is still to be sent, and by us; RetryableError while another sends it.

        An opening that arrives after its closing is not sent: it would undo the good news. Nor is a closing
        that has nothing else to say, if nothing was opened.
        """
        if alert.stage == Stage.OPEN and self._status(alert, Stage.CLOSED) is not None:
            return False
        if alert.closes_only and self._status(alert, Stage.OPEN) is None:
            return False
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_key(alert, alert.stage)
                | {
                    "status": {"S": "claimed"},
                    "claimed_at": {"N": str(now.timestamp())},
                    "expires_at": {"N": str(int(now.timestamp()) + REMEMBERED_DAYS * 86400)},
                },
                ConditionExpression="attribute_not_exists(pk) OR (#status <> :sent AND claimed_at < :stale)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":sent": _SENT,
                    ":stale": {"N": str(now.timestamp() - CLAIM_SECONDS)},
                },
            )
        except AWS_ERRORS as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise RetryableError(f"the state table refused the claim: {code_of(error)}") from None
            if self._status(alert, alert.stage) == _SENT["S"]:
                return False
            raise RetryableError("another worker is sending this alert") from None
        return True

    def sent(self, alert: Alert, now: datetime) -> None:
        """Remember that it was sent; RetryableError if the table did not take it: it is sent once more."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(alert, alert.stage),
                UpdateExpression="SET #status = :sent, sent_at = :at",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":sent": _SENT, ":at": {"S": now.isoformat()}},
            )
        except AWS_ERRORS as error:
            raise RetryableError(f"the state table refused the note: {code_of(error)}") from None

    def _status(self, alert: Alert, stage: str) -> str | None:
        try:
            answer = self._client.get_item(TableName=self._table, Key=_key(alert, stage), ConsistentRead=True)
        except AWS_ERRORS as error:
            raise RetryableError(f"the state table refused the look: {code_of(error)}") from None
        status: str | None = answer.get("Item", {}).get("status", {}).get("S")
        return status


def _key(alert: Alert, stage: str) -> dict[str, Any]:
    return {"pk": {"S": f"alert#{alert.incident_id}"}, "sk": {"S": stage}}
