"""A function as a state: its answer is the next input, and it is tried again before it is given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

_FIRST_WAIT: Final = Duration.seconds(2)
_TRIES_MORE: Final = 4


def task(
    scope: Construct, name: str, function: lambda_.IFunction, payload: Mapping[str, Any] | None = None
) -> tasks.LambdaInvoke:
    """Invoke the function with the payload; without one, with the input as it is.

    After an error of any kind it is invoked again in 2, 4, 8 and 16 seconds.
    """
    state = tasks.LambdaInvoke(
        scope,
        name,
        lambda_function=function,
        payload=sfn.TaskInput.from_object(dict(payload)) if payload else None,
        payload_response_only=True,
        # One policy of retries for all errors, the service's own included.
        retry_on_service_exceptions=False,
    )
    state.add_retry(errors=[sfn.Errors.ALL], interval=_FIRST_WAIT, backoff_rate=2, max_attempts=_TRIES_MORE)
    return state
