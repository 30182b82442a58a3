"""Topics: alerts for people and pagers, and notifications for Amazon Q, which posts them to a chat."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollcall.adapters.errors import AWS_ERRORS, get_code
from rollcall.model.errors import RetryableError
from rollcall.notify.topics import render_chat, render_plain_text

if TYPE_CHECKING:
    from rollcall.notify.message import Message


class _Topic:
    def __init__(self, *, client: Any, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def _publish(self, message: Message, **parameters: str) -> None:
        """With the attributes to filter by; RetryableError if it was not taken."""
        try:
            self._client.publish(
                TopicArn=self._topic_arn,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in message.attributes.items()
                },
                **parameters,
            )
        except AWS_ERRORS as error:
            raise RetryableError(f"the topic refused the alert: {get_code(error)}") from None


class SnsTopic(_Topic):
    """The port `Channel` over a boto3 SNS client: plain text with a subject."""

    #: SNS takes 256 KiB, and a character has up to four bytes.
    longest = 40_000

    def send(self, message: Message, *, thread: str | None, follows: bool) -> None:  # noqa: ARG002  # mail has no threads
        """Publish one alert; RetryableError if it was not taken."""
        alert = render_plain_text(message)
        self._publish(message, Subject=alert.subject, Message=alert.text)


class ChatTopic(_Topic):
    """The port `Channel` over a boto3 SNS client: custom notifications, threaded by incident."""

    #: Some more than half of what a description takes: facts and marks are in it, too.
    longest = 4500

    def send(self, message: Message, *, thread: str | None, follows: bool) -> None:  # noqa: ARG002  # Amazon Q threads by incident id
        """Publish one notification; RetryableError if it was not taken."""
        self._publish(message, Message=json.dumps(render_chat(message), ensure_ascii=False))
