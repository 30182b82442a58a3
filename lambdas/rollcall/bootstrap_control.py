"""The composition of `control`, which carries out what operators command."""

from __future__ import annotations

import os

from rollcall.adapters.clients import client
from rollcall.adapters.match_table import MatchTable
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.outcome_bus import EventBridgeOutcomeBus
from rollcall.adapters.state_table import StateTable
from rollcall.adapters.sweep_machine import StepFunctionsMachine
from rollcall.adapters.sweep_table import SweepTable
from rollcall.adapters.system_clock import SystemClock
from rollcall.bootstrap import candidate
from rollcall.environment import ControlEnvironment
from rollcall.rosters import Rosters
from rollcall.sweep.control import Operator


def operator() -> Operator:
    """Compose `control` from its environment; MissingVariableError if that is incomplete."""
    environment = ControlEnvironment.from_variables(os.environ)
    dynamodb, table = client("dynamodb"), environment.state_table
    state = StateTable(client=dynamodb, table=table)
    return Operator(
        state=state,
        sweeps=SweepTable(client=dynamodb, table=table),
        bus=EventBridgeOutcomeBus(
            client=client("events"),
            bus=environment.outcome_bus,
            management_account=environment.management_account,
        ),
        matches=MatchTable(client=dynamodb, table=table),
        organization=AwsOrganization(client=client("organizations")),
        machine=StepFunctionsMachine(
            client=client("stepfunctions"), machine_arn=environment.sweep_machine_arn
        ),
        rosters=Rosters(state=state, candidate=candidate()),
        clock=SystemClock(),
    )
