"""The state machines of sweeps and commands, as the template has them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chaos import limits
from chaos.fakes.errors import make_error
from chaos.setting import SWEEPS, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.world import World


class Machines:
    """Runs executions in this world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def start(self, name: str, text: str) -> None:
        """Begin an execution of the sweep's machine with this input."""
        if name in self._world.executions:
            raise make_error("StartExecution", "ExecutionAlreadyExists", "Execution Already Exists")
        self._world.executions[name] = "RUNNING"
        asked = json.loads(text)
        self._world.note(f"execution {name} begins")
        self._world.do_calmly(f"machine:{name}", lambda: self._execute(name, asked))

    def _execute(self, name: str, asked: Mapping[str, Any]) -> None:
        """The sweep's state machine."""
        started = (
            datetime.fromtimestamp(int(self._world.scheduler.now), UTC).isoformat().replace("+00:00", "Z")
        )
        execution = {"input": dict(asked), "execution": name, "started": started}
        step: str = "begin"
        run: dict[str, Any] = {}
        for turn in range(500):
            if step in limits.MACHINE_WAITS:
                seconds, step = limits.MACHINE_WAITS[step]
                self._world.scheduler.sleep(seconds)
            event = {"operation": step, **(execution if step == "begin" else {"run": run})}
            if step == "approve":
                event["execution"] = f"{SWEEPS}:{name}"
            function = limits.STEP_FUNCTIONS.get(step, "sweep")
            answer, error = self.run_step(function, event, f"{function}:{name}.{turn}.{step}")
            if error is None:
                run, step = answer, answer["next"]
                if step == "end":
                    failed = run["ending"] == "failed"
                    self._finish_execution(name, "FAILED" if failed else "SUCCEEDED", run)
                    return
                continue
            failure = {"Error": error, "Cause": "{}"}
            self._world.note(f"execution {name}: {step} was given up: {error}")
            if step in limits.CATCHES:
                run = {**run, "failed": {**run["failed"], step: failure}}
                step = limits.CATCHES[step]
                continue
            asked_to = {"operation": "fail", "step": step, "failure": failure, **execution}
            self.run_step("sweep", asked_to, f"sweep:{name}.{turn}.fail")
            self._finish_execution(name, "FAILED", run)
            return
        raise AssertionError(f"execution {name} does not end")

    def _finish_execution(self, name: str, status: str, run: Mapping[str, Any]) -> None:
        self._world.executions[name] = status
        self._world.runs[name] = run
        self._world.note(f"execution {name} {status.lower()}: {run.get('ending') or 'finished'}")

    def run_step(self, function: str, event: Mapping[str, Any], label: str) -> tuple[Any, str | None]:
        """One task of a state machine with all its tries: its answer, or the error of the last."""
        outcome: list[tuple[Any, str | None]] = []
        for number, seconds in enumerate((0, *limits.STEP_WAITS), start=1):
            self._world.scheduler.sleep(seconds + 0.05)
            slot = Slot(function, number)
            task = self._world.invoke(
                slot, json.loads(json.dumps(event)), f"{label}#{number}", lambda *found: outcome.append(found)
            )
            self._world.scheduler.join(task)
            if outcome[-1][1] is None:
                return json.loads(json.dumps(outcome[-1][0])), None
        return outcome[-1]

    def command(self, event: Mapping[str, Any], label: str) -> None:
        """The state machine of commands: what releases a contact is stored by `apply`."""
        answer, error = self.run_step("control", event, label)
        if error is None and "release" in answer:
            self.run_step("apply", {"operation": "release", "answer": answer}, f"{label}.release")
