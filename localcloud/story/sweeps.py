"""Starts sweeps of the deployed hub, waits for them, and sends operator commands."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from simulation.seeds import HUB

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from localcloud.composition import LocalCloud

_PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 0.05
_PERSON = f"arn:aws:iam::{HUB}:user/operator"


class SweepFailedError(Exception):
    """A sweep or a command failed or did not end in time; the text says which."""


class HubSweeps:
    """The state machines of a hub, by the outputs of its stack. A run is the output of an execution."""

    def __init__(self, cloud: LocalCloud, outputs: Mapping[str, str]) -> None:
        self._cloud = cloud
        self._machine, self._control = outputs["SweepMachineArn"], outputs["ControlMachineArn"]

    def list_known(self) -> set[str]:
        """The ARNs of all executions so far."""
        return {
            execution.execution_arn for execution in self._cloud.executions.list_executions(self._machine)
        }

    def wait_until_idle(self) -> None:
        """Wait until no sweep runs. Raises SweepFailedError."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while any(
            execution.status == "RUNNING"
            for execution in self._cloud.executions.list_executions(self._machine)
        ):
            if time.monotonic() > deadline:
                raise SweepFailedError("a sweep does not end")
            time.sleep(_PAUSE_SECONDS)

    def wait_for_run(self, known: Collection[str]) -> dict[str, Any]:
        """Wait for the executions that are not `known`; returns the newest run. Raises SweepFailedError."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            all_of_them = self._cloud.executions.list_executions(self._machine)
            new = [execution for execution in all_of_them if execution.execution_arn not in known]
            if new and all(execution.status != "RUNNING" for execution in new):
                return _read_output(new[0])
            time.sleep(_PAUSE_SECONDS)
        raise SweepFailedError(f"no sweep ended within {_PATIENCE_SECONDS:.0f} s")

    def run_schedule(self) -> dict[str, Any]:
        """Fire the hub's schedule; the run that it starts."""
        known = self.list_known()
        listed = self._cloud.clients.client("scheduler", HUB).list_schedules()["Schedules"]
        self._cloud.schedules.fire(next(s["Name"] for s in listed if s["Target"]["Arn"] == self._machine))
        return self.wait_for_run(known)

    def approve(self, plan: str) -> dict[str, Any]:
        """Approve a plan that is pending approval; the run that applies it."""
        known = self.list_known()
        self.command("approve", plan=plan)
        return self.wait_for_run(known)

    def command(self, operation: str, *, plan: str | None = None) -> dict[str, Any]:
        """Send an operator command to the hub; its answer. Raises SweepFailedError."""
        asked = {"operation": operation, "by": _PERSON, "reason": "because the demo wants it", "plan": plan}
        execution = self._cloud.executions.start(
            self._control, name=f"{operation}-{uuid.uuid4()}", document=json.dumps(asked)
        )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while execution.status == "RUNNING" and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)
        answer = _read_output(execution)
        if "refused" in answer:
            raise SweepFailedError(f"{operation} was refused: {answer['refused']}")
        return answer


def _read_output(execution: Any) -> dict[str, Any]:
    if execution.status != "SUCCEEDED":
        raise SweepFailedError(f"{execution.name} {execution.status}: {execution.error}: {execution.cause}")
    output: dict[str, Any] = execution.output
    return output
