"""Starts sweeps of the deployed hub, waits for them, and sends operator commands."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.credentials import ReadOnlyCredentials

from localcloud.cloud.clients import REGION
from rollcall.adapters.identities import sign_command
from rollcall.control.proof import Place
from rollcall.model.well_known import OPERATOR_ROLE_NAME
from simulation.seeds import HUB

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from localcloud.composition import LocalCloud

_PATIENCE_SECONDS = 300.0
_PAUSE_SECONDS = 0.05


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
        self._fire(self._machine)
        return self.wait_for_run(known)

    def check_pause(self) -> dict[str, Any]:
        """Fire the schedule that looks after the pause; the answer. Raises SweepFailedError."""
        started = self._fire(self._control)
        known = self._cloud.executions.list_executions(self._control)
        return self._wait_for_answer(next(one for one in known if one.execution_arn == started))

    def _fire(self, machine: str) -> str:
        listed = self._cloud.clients.client("scheduler", HUB).list_schedules()["Schedules"]
        return self._cloud.schedules.fire(next(s["Name"] for s in listed if s["Target"]["Arn"] == machine))

    def approve(self, plan: str) -> dict[str, Any]:
        """Approve a plan that is pending approval; the run that applies it."""
        known = self.list_known()
        self.command("approve", plan=plan)
        return self.wait_for_run(known)

    def command(self, operation: str, *, plan: str | None = None) -> dict[str, Any]:
        """Send an operator command to the hub; its answer. Raises SweepFailedError."""
        asked = {"operation": operation, "reason": "because the demo wants it", "plan": plan}
        name = f"{operation}-{uuid.uuid4()}"
        proof = self._sign(asked, f"{self._control.replace(':stateMachine:', ':execution:')}:{name}")
        execution = self._cloud.executions.start(
            self._control, name=name, document=json.dumps({**asked, "proof": proof})
        )
        answer = self._wait_for_answer(execution)
        if "refused" in answer:
            raise SweepFailedError(f"{operation} was refused: {answer['refused']}")
        return answer

    def _wait_for_answer(self, execution: Any) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while execution.status == "RUNNING" and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)
        return _read_output(execution)

    def _sign(self, asked: Mapping[str, Any], execution: str) -> dict[str, str]:
        keys = self._cloud.clients.get_credentials(HUB, role=OPERATOR_ROLE_NAME, session="operator")
        return sign_command(
            asked,
            execution_arn=execution,
            credentials=ReadOnlyCredentials(keys.access_key_id, keys.secret_access_key, keys.session_token),
            place=Place(account=HUB, region=REGION),
            now=datetime.now(UTC),
        )


def _read_output(execution: Any) -> dict[str, Any]:
    if execution.status != "SUCCEEDED":
        raise SweepFailedError(f"{execution.name} {execution.status}: {execution.error}: {execution.cause}")
    output: dict[str, Any] = execution.output
    return output
