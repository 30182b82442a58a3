"""moto's interpreter of the Amazon States Language, as it is needed here.

It runs an execution in threads of this process. Changed: how a task is run, how long waits last, and how an
execution is stopped.
"""

from __future__ import annotations

import logging
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from moto.core.config import default_user_config
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.backend.execution import Execution

from localcloud.state_machines import stopping
from localcloud.state_machines.tasks import Tasks

if TYPE_CHECKING:
    from localcloud.cloud.interface import Cloud
    from localcloud.functions.service import Functions


def install(cloud: Cloud, functions: Functions, *, wait_scale: float) -> None:
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

    stopping.install(cloud)
    cloud.patch(Execution, "get_start_execution_details", details)
    cloud.patch(WaitFunction, "_wait_interval", wait)
    pause = SimpleNamespace(sleep=lambda seconds: closing.wait(seconds * wait_scale))
    cloud.patch(retrier_decl, "time", pause)
    tasks = Tasks(functions)
    cloud.patch(lambda_eval_utils, "execute_lambda_function_integration", tasks.run)
    cloud.patch(default_user_config, "stepfunctions", {"execute_state_machine": True})


def _log_to(cloud: Cloud) -> None:
    """What moto remarks on each state that fails belongs beside the functions' logs, not on the terminal."""
    logger = logging.getLogger("moto.stepfunctions")
    logs = cloud.run_dir / "logs"
    logs.mkdir(exist_ok=True)
    handler = logging.FileHandler(logs / "state_machines.log")
    logger.addHandler(handler)
    logger.propagate = False
    cloud.on_stop(handler.close)
    cloud.on_stop(lambda: logger.removeHandler(handler))
