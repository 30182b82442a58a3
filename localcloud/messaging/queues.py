"""Patches of moto's SQS, and access to its queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.sqs.models import Queue, sqs_backends

if TYPE_CHECKING:
    from localcloud.cloud.interface import Cloud


def install(cloud: Cloud) -> None:
    """Stop moto from invoking functions inside SendMessage, and from losing messages and policies."""
    plain_add, plain_delete = Queue.add_message, Queue.delete_message
    plain_set = Queue._set_attributes  # noqa: SLF001 - where moto drops the policy

    def add(self: Any, message: Any) -> None:
        self.lambda_event_source_mappings = {}
        plain_add(self, message)

    def delete(self: Any, receipt_handle: str) -> None:
        # moto rebuilds the list of messages: one that is added meanwhile would be gone.
        with self._messages_lock:
            plain_delete(self, receipt_handle)

    def set_attributes(self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        # moto forgets the policy whenever another attribute is set.
        kept = getattr(self, "_policy_json", None)
        plain_set(self, attributes, now)
        if kept is not None and "Policy" not in attributes:
            self._policy_json = kept

    cloud.patch(Queue, "_set_attributes", set_attributes)
    cloud.patch(Queue, "add_message", add)
    cloud.patch(Queue, "delete_message", delete)


def find_queue(arn: str) -> Any:
    """The queue of that ARN in moto; raises LookupError when there is none."""
    region, account, name = arn.split(":")[3:6]
    queue = sqs_backends[account][region].queues.get(name)
    if queue is None:
        raise LookupError(f"no queue {arn}")
    return queue


def send_message(arn: str, body: str, attributes: dict[str, str] | None = None) -> None:
    """Put a message (with String attributes) into a queue; raises LookupError when there is no such queue."""
    queue = find_queue(arn)
    typed = {key: {"DataType": "String", "StringValue": text} for key, text in (attributes or {}).items()}
    sqs_backends[queue.account_id][queue.region].send_message(queue.name, body, message_attributes=typed)
