"""The sweep as it is deployed, in process: the real functions of its state machines over moto."""

from __future__ import annotations

import json
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

import apply.handler
import control.compose
import control.handler
import sweep.handler
from rollcall.adapters import clients
from rollcall.adapters import system as system_clock
from rollcall.runtime.environment import ApplyEnvironment, ControlEnvironment, SweepEnvironment
from simulation import Caller, VirtualClock
from simulation.client import SimulatedClient
from tests.functions.deployment import BUCKET, BUS, MANAGEMENT_ROLE, TABLE, Context, Deployment
from tests.support.identities import MACHINE, MemoryIdentities, sign
from tests.support.moto_aws import REGION
from tests.support.samples import HUB, MANAGEMENT
from tests.support.sweep_machine import Execution

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

REPORTS = "rollcall-reports"
ALICE = f"arn:aws:sts::{HUB}:assumed-role/rollcall-operator/alice"
HANDLERS = {"sweep": sweep.handler, "apply": apply.handler, "control": control.handler}
#: Which function does a step.
FUNCTIONS = {"prepare": "apply", "approve": "control", "apply": "apply", "release": "apply"}


class SweepDeployment(Deployment):
    """A deployment with its state machines."""

    def __init__(self, aws: Mapping[str, Any], **options: Any) -> None:
        super().__init__(aws, **options)
        aws["s3"].create_bucket(Bucket=REPORTS)
        self.machine_arn = aws["stepfunctions"].create_state_machine(
            name="rollcall-sweep", definition="{}", roleArn=f"arn:aws:iam::{HUB}:role/sweep-machine"
        )["stateMachineArn"]
        self.running = "sweep"
        self.identities = MemoryIdentities(arn=ALICE)
        self._lock = Lock()
        self._names = iter(range(1000))

    @property
    def variables(self) -> dict[str, str]:
        of_all = {"management_account": MANAGEMENT, "state_table": TABLE, "outcome_bus": BUS}
        return {
            **super().variables,
            **SweepEnvironment(
                **of_all,
                organization="o-exampleorgid",
                reports_bucket=REPORTS,
                masks="foreign",
                member_role="none",
                hub_account=HUB,
            ).as_variables(),
            **ApplyEnvironment(
                **of_all,
                reports_bucket=REPORTS,
                ledger_bucket=BUCKET,
                management_role_arn=MANAGEMENT_ROLE,
                guardrail=self.guardrail,
                masks="foreign",
            ).as_variables(),
            **ControlEnvironment(
                **of_all,
                hub_account=HUB,
                operators="none",
                ledger_bucket=BUCKET,
                sweep_machine_arn=self.machine_arn,
            ).as_variables(),
            "AWS_REGION": REGION,
        }

    def client(self, service: str, **given: Any) -> Any:
        if service in self.clients:
            return self.clients[service]
        caller = self.caller(given)

        def send(operation: str, parameters: Mapping[str, Any], added: str) -> Any:
            with self._lock:  # the simulation is one thread's at a time
                return self.cloud.call(service, operation, parameters, caller.naming(added))

        return SimulatedClient(service, send)

    def caller(self, given: Mapping[str, Any]) -> Caller:
        if "aws_access_key_id" not in given and self.running == "sweep":
            return Caller.role(HUB, "rollcall-sweep", "sweep")
        return super().caller(given)

    def restart(self) -> None:
        """New processes: nothing is left but what was stored."""
        for composed in (sweep.handler._steps, apply.handler._steps, control.handler._operator):
            composed.cache_clear()

    def sweep(self, trigger: str = "operator", **asked: Any) -> Execution:
        """One whole execution of the sweep's machine."""
        document = {"trigger": trigger, "by": None, "plan": None, **asked}
        return self._execution(f"{trigger}-{next(self._names)}", document).run()

    def started(self) -> list[Execution]:
        """What `control` started, run to its end."""
        client = self.aws["stepfunctions"]
        found = client.list_executions(stateMachineArn=self.machine_arn)["executions"]
        return [
            self._execution(
                item["name"],
                json.loads(client.describe_execution(executionArn=item["executionArn"])["input"]),
            ).run()
            for item in found
        ]

    def command(self, operation: str, **given: Any) -> dict[str, Any]:
        """What the machine of the commands answers."""
        execution = f"{MACHINE}:{given.pop('name', f'command-{next(self._names)}')}"
        document = {"operation": operation, "reason": "drill", "plan": None, **given}
        signed = sign(document, execution=execution, now=system_clock.SystemClock().now())
        answer = self.invoke(signed, "control")
        return self.invoke({"operation": "release", "answer": answer}) if "release" in answer else answer

    def invoke(self, event: Mapping[str, Any], function: str | None = None) -> dict[str, Any]:
        """One invocation; what goes in and out is JSON."""
        self.running = function or FUNCTIONS.get(event["operation"], "sweep")
        answer = HANDLERS[self.running].handler(json.loads(json.dumps(event)), Context(self.clock, 300))
        document: dict[str, Any] = json.loads(json.dumps(answer))
        return document

    def _execution(self, name: str, asked: Mapping[str, Any]) -> Execution:
        # The machine's own waits are nobody's to wait for.
        now = system_clock.SystemClock().now()
        return Execution(
            invoke=self.invoke,
            clock=VirtualClock(),
            name=name,
            asked=asked,
            started=now,
            machine=self.machine_arn,
        )

    def report(self, name: str = "latest.json") -> Any:
        body = self.aws["s3"].get_object(Bucket=REPORTS, Key=f"reports/{name}")["Body"].read()
        return json.loads(body) if name.endswith(".json") else body.decode()

    def told(self) -> list[str]:
        """Subjects of all messages, once the notices were delivered."""
        while self.incidents.visible():
            self.incidents.deliver()
        return [alert["Subject"] for alert in self.alerts()]


@contextmanager
def sweeping(deployment: SweepDeployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[SweepDeployment]:
    """The three functions in this deployment's environment, newly started and logging into it."""
    for name, value in deployment.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clients, "create_client", deployment.client)
    monkeypatch.setattr(control.compose, "StsIdentities", lambda **_: deployment.identities)
    monkeypatch.setattr("rollcall.adapters.system.time.sleep", deployment.clock.sleep)
    logs = [module.log.registered_handler.setStream(deployment.log) for module in HANDLERS.values()]
    deployment.restart()
    yield deployment
    deployment.restart()
    for module, stream in zip(HANDLERS.values(), logs, strict=True):
        module.log.registered_handler.setStream(stream)
