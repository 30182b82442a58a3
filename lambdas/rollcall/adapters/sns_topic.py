"""The alert topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.adapters.aws_errors import AWS_ERRORS, code_of
from rollcall.errors import RetryableError

if TYPE_CHECKING:
    from rollcall.alerts.plain_text import Alert


class SnsTopic:
    """The port `Topic` over a boto3 SNS client."""

    def __init__(self, *, client: Any, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, alert: Alert) -> None:
        """Send one alert with its attributes to filter by; RetryableError if it was not taken."""
        try:
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=alert.subject,
                Message=alert.text,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in alert.attributes.items()
                },
            )
        except AWS_ERRORS as error:
            raise RetryableError(f"the topic refused the alert: {code_of(error)}") from None
