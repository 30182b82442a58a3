"""The hub's state machines: the real sweep and the real operator's commands over the simulation and moto."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollcall.adapters.runs import RunsBucket
from rollcall.adapters.state.rosters import MatchTable
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.model.roster import compute_digest
from rollcall_config.configuration import load
from tests.cli.desk import HUB
from tests.cli.world import TABLE
from tests.support.state_table import WholeStateTable
from tests.support.sweep_world import SweepWorld

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cli.world import World

_ARN = "arn:aws:states:us-east-1:333333333333:stateMachine:"
SWEEP, CONTROL = f"{_ARN}Sweep", f"{_ARN}Control"
BUCKET = "reports"


class Machines:
    """A boto3 client of Step Functions. A look at a sweep lets it do one more step.

    `status` of an execution can be set, to have it end otherwise than it would.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        hub: Any = SweepWorld(self._roster(), organization=world.organization, approve=False)
        self.hub = hub
        dynamodb = world.client("dynamodb", HUB)
        hub.identities.arn = hub.identities.arn.replace("alice", "ann")
        hub.state = WholeStateTable(client=dynamodb, table=TABLE, clock=hub.clock)
        hub.sweeps = SweepTable(client=dynamodb, table=TABLE)
        hub.matches = MatchTable(client=dynamodb, table=TABLE)
        s3 = world.client("s3", HUB)
        s3.create_bucket(Bucket=BUCKET)
        hub.runs = RunsBucket(client=s3, bucket=BUCKET)
        self.hub.restart()
        self.answers: dict[str, dict[str, Any]] = {}
        self.inputs: list[dict[str, Any]] = []

    def deploy(self) -> None:
        """What is in the directory becomes the candidate."""
        self.hub.deploy(self._roster())
        assert self.world.deployed.outputs is not None
        self.world.deployed.outputs["CandidateDigest"] = compute_digest(self.hub.roster)

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, str]:  # noqa: A002, N803  # boto3's spelling
        asked = json.loads(input)
        assert stateMachineArn == CONTROL  # nobody starts the sweep's machine
        self.inputs.append({key: value for key, value in asked.items() if key != "proof"})
        arn = f"{CONTROL.replace(':stateMachine:', ':execution:')}:{name}"
        started = self.hub.find_start(name).isoformat()
        self.answers[arn] = self._command({**asked, "execution": arn, "started": started})
        return {"executionArn": arn}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803  # boto3's spelling
        if executionArn in self.answers:
            return self.answers[executionArn]
        execution = self.hub.started[executionArn.rpartition(":")[2]]
        if execution.status == "RUNNING":
            execution.advance()
            return {"status": "RUNNING"}
        output = {"output": json.dumps(execution.document)} if execution.status == "SUCCEEDED" else {}
        return {"status": execution.status, **output}

    def _roster(self) -> dict[str, Any]:
        return dict(load(self.world.where, "config", today=self.world.clock.now().date()).roster)

    def _command(self, document: Mapping[str, Any]) -> dict[str, Any]:
        return {"status": "SUCCEEDED", "output": json.dumps(self.hub.handle(document))}


def operate(world: World) -> None:
    """Put the machines into a world that has none."""
    machines = Machines(world)
    assert world.deployed.outputs is not None
    sqs = world.client("sqs", HUB)
    world.deployed.outputs |= {
        "SweepMachineArn": SWEEP,
        "ControlMachineArn": CONTROL,
        "ReportsBucketName": BUCKET,
        "SweepDeadLetterQueueUrl": sqs.create_queue(QueueName="sweep-dead")["QueueUrl"],
    }
    world.machines = machines
