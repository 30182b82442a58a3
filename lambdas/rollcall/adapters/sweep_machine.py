"""The state machine that runs sweeps, to be started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollcall.adapters.aws_errors import AWS_ERRORS, code_of
from rollcall.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Mapping


class StepFunctionsMachine:
    """The port `SweepMachine` over a boto3 Step Functions client."""

    def __init__(self, *, client: Any, machine_arn: str) -> None:
        self._client = client
        self._machine_arn = machine_arn

    def start(self, name: str, asked: Mapping[str, Any]) -> None:
        """Start an execution; one of this name that was started before is the same one."""
        try:
            self._client.start_execution(
                stateMachineArn=self._machine_arn, name=name, input=json.dumps(asked, sort_keys=True)
            )
        except AWS_ERRORS as error:
            if code_of(error) != "ExecutionAlreadyExists":
                raise RetryableError(f"the sweep could not be started: {code_of(error)}") from None
