"""The sweep's state machine, as the template has it: what follows, what is tried again, what is caught."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rollcall.sweep.run import SETTLE_SECONDS
from simulation.seeds import HUB
from tests.support.memory import Crash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from simulation.clock import Clock

#: Waits before each try of a task.
TRIES_AFTER_SECONDS = (0, 2, 4, 8, 16)
#: What waits, for how many seconds, and what follows.
WAITS = {"wait": (60, "begin"), "settle": (SETTLE_SECONDS, "apply")}
#: Where a step that was given up leads to; the others lead to the failure of the execution.
CATCHES = {
    "prepare": "observe",
    "observe": "report",
    "gate": "report",
    "approve": "report",
    "apply": "report",
}
SWEEP_MACHINE = f"arn:aws:states:us-east-1:{HUB}:stateMachine:rollcall-sweep"


class GivenUpError(Exception):
    """A task failed at every try."""


@dataclass
class Execution:
    """One execution: `advance` does one wait or one task with all its tries, `run` all of them.

    `document` is the run as it was handed on last, `trail` the tasks that were begun.
    """

    invoke: Callable[[Mapping[str, Any]], dict[str, Any]]
    clock: Clock
    name: str
    asked: Mapping[str, Any]
    started: datetime
    state: str = "begin"
    status: str = "RUNNING"
    document: dict[str, Any] = field(default_factory=dict)
    trail: list[str] = field(default_factory=list)
    machine: str = SWEEP_MACHINE

    def run(self) -> Execution:
        while self.status == "RUNNING":
            self.advance()
        return self

    def run_to(self, state: str) -> Execution:
        """Until this task is the next one."""
        while self.status == "RUNNING" and self.state != state:
            self.advance()
        return self

    def advance(self) -> None:
        if self.state in WAITS:
            seconds, self.state = WAITS[self.state]
            self.clock.sleep(seconds)
            return
        self.trail.append(self.state)
        try:
            self.document = self._task(self._payload())
        except GivenUpError as error:
            self._catch({"Error": str(error), "Cause": "{}"})
            return
        self._next(self.document["next"])

    def try_once(self) -> None:
        """The next task without another try, and without what follows."""
        self.invoke(self._payload())

    def _payload(self) -> dict[str, Any]:
        if self.state == "begin":
            return {"operation": "begin", **self._execution()}
        if self.state == "approve":
            arn = f"{self.machine.replace(':stateMachine:', ':execution:')}:{self.name}"
            return {"operation": "approve", "execution": arn, "run": self.document}
        return {"operation": self.state, "run": self.document}

    def _execution(self) -> dict[str, Any]:
        return {"input": dict(self.asked), "execution": self.name, "started": self.started.isoformat()}

    def _next(self, state: str) -> None:
        if state == "end":
            self.status = "FAILED" if self.document["ending"] == "failed" else "SUCCEEDED"
        self.state = state

    def _task(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        name = ""
        for seconds in TRIES_AFTER_SECONDS:
            self.clock.sleep(seconds)
            try:
                return self.invoke(payload)
            except (Exception, Crash) as error:  # noqa: BLE001  # the machine tries again after all errors
                name = type(error).__name__
        raise GivenUpError(name)

    def _catch(self, failure: dict[str, str]) -> None:
        if self.state in CATCHES:
            failed = {**self.document["failed"], self.state: failure}
            self.document = {**self.document, "failed": failed}
            self.state = CATCHES[self.state]
            return
        self.status = "FAILED"
        told = {"operation": "fail", "step": self.state, "failure": failure, **self._execution()}
        self.trail.append("fail")
        try:
            self._task(told)
        except GivenUpError:
            return
