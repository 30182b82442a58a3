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

        After a closing only one that tells of another write is news: a late opening would undo it.
        A closing that has nothing else to say waits for its opening.
        """
        if not alert.content and self._any(alert, Stage.CLOSED, but=_sort_key(alert)):
            return False
        if alert.closes_only and not self._any(alert, Stage.OPEN, sent=True):
            raise RetryableError("the opening of this incident is still under way")
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_key(alert)
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
            if self._status(alert) == _SENT["S"]:
                return False
            raise RetryableError("another worker is sending this alert") from None
        return True

    def sent(self, alert: Alert, now: datetime) -> None:
        """Remember that it was sent; RetryableError if the table did not take it: it is sent once more."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(alert),
                UpdateExpression="SET #status = :sent, sent_at = :at",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":sent": _SENT, ":at": {"S": now.isoformat()}},
            )
        except AWS_ERRORS as error:
            raise RetryableError(f"the state table refused the note: {code_of(error)}") from None

    def _status(self, alert: Alert) -> str | None:
        answer = self._read("get_item", Key=_key(alert))
        status: str | None = answer.get("Item", {}).get("status", {}).get("S")
        return status

    def _any(self, alert: Alert, stage: Stage, *, but: str | None = None, sent: bool = False) -> bool:
        """Whether anything is told of the incident at this stage; `sent`: whether it has been."""
        answer = self._read(
            "query",
            KeyConditionExpression="pk = :pk AND begins_with(sk, :stage)",
            ExpressionAttributeValues={":pk": _key(alert)["pk"], ":stage": {"S": f"{stage}#"}},
        )
        items = [item for item in answer["Items"] if item["sk"]["S"] != but]
        return any(not sent or item["status"] == _SENT for item in items)

    def _read(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(
                TableName=self._table, ConsistentRead=True, **parameters
            )
        except AWS_ERRORS as error:
            raise RetryableError(f"the state table refused the look: {code_of(error)}") from None
        return answer


def _sort_key(alert: Alert) -> str:
    return f"{alert.stage}#{alert.content}"


def _key(alert: Alert) -> dict[str, Any]:
    return {"pk": {"S": f"alert#{alert.incident_id}"}, "sk": {"S": _sort_key(alert)}}
