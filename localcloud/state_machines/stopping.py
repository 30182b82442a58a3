"""Stopping an execution of moto's interpreter: from its first moment on, at once, and for good.

Source: Step Functions API reference, StopExecution: the status is ABORTED with the caller's error and cause.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.api import (
    ExecutionStatus,
    HistoryEventType,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

if TYPE_CHECKING:
    import datetime as dt

    from localcloud.cloud.interface import Cloud

_PARSED_WITHIN_SECONDS = 30.0


def install(cloud: Cloud) -> None:
    """Patch the interpreter."""
    plain_start: Any = ExecutionWorker.start
    plain_stop, plain_end = Execution.stop, BaseExecutionWorkerCommunication.terminated
    plain_error = Environment.set_error

    def start(self: Any) -> None:
        plain_start(self)
        _wait_for_the_first_state(self)

    def stop(self: Any, stop_date: dt.datetime, error: str | None, cause: str | None) -> None:
        if self.exec_status != ExecutionStatus.RUNNING:
            return
        plain_stop(self, stop_date, error, cause)
        if not _stopped(self.exec_worker.env):
            return  # its last state has just ended
        self.exec_status, self.stop_date = ExecutionStatus.ABORTED, stop_date
        self.error, self.cause = error, cause

    def fail(self: Any, error: Any) -> None:
        # A stop in the middle of a state lets the interpreter stumble: that is no failure of the state.
        if not _stopped(self):
            plain_error(self, error)

    def end(self: Any) -> None:
        # What a stopped execution was doing goes on to its end, as in AWS, and changes nothing any more.
        env = self.execution.exec_worker.env
        if _stopped(env):
            _record_abort(env)
        else:
            plain_end(self)

    cloud.patch(ExecutionWorker, "start", start)
    cloud.patch(Execution, "stop", stop)
    cloud.patch(Environment, "set_error", fail)
    cloud.patch(BaseExecutionWorkerCommunication, "terminated", end)


def _wait_for_the_first_state(worker: Any) -> None:
    """Until it is known, nobody can ask about the execution or stop it."""
    deadline = time.monotonic() + _PARSED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if worker.env is not None and worker.env.program_state() is not None:
            return
        time.sleep(0.002)


def _stopped(env: Any) -> bool:
    return isinstance(env.program_state(), ProgramStopped)


def _record_abort(env: Any) -> None:
    """The interpreter writes the last line of the history unless it was stopped between two steps."""
    aborted = HistoryEventType.ExecutionAborted
    if env.event_manager.get_event_history()[-1]["type"] == aborted:
        return
    state = env.program_state()
    details: Any = {"executionAbortedEventDetails": {"error": state.error, "cause": state.cause}}
    env.event_history_context.source_event_id = 0
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=aborted,
        event_details=details,
    )
