"""Lambda entry point of `notify`: incidents and notices in, messages on one channel out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from notify.compose import NotifyFunction, compose_notify
from rollcall.runtime.handlers import compose_once, process

if TYPE_CHECKING:
    from rollcall.ports import Delivery

log = Logger(service="notify")
_function = compose_once(compose_notify)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send the alert of every incident and notice of the batch on its own."""
    function = _function()
    return process(
        event, lambda body, delivery: _handle(function, body, delivery), queue=function.queue, log=log
    )


def _handle(function: NotifyFunction, body: object, delivery: Delivery) -> None:
    message, decision = function.notifier.handle(body)
    log.info(
        "alert",
        channel=function.channel,
        decision=decision.value,
        message_id=delivery.message_id,
        incident_id=message.incident_id,
        step=message.step,
    )
