"""Starts, finds, lists and stops executions.

Source: Step Functions API reference, StartExecution, DescribeExecution, ListExecutions, StopExecution.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import uuid
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.exceptions import InvalidArn, InvalidExecutionInput, InvalidName
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

if TYPE_CHECKING:
    from collections.abc import Iterator

_INPUT_BYTES = 262_144
_NAME_CHARACTERS = 80


class Executions:
    """All executions of all accounts, as moto keeps them. Raises moto's exceptions of the service."""

    def __init__(self) -> None:
        self._starting = threading.Lock()

    def start(self, machine_arn: str, *, name: str | None = None, document: str = "{}") -> Any:
        """Start an execution, or return the running one with the same name and input."""
        backend, chosen = _get_backend(machine_arn), name or str(uuid.uuid4())
        if len(chosen) > _NAME_CHARACTERS or any(c in backend.invalid_chars_for_name for c in chosen):
            raise InvalidName(f"Invalid Name: '{chosen}'")
        if len(document.encode()) > _INPUT_BYTES:
            raise InvalidExecutionInput("Invalid State Machine Execution Input: too long")
        try:
            json.loads(document)
        except ValueError as error:
            raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{error}'") from error
        with self._starting:
            return backend.start_execution(machine_arn, chosen, document)

    def find(self, execution_arn: str) -> Any:
        """The execution of that ARN."""
        return _get_backend(execution_arn).describe_execution(execution_arn)

    def list_executions(self, machine_arn: str, status: str | None = None) -> list[Any]:
        """The executions of a machine, newest first; with `status`, only those."""
        machine = _get_backend(machine_arn).describe_state_machine(machine_arn)
        chosen = [e for e in machine.executions if status in (None, e.status)]
        return sorted(chosen, key=lambda e: e.start_date, reverse=True)

    def stop(self, execution_arn: str, *, error: str | None = None, cause: str | None = None) -> Any:
        """Abort the execution if it is running."""
        execution = self.find(execution_arn)
        execution.stop(dt.datetime.now(dt.UTC), error, cause)
        return execution

    def is_idle(self) -> bool:
        """Whether none runs."""
        return all(execution.status != "RUNNING" for execution in list(_list_all()))

    def close(self) -> None:
        """Stop all."""
        for execution in list(_list_all()):
            execution.stop(dt.datetime.now(dt.UTC), None, None)


def _get_backend(arn: str) -> Any:
    region, account = (*arn.split(":"), "", "", "", "")[3:5]
    if not account:
        raise InvalidArn(f"Invalid Arn: '{arn}'")
    return stepfunctions_parser_backends[account][region]


def _list_all() -> Iterator[Any]:
    for regions in list(stepfunctions_parser_backends.values()):
        for backend in list(regions.values()):
            for machine in backend.state_machines:
                yield from machine.executions
