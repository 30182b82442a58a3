"""Tasks: packaged functions, invoked with the role of the state machine.

Source: Step Functions developer guide, "Invoke an AWS Lambda function with Step Functions": errors of the
service carry the prefix `Lambda.`, an error of the function its own type.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from localcloud.functions.service import ThrottledError

if TYPE_CHECKING:
    from localcloud.access.services import ServiceAccess
    from localcloud.functions.service import Functions

SERVICE = "states.amazonaws.com"


class Tasks:
    """Invokes functions for moto's interpreter, in place of its own call of Lambda."""

    def __init__(self, functions: Functions, access: ServiceAccess) -> None:
        self._functions = functions
        self._access = access

    def run(self, env: Any, parameters: dict[str, Any], region: str, state_credentials: Any) -> None:
        """Invoke the function and push the response on the interpreter's stack, or raise its failure."""
        machine = env.states.context_object.context_object_data["StateMachine"]["Id"]
        arn = _build_arn(str(parameters["FunctionName"]), region, machine)
        role, action = state_credentials.role_arn, "lambda:InvokeFunction"
        if refused := self._access.explain_refusal_as(SERVICE, role, action, arn, source_arn=machine):
            raise _build_failure(
                env,
                "Lambda.AWSLambdaException",
                f"{refused} (Service: AWSLambda; Status Code: 403; "
                "Error Code: AccessDeniedException; Proxy: null)",
            )
        if unknown := parameters.keys() - {"FunctionName", "Payload"}:
            raise NotImplementedError(f"parameters {sorted(unknown)} of a task")
        try:
            outcome = self._functions.invoke(arn, parameters.get("Payload") or b"{}")
        except UnknownFunctionException as error:
            raise _build_failure(
                env,
                "Lambda.ResourceNotFoundException",
                f"Function not found: {arn} (Service: AWSLambda; Status Code: 404; "
                "Error Code: ResourceNotFoundException; Proxy: null)",
            ) from error
        except ThrottledError as error:
            raise _build_failure(
                env,
                "Lambda.TooManyRequestsException",
                f"{error.message} (Service: AWSLambda; Status Code: 429; "
                "Error Code: TooManyRequestsException; Proxy: null)",
            ) from error
        payload = json.loads(outcome.payload)
        if outcome.failed:
            text = json.dumps(payload, separators=(",", ":"))
            raise lambda_eval_utils.LambdaFunctionErrorException("Unhandled", text)
        env.stack.append({"ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200})


def _build_arn(name: str, region: str, machine_arn: str) -> str:
    if name.startswith("arn:"):
        return name
    return f"arn:aws:lambda:{region or machine_arn.split(':')[3]}:{machine_arn.split(':')[4]}:function:{name}"


def _build_failure(env: Any, error: str, cause: str) -> FailureEventException:
    details: Any = {"lambdaFunctionFailedEventDetails": {"error": error, "cause": cause}}
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=CustomErrorName(error),
            event_type=HistoryEventType.LambdaFunctionFailed,
            event_details=details,
        )
    )
