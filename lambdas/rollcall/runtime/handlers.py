"""Shared by handlers: compose once, write metrics, handle each message of a batch, return it for a retry."""

from __future__ import annotations

import gc
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from zlib import crc32

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from rollcall.model.errors import (
    LaterError,
    LookAgainError,
    MalformedEventError,
    PermanentError,
    RollcallError,
    SoonError,
)
from rollcall.outcomes.metrics import DIMENSION, NAMESPACE, SERVICES, Metric
from rollcall.ports import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from functools import _lru_cache_wrapper

Function = TypeVar("Function")


def compose_once(compose: Callable[[], Function]) -> _lru_cache_wrapper[Function]:
    """What `compose` returns, from its first call on; what it raises is raised, and it is called again.

    Clients are made of some hundred thousand small objects, none of them garbage. Python would look through
    them again and again meanwhile, for a tenth of a cold start (`make bench`).
    """

    @cache
    def composed() -> Function:
        gc.disable()
        try:
            return compose()
        finally:
            gc.enable()

    # While Lambda starts the function, it has a whole processor, whatever its memory. What fails now is tried
    # again by the first event, and raised.
    with suppress(Exception):
        composed()
    return composed


def measure(metric: Metric, value: int) -> None:
    """Write one data point: a count, or milliseconds if its name says so."""
    unit = MetricUnit.Milliseconds if metric is Metric.RESTORE_MILLISECONDS else MetricUnit.Count
    with single_metric(
        metric,
        unit=unit,
        value=value,
        namespace=NAMESPACE,
        default_dimensions={DIMENSION: SERVICES[metric]},
    ):
        """Written on the way out."""


#: Longest wait between two tries. SQS takes up to 12 hours, a person waits less gladly.
LONGEST_RETRY_SECONDS = 900
_FIRST_RETRY_SECONDS = 2
#: Else sixty receives of what is awaited in seconds would be over in two minutes.
_LONGEST_SPREAD_SECONDS = 15
#: So many times a message is tried when its receiver said: a burst of alerts is through in seconds.
_AS_ASKED = 4


class Queue(Protocol):
    """The queue that the batch came from."""

    def return_in(self, receipt: str, seconds: int) -> None:
        """Show the message again after this time."""


class BatchLogger(Protocol):
    """What a batch reports to; `extra` becomes keys of one JSON line."""

    def warning(self, msg: object, /, *, extra: Mapping[str, object] | None = None) -> None:
        """A message goes back to the queue."""


def retry_seconds(receives: int) -> int:
    """Wait before the next try: 2, 4, 8, ... up to 900 s. Sixty receives span almost 13 hours."""
    return int(min(_FIRST_RETRY_SECONDS * 2 ** (min(receives, 20) - 1), LONGEST_RETRY_SECONDS))


class Context(Protocol):
    """What Lambda says of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Time until the function is stopped."""


def process(
    event: Mapping[str, Any],
    handle: Callable[[object, Delivery], object],
    *,
    queue: Queue,
    log: BatchLogger,
    deadline: datetime | None = None,
) -> dict[str, Any]:
    """Handle each record of an SQS event; returns the partial batch response that Lambda wants.

    A message that can never succeed comes back at once, so that it is in the dead-letter queue soon.
    `deadline` is when the function is stopped.
    """
    failures = []
    for record in event["Records"]:
        receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        delivery = Delivery(message_id=record["messageId"], receives=receives, deadline=deadline)
        try:
            handle(_parse(record["body"]), delivery)
        except LookAgainError as again:
            _return(queue, record, again.seconds, log)
            failures.append({"itemIdentifier": record["messageId"]})
        except Exception as error:  # noqa: BLE001  # whatever it is, the rest of the batch goes on
            seconds = _wait(error, delivery)
            _return(queue, record, seconds, log)
            failures.append({"itemIdentifier": record["messageId"]})
            # Only our own texts are known to hold no contact details.
            reason = str(error) if isinstance(error, RollcallError) else "unexpected"
            keys = {
                "message_id": record["messageId"],
                "error": type(error).__name__,
                "reason": reason,
                "receives": receives,
                "retry_seconds": seconds,
            }
            log.warning("returned to the queue", extra=keys)
    return {"batchItemFailures": failures}


def find_deadline(context: Context) -> datetime:
    """When this invocation is stopped, by this machine's clock."""
    return datetime.now(UTC) + timedelta(milliseconds=context.get_remaining_time_in_millis())


def _wait(error: Exception, delivery: Delivery) -> int:
    if isinstance(error, PermanentError):
        return 0
    receives = delivery.receives
    # Messages that wait for the same do not come at once, and each further time they are spread wider.
    spread = (crc32(delivery.message_id.encode()) + receives) % min(receives + 2, _LONGEST_SPREAD_SECONDS)
    if isinstance(error, SoonError):
        return error.seconds or 1 + spread
    if isinstance(error, LaterError):
        asked = min(error.seconds + spread, LONGEST_RETRY_SECONDS)
        return asked if receives <= _AS_ASKED else max(asked, retry_seconds(receives))
    return retry_seconds(receives)


def _parse(body: str) -> object:
    try:
        return json.loads(body)
    except ValueError:
        raise MalformedEventError("the message is no JSON") from None


def _return(queue: Queue, record: Mapping[str, Any], seconds: int, log: BatchLogger) -> None:
    try:
        queue.return_in(record["receiptHandle"], seconds)
    except RollcallError as error:
        # Then the message comes back when its visibility ends: later, but not less surely.
        keys = {"message_id": record["messageId"], "reason": str(error)}
        log.warning("left to its visibility time-out", extra=keys)
