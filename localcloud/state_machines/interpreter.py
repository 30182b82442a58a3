"""Patches of moto's interpreter of the Amazon States Language.

It runs an execution in threads of this process. Changed: how a task is run, how long waits last, and how an
execution is stopped.
"""

from __future__ import annotations

import logging
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from moto.core.config import default_user_config
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from localcloud.state_machines import timeouts

if TYPE_CHECKING:
    import datetime as dt

    from localcloud.cloud.interface import Cloud
    from localcloud.state_machines.tasks import Tasks


def install(cloud: Cloud, tasks: Tasks, *, wait_scale: float) -> None:
    """Patch the interpreter; of each second that a machine waits, `wait_scale` seconds pass."""
    closing = threading.Event()
    cloud.on_stop(closing.set)
    _log_to(cloud)
    plain_details = Execution.get_start_execution_details

    def details(self: Any) -> Any:
        # In the context object it is text, in the form of all times of the service.
        known: Any = plain_details(self)
        known.start_time = known.start_time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return known

    def wait(_self: Any, env: Any, wait_seconds: float) -> None:
        env.program_state_event.wait(wait_seconds * wait_scale)
        timeouts.skip(env, wait_seconds * (1 - wait_scale))

    _install_stopping(cloud)
    timeouts.install(cloud)
    cloud.patch(ErrorEqualsDecl, "_eval_body", _match_error)
    cloud.patch(Execution, "get_start_execution_details", details)
    cloud.patch(WaitFunction, "_wait_interval", wait)
    pause = SimpleNamespace(sleep=lambda seconds: closing.wait(seconds * wait_scale))
    cloud.patch(retrier_decl, "time", pause)
    cloud.patch(lambda_eval_utils, "execute_lambda_function_integration", tasks.run)
    cloud.patch(default_user_config, "stepfunctions", {"execute_state_machine": True})


_plain_match: Any = ErrorEqualsDecl._eval_body  # noqa: SLF001 - it is what moto evaluates
_NEVER_CAUGHT_BY_ALL = {"States.DataLimitExceeded", "States.Runtime"}


def _match_error(self: Any, env: Any) -> None:
    """As moto, but for what neither States.ALL nor States.TaskFailed catches.

    Source: Step Functions developer guide, "Handling errors in Step Functions workflows", "Error names".
    """
    name = getattr(env.stack[-1], "error_name", "")
    if name in _NEVER_CAUGHT_BY_ALL and name not in {known.error_name for known in self.error_names}:
        env.stack[-1] = False
    else:
        _plain_match(self, env)


def _log_to(cloud: Cloud) -> None:
    """Send moto's messages about failed states to a file beside the functions' logs."""
    logger = logging.getLogger("moto.stepfunctions")
    logs = cloud.run_dir / "logs"
    logs.mkdir(exist_ok=True)
    handler = logging.FileHandler(logs / "state_machines.log")
    logger.addHandler(handler)
    logger.propagate = False
    cloud.on_stop(handler.close)
    cloud.on_stop(lambda: logger.removeHandler(handler))


_PARSED_WITHIN_SECONDS = 30.0


def _install_stopping(cloud: Cloud) -> None:
    """Patch what starts, stops and ends an execution."""
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
        if not _is_stopped(self.exec_worker.env):
            return  # its last state has just ended
        self.exec_status, self.stop_date = ExecutionStatus.ABORTED, stop_date
        self.error, self.cause = error, cause

    def fail(self: Any, error: Any) -> None:
        # A stop in the middle of a state lets the interpreter stumble: that is no failure of the state.
        if not _is_stopped(self) and not isinstance(self.program_state(), ProgramTimedOut):
            plain_error(self, error)

    def end(self: Any) -> None:
        # What a stopped execution was doing goes on to its end, as in AWS, and changes nothing any more.
        env = self.execution.exec_worker.env
        if _is_stopped(env):
            _record_abort(env)
        else:
            plain_end(self)

    cloud.patch(ExecutionWorker, "start", start)
    cloud.patch(Execution, "stop", stop)
    cloud.patch(Environment, "set_error", fail)
    cloud.patch(BaseExecutionWorkerCommunication, "terminated", end)


def _wait_for_the_first_state(worker: Any) -> None:
    """Wait until the interpreter knows the first state: before that an execution cannot be stopped."""
    deadline = time.monotonic() + _PARSED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if worker.env is not None and worker.env.program_state() is not None:
            return
        time.sleep(0.002)


def _is_stopped(env: Any) -> bool:
    return isinstance(env.program_state(), ProgramStopped)


def _record_abort(env: Any) -> None:
    """Add the last event of the history, which the interpreter omits if it was stopped between two states."""
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
