"""Mailboxes: every message that a topic sends to an e-mail subscription."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.sns.models import Subscription

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.access.services import ServiceAccess
    from localcloud.cloud.interface import Cloud

ALERTS_FILE = "alerts.jsonl"


class Mailbox:
    """The messages of all subscribers, in memory and as JSON lines in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._received: list[dict[str, Any]] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")

    def list_messages(self) -> list[dict[str, Any]]:
        """All messages so far: time, topic, address, subject, message, attributes."""
        with self._lock:
            return list(self._received)

    def deliver(
        self, *, topic: str, address: str, subject: str | None, message: str, attributes: Any
    ) -> None:
        """Record one message. `attributes` come as {name: {Type, Value}} and are kept as {name: value}."""
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "topic": topic,
            "address": address,
            "subject": subject,
            "message": message,
            "attributes": {name: attribute["Value"] for name, attribute in (attributes or {}).items()},
        }
        with self._lock, self.path.open("a") as file:
            self._received.append(entry)
            file.write(json.dumps(entry) + "\n")


_SERVICE = "sns.amazonaws.com"


def install(cloud: Cloud, access: ServiceAccess) -> Mailbox:
    """Record mails in the run's alerts.jsonl. Subscriptions count as confirmed.

    Messages reach a queue only if its policy, and that of its key, admit the topic.
    """
    mail = Mailbox(cloud.run_dir / ALERTS_FILE)
    plain_publish = Subscription.publish

    def publish(self: Any, message: str, message_id: str, *args: Any, **options: Any) -> None:
        place = {"source_arn": self.topic.arn, "source_account": self.topic.account_id}
        if self.protocol == "sqs" and not access.is_admitted(
            _SERVICE, "sqs:SendMessage", self.endpoint, **place
        ):
            return
        plain_publish(self, message, message_id, *args, **options)
        matcher, attributes = self._filter_policy_matcher, options.get("message_attributes")
        if self.protocol == "email" and (matcher is None or matcher.matches(attributes, message)):
            mail.deliver(
                topic=self.topic.arn,
                address=self.endpoint,
                subject=options.get("subject"),
                message=message,
                attributes=attributes,
            )

    cloud.patch(Subscription, "publish", publish)
    return mail
