"""Lambda entry point of `notify`: incidents and notices in, alerts out."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from rollcall.batch import process
from rollcall.bootstrap import notify_function

if TYPE_CHECKING:
    from rollcall.notify import Notifier
    from rollcall.ports import Delivery

log = Logger(service="notify")
_function = cache(notify_function)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send the alert of every incident and notice of the batch on its own."""
    notifier = _function()
    return process(event, lambda body, delivery: _handle(notifier, body, delivery), queue=None, log=log)


def _handle(notifier: Notifier, body: object, delivery: Delivery) -> None:
    alert = notifier.handle(body)
    log.info(
        "alert sent" if alert else "alert already sent",
        message_id=delivery.message_id,
        incident_id=alert.incident_id if alert else None,
        stage=alert.stage if alert else None,
    )
