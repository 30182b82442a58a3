"""How long an execution may take, on a clock on which scaled waits count in full.

Source: Step Functions developer guide, "State machine structure" (TimeoutSeconds: then the execution fails
with States.Timeout, status TIMED_OUT).
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program

if TYPE_CHECKING:
    from localcloud.cloud.interface import Cloud

_LOOK_SECONDS = 0.05


def install(cloud: Cloud) -> None:
    """Let moto's interpreter end an execution when its time is over."""

    def evaluate(self: Any, env: Any) -> None:
        limit = self.timeout_seconds.timeout_seconds if self.timeout_seconds else None
        env.next_state_name = self.start_at.start_at_name
        env.began, env.skipped, env.limit = time.monotonic(), 0.0, limit
        worker = threading.Thread(target=EvalComponent.eval, args=(self, env), daemon=True)
        worker.start()
        while worker.is_alive():
            worker.join(timeout=_LOOK_SECONDS)
            if worker.is_alive() and end_if_late(env):
                return

    cloud.patch(Program, "eval", evaluate)


def skip(env: Any, seconds: float) -> None:
    """Let time of an execution pass that nobody waits for."""
    env.skipped = getattr(env, "skipped", 0.0) + seconds
    end_if_late(env)


def end_if_late(env: Any) -> bool:
    """Whether the execution has taken longer than it may; it ends then."""
    limit = getattr(env, "limit", None)
    late = limit is not None and time.monotonic() - env.began + env.skipped > limit
    if late and env.is_running():
        env.set_timed_out()
    return late
