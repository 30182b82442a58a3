"""Lambda entry point of `apply`: one step of a run in, the whole run as it is then out."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from apply.compose import compose_apply
from rollcall.runtime.handlers import compose_once

log = Logger(service="apply")
_steps = compose_once(compose_apply)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Do the step that the state machine asks for; what it raises is the machine's to retry."""
    answer = _steps()[event["operation"]](event)
    keys = ("id", "trigger", "next", "ending", "cursor", "plan", "rates")
    log.info(event["operation"], extra={key: answer.get(key) for key in keys})
    return answer
