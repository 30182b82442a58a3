"""The Step Functions API (JSON 1.0): executions and validation of machines. moto answers the rest.

Source: Step Functions API reference; the actions' resources are those of the service authorization reference.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import AWSError

from localcloud.cloud.gateway import build_refusal, build_response
from localcloud.state_machines.definitions import InvalidDefinitionError, check_definition
from localcloud.state_machines.tasks import SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug import Request, Response

    from localcloud.access.services import ServiceAccess
    from localcloud.state_machines.service import Executions

    Operation = Callable[[dict[str, Any]], dict[str, Any]]

_PAGE = 100  # ListExecutions and GetExecutionHistory, unless asked for less


class StepFunctionsApi:
    """Answers requests about executions, and checks those that moto answers."""

    def __init__(self, executions: Executions, access: ServiceAccess) -> None:
        self._executions = executions
        self._access = access
        self._operations: dict[str, Operation] = {
            "StartExecution": self._start,
            "DescribeExecution": self._describe,
            "ListExecutions": self._list,
            "StopExecution": self._stop,
            "GetExecutionHistory": self._history,
        }

    def handle(self, request: Request) -> Response | None:
        """The answer, or None for a request that moto shall answer."""
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        parameters = json.loads(request.get_data() or b"{}")
        if name in {"CreateStateMachine", "UpdateStateMachine"}:
            return self._check_machine(parameters)
        if name not in self._operations:
            return None
        try:
            return build_response(self._operations[name](parameters))
        except AWSError as error:
            return build_refusal(str(error.error_type), str(error.message))

    def _start(self, parameters: dict[str, Any]) -> dict[str, Any]:
        execution = self._executions.start(
            parameters["stateMachineArn"],
            name=parameters.get("name"),
            document=parameters.get("input", "{}"),
        )
        return {"executionArn": execution.execution_arn, "startDate": execution.start_date}

    def _describe(self, parameters: dict[str, Any]) -> dict[str, Any]:
        execution = self._executions.find(parameters["executionArn"])
        described = execution.to_describe_output() | {"input": execution.execution_input}
        return {key: value for key, value in described.items() if value is not None}

    def _list(self, parameters: dict[str, Any]) -> dict[str, Any]:
        chosen = self._executions.list_executions(
            parameters["stateMachineArn"], parameters.get("statusFilter")
        )
        items = [execution.to_execution_list_item() for execution in chosen]
        known = [{key: value for key, value in item.items() if value is not None} for item in items]
        return _cut_page("executions", known, parameters)

    def _stop(self, parameters: dict[str, Any]) -> dict[str, Any]:
        reason = {key: parameters.get(key) for key in ("error", "cause")}
        return {"stopDate": self._executions.stop(parameters["executionArn"], **reason).stop_date}

    def _history(self, parameters: dict[str, Any]) -> dict[str, Any]:
        events = list(self._executions.find(parameters["executionArn"]).to_history_output()["events"])
        return _cut_page("events", events[::-1] if parameters.get("reverseOrder") else events, parameters)

    def _check_machine(self, parameters: dict[str, Any]) -> Response | None:
        try:
            if "definition" in parameters:
                check_definition(parameters["definition"])
        except InvalidDefinitionError as error:
            return build_refusal("InvalidDefinition", f"Invalid State Machine Definition: '{error}'")
        role = parameters.get("roleArn")
        if role and not self._access.can_assume(
            SERVICE, role, source_arn=parameters.get("stateMachineArn", "")
        ):
            return build_refusal(
                "AccessDeniedException",
                f"Neither the global service principal {SERVICE}, nor the regional one is authorized to "
                "assume the provided role.",
            )
        return None


def _cut_page(key: str, items: list[Any], parameters: dict[str, Any]) -> dict[str, Any]:
    begin = int(parameters.get("nextToken") or 0)
    end = begin + int(parameters.get("maxResults") or _PAGE)
    return {key: items[begin:end]} | ({"nextToken": str(end)} if end < len(items) else {})
