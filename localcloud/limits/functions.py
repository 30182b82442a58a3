"""What Lambda refuses of functions and event source mappings.

Sources: Lambda API reference, CreateEventSourceMapping; developer guide, "Using Lambda with Amazon SQS",
"Configuring maximum concurrency for Amazon SQS event sources" and "Lambda quotas".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moto.awslambda.models import lambda_backends

from localcloud.functions.polling import ROLE_ACTIONS
from localcloud.functions.service import find_function
from localcloud.limits.refusal import ServiceRefusalError
from localcloud.messaging.queues import find_queue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.access.calls import ServiceCall
    from localcloud.access.services import ServiceAccess
    from localcloud.limits.refusal import Check

_SERVICE: Final = "lambda.amazonaws.com"
_INVALID: Final = "InvalidParameterValueException"
_BATCH, _WITHOUT_WINDOW = 10_000, 10
_CONCURRENCY: Final = (2, 1000)
_WINDOW_SECONDS: Final = 300
_ENVIRONMENT_BYTES: Final = 4096


def make_checks(access: ServiceAccess) -> Mapping[str, Check]:
    """The checks, which ask the policies about the functions' roles."""

    def check_mapping(call: ServiceCall, account: str) -> None:
        given = dict(call.parameters)
        if uuid := given.get("UUID"):
            given = {**_read_mapping(call.region, account, uuid), **given}
        queue = given.get("EventSourceArn", "")
        if ":sqs:" not in queue:
            return
        _check_bounds(given)
        name = str(given.get("FunctionName", ""))
        arn = name if name.startswith("arn:") else f"arn:aws:lambda:{call.region}:{account}:function:{name}"
        function = find_function(arn)
        if function is None:
            return  # moto has the words for it
        _check_visibility(queue, function)
        missing = [a for a in ROLE_ACTIONS if access.explain_refusal_as(_SERVICE, function.role, a, queue)]
        if missing:
            action = missing[0].partition(":")[2]
            raise ServiceRefusalError(
                _INVALID,
                f"The provided execution role does not have permissions to call {action} on SQS",
            )

    def check_function(call: ServiceCall, _: str) -> None:
        role, variables = call.parameters.get("Role"), call.parameters.get("Environment") or {}
        if role and not access.can_assume(_SERVICE, role):
            raise ServiceRefusalError(
                _INVALID, "The role defined for the function cannot be assumed by Lambda."
            )
        size = sum(len(str(k)) + len(str(v)) for k, v in (variables.get("Variables") or {}).items())
        if size > _ENVIRONMENT_BYTES:
            raise ServiceRefusalError(
                _INVALID,
                "Lambda was unable to configure your environment variables because the environment variables "
                f"you have provided exceeded the {_ENVIRONMENT_BYTES} bytes limit.",
            )

    return {
        "lambda:CreateEventSourceMapping": check_mapping,
        "lambda:CreateFunction": check_function,
        "lambda:UpdateEventSourceMapping": check_mapping,
        "lambda:UpdateFunctionConfiguration": check_function,
    }


def _read_mapping(region: str, account: str, uuid: str) -> dict[str, Any]:
    mapping = lambda_backends[account][region]._event_source_mappings.get(uuid)  # noqa: SLF001 - moto has no other way
    if mapping is None:
        return {}
    return {
        "EventSourceArn": mapping.event_source_arn,
        "FunctionName": mapping.function_arn,
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.max_batch_window,
    }


def _check_bounds(given: Mapping[str, Any]) -> None:
    batch = int(given.get("BatchSize") or _WITHOUT_WINDOW)
    window = int(given.get("MaximumBatchingWindowInSeconds") or 0)
    concurrency = (given.get("ScalingConfig") or {}).get("MaximumConcurrency")
    if not 1 <= batch <= _BATCH:
        raise ServiceRefusalError(_INVALID, f"BatchSize must be between 1 and {_BATCH}")
    if batch > _WITHOUT_WINDOW and window < 1:
        raise ServiceRefusalError(
            _INVALID,
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        )
    if not 0 <= window <= _WINDOW_SECONDS:
        raise ServiceRefusalError(
            _INVALID, f"MaximumBatchingWindowInSeconds must be between 0 and {_WINDOW_SECONDS}"
        )
    if concurrency is not None and not _CONCURRENCY[0] <= int(concurrency) <= _CONCURRENCY[1]:
        raise ServiceRefusalError(
            _INVALID, f"MaximumConcurrency must be between {_CONCURRENCY[0]} and {_CONCURRENCY[1]}"
        )


def _check_visibility(queue_arn: str, function: Any) -> None:
    try:
        visible = int(find_queue(queue_arn).visibility_timeout)
    except LookupError:
        return
    if visible < int(function.timeout):
        raise ServiceRefusalError(
            _INVALID,
            f"Queue visibility timeout: {visible} seconds is less than Function timeout: "
            f"{function.timeout} seconds",
        )
