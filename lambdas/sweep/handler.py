"""Lambda entry point of `sweep`: one step of a run in, the whole run as it is then out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from rollcall.runtime.handlers import compose_once, measure
from sweep.compose import compose_sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = Logger(service="sweep")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Do the step that the state machine asks for; what it raises is the machine's to retry."""
    answer = _steps()[event["operation"]](event)
    keys = ("id", "trigger", "next", "ending", "accounts", "cursor", "reads", "rates", "pending", "failed")
    log.info(event["operation"], extra={key: answer.get(key) for key in keys})
    return answer


@compose_once
def _steps() -> Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
    return compose_sweep(measure)
