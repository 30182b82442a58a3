"""The intake queue, as far as a consumer touches it itself."""

from __future__ import annotations

from typing import Any

from rollcall.adapters.aws_errors import AWS_ERRORS, code_of
from rollcall.errors import RetryableError


class SqsQueue:
    """The port `Queue` over a boto3 SQS client."""

    def __init__(self, *, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def return_in(self, receipt: str, seconds: int) -> None:
        """Show the message again after this time; RetryableError if SQS did not take it."""
        try:
            self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
        except AWS_ERRORS as error:
            raise RetryableError(f"the queue refused: {code_of(error)}") from None
