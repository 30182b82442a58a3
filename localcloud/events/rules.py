"""What EventBridge refuses when a rule is made: patterns, schedules, and buses that do not take its events.

Sources: EventBridge API reference, PutRule and PutTargets; user guide, "Event pattern syntax". That a bus of
another account is checked as the target is added is documented for its existence and permissions only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.cloud.gateway import build_refusal, identify_caller
from localcloud.events.buses import find_bus
from localcloud.events.operators import InvalidPatternError
from localcloud.events.patterns import compile_pattern
from localcloud.events.schedule_expressions import is_schedule

if TYPE_CHECKING:
    from werkzeug import Request, Response

    from localcloud.access.services import ServiceAccess

_SERVICE = "events.amazonaws.com"


class RuleChecks:
    """Refuses PutRule and PutTargets as EventBridge does. moto answers what is left."""

    def __init__(self, access: ServiceAccess) -> None:
        self._access = access

    def handle(self, request: Request) -> Response | None:
        """The refusal, or None for a request that moto shall answer."""
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if operation not in {"PutRule", "PutTargets", "TestEventPattern"}:
            return None
        parameters = json.loads(request.get_data() or b"{}")
        if operation == "PutTargets":
            return self._check_targets(parameters, identify_caller(request).account_id)
        return _check_rule(parameters)

    def _check_targets(self, parameters: dict[str, Any], account: str) -> Response | None:
        for target in parameters.get("Targets", []):
            arn, role = str(target.get("Arn", "")), target.get("RoleArn", "")
            if ":event-bus/" not in arn:
                continue
            if find_bus(arn) is None:
                return build_refusal("ResourceNotFoundException", f"Event bus {arn} does not exist.")
            foreign = arn.split(":")[4] != account
            if foreign and role and not self._access.may_be_admitted(role, "events:PutEvents", arn):
                return build_refusal(
                    "AccessDeniedException",
                    f"The policy of {arn} does not allow events:PutEvents to account {account}.",
                )
        return None


def _check_rule(parameters: dict[str, Any]) -> Response | None:
    pattern, schedule = parameters.get("EventPattern"), parameters.get("ScheduleExpression")
    if pattern:
        try:
            compile_pattern(pattern)
        except InvalidPatternError as error:
            return build_refusal(
                "InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}"
            )
    if schedule and not is_schedule(schedule, once=False):
        return build_refusal("ValidationException", "Parameter ScheduleExpression is not valid.")
    return None
