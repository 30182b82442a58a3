"""Lambda entry point of `control`: a command in, what came of it out."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from control.compose import compose_control
from rollcall.runtime.handlers import compose_once

log = Logger(service="control")
_operator = compose_once(compose_control)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Carry out the command, or say why not; what it raises is the machine's to retry."""
    answer = _operator().handle(event)
    # Who it was and what people wrote is in the alert and in the ledger, under the execution's name.
    asked = {key: event.get(key) for key in ("operation", "plan", "execution")}
    log.info("refused" if "refused" in answer else "done", extra=asked)
    return answer
