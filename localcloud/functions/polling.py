"""Event source mappings: polls queues, invokes functions with batches, and deletes processed messages.

Source: Lambda developer guide, "Using Lambda with Amazon SQS" and "Handling errors for an SQS event source".
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import lambda_backends
from moto.sqs.models import sqs_backends

from localcloud.functions.service import ThrottledError, find_function
from localcloud.messaging.queues import find_queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.access.services import ServiceAccess
    from localcloud.functions.service import Functions

_PAUSE_SECONDS = 0.03
_RECEIVE_AT_MOST = 10
#: Lambda developer guide, "Using Lambda with Amazon SQS", "Execution role permissions".
ROLE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_DEFAULT_CONCURRENCY = 5  # Lambda starts with five concurrent batches for a queue
_log = logging.getLogger(__name__)


class Poller:
    """One thread polls for all mappings; batches run in parallel up to a mapping's limit."""

    def __init__(self, functions: Functions, access: ServiceAccess) -> None:
        self._functions = functions
        self._access = access
        self._in_flight: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._batches = ThreadPoolExecutor(max_workers=16, thread_name_prefix="batch")
        self._thread = threading.Thread(target=self._poll, name="poller", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Receive no more messages. Batches in progress continue."""
        self._stopping.set()
        self._thread.join(timeout=5)
        self._batches.shutdown(wait=False, cancel_futures=True)

    def is_idle(self) -> bool:
        """Whether no function has messages, or could have some now: what comes back later does not count."""
        with self._lock:
            mappings = list(_list_mappings())
            return not any(self._in_flight[m.uuid] or (m.enabled and _list_visible(m)) for m in mappings)

    def _poll(self) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            for mapping in list(_list_mappings()):
                with self._lock:  # what is received is in flight at once
                    batch = self._receive(mapping) if mapping.enabled else []
                    self._in_flight[mapping.uuid] += bool(batch)
                if batch:
                    self._batches.submit(self._process, mapping, batch)

    def _receive(self, mapping: Any) -> list[Any]:
        window = float(mapping.max_batch_window or 0)
        waiting = _list_visible(mapping)
        if not waiting or self._in_flight[mapping.uuid] >= _get_limit(mapping):
            return []
        if not self._may_receive(mapping):
            return []
        since = min(max(m.sent_timestamp, m.visible_at, m.delayed_until) for m in waiting) / 1000
        if len(waiting) < mapping.batch_size and time.time() - since < window:
            return []
        queue = find_queue(mapping.event_source_arn)
        backend = sqs_backends[queue.account_id][queue.region]
        batch: list[Any] = []
        with queue._messages_lock:  # noqa: SLF001 - moto receives without it
            while len(batch) < mapping.batch_size:
                count = min(_RECEIVE_AT_MOST, mapping.batch_size - len(batch))
                more = backend.receive_message(queue.name, count, 0, queue.visibility_timeout, ["All"])
                batch += more
                if len(more) < count:
                    break
        return batch

    def _may_receive(self, mapping: Any) -> bool:
        """Whether the function's role may take messages from the queue: Lambda does it in its name."""
        function = find_function(mapping.function_arn)
        return function is not None and not any(
            self._access.explain_refusal_as(
                "lambda.amazonaws.com", function.role, action, mapping.event_source_arn
            )
            for action in ROLE_ACTIONS
        )

    def _process(self, mapping: Any, batch: list[Any]) -> None:
        try:
            records = [_build_record(message, mapping) for message in batch]
            outcome = self._functions.invoke(mapping.function_arn, json.dumps({"Records": records}).encode())
            failed = (
                {m.id for m in batch} if outcome.failed else _find_failures(mapping, batch, outcome.payload)
            )
            queue = find_queue(mapping.event_source_arn)
            for message in batch:
                if message.id not in failed:
                    queue.delete_message(message.receipt_handle)
        except ThrottledError:
            _log.warning("throttled", extra={"function": mapping.function_arn})
        except Exception:  # noqa: BLE001 - as in Lambda, what was not processed becomes visible again by itself
            _log.exception("batch", extra={"function": mapping.function_arn})
        finally:
            with self._lock:
                self._in_flight[mapping.uuid] -= 1


def _get_limit(mapping: Any) -> int:
    """How many batches run at once: what the mapping says, and what the function's reserve leaves room for.

    With a reserve of zero a batch is received all the same, and throttled.
    """
    limit = int((mapping.scaling_config or {}).get("MaximumConcurrency", _DEFAULT_CONCURRENCY))
    reserved = getattr(find_function(mapping.function_arn), "reserved_concurrency", None)
    return limit if reserved is None else min(limit, max(1, int(reserved)))


def _list_mappings() -> Iterator[Any]:
    for regions in list(lambda_backends.values()):
        for backend in list(regions.values()):
            mappings = list(backend._event_source_mappings.values())  # noqa: SLF001 - moto has no other way to list all
            yield from (mapping for mapping in mappings if ":sqs:" in mapping.event_source_arn)


def _list_visible(mapping: Any) -> list[Any]:
    try:
        return list(find_queue(mapping.event_source_arn).messages)
    except LookupError:
        return []  # deleted before its mapping


def _build_record(message: Any, mapping: Any) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SentTimestamp": str(message.sent_timestamp),
            "SenderId": message.sender_id,
            "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        },
        "messageAttributes": {
            name: {"stringValue": attribute.get("StringValue"), "dataType": attribute["DataType"]}
            for name, attribute in message.message_attributes.items()
        },
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.event_source_arn,
        "awsRegion": mapping.region,
    }


def _find_failures(mapping: Any, batch: list[Any], payload: bytes) -> set[str]:
    """Ids of the messages reported as failed; all of them if the answer is invalid."""
    everything = {message.id for message in batch}
    if "ReportBatchItemFailures" not in (mapping.function_response_types or []):
        return set()
    try:
        reported = (json.loads(payload) or {}).get("batchItemFailures") or []
        failed = {item["itemIdentifier"] for item in reported}
    except (ValueError, TypeError, KeyError, AttributeError):
        return everything
    return everything if failed - everything else failed
