"""The composition of `control`, which carries out what operators command."""

from __future__ import annotations

import os

from rollcall.adapters.bus_and_queue import EventBridgeOutcomeBus
from rollcall.adapters.clients import make_client
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.runs import StepFunctionsMachine
from rollcall.adapters.state.memory import StateTable
from rollcall.adapters.state.rosters import MatchTable
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.adapters.system import SystemClock
from rollcall.control import CommandHandler
from rollcall.rosters.current import Rosters
from rollcall.runtime.compose import load_candidate
from rollcall.runtime.environment import ControlEnvironment


def compose_control() -> CommandHandler:
    """Compose `control` from its environment; MissingVariableError if that is incomplete."""
    environment = ControlEnvironment.from_variables(os.environ)
    dynamodb, table = make_client("dynamodb"), environment.state_table
    state = StateTable(client=dynamodb, table=table)
    return CommandHandler(
        state=state,
        sweeps=SweepTable(client=dynamodb, table=table),
        bus=EventBridgeOutcomeBus(
            client=make_client("events"),
            bus=environment.outcome_bus,
            management_account=environment.management_account,
        ),
        matches=MatchTable(client=dynamodb, table=table),
        organization=AwsOrganization(client=make_client("organizations")),
        machine=StepFunctionsMachine(
            client=make_client("stepfunctions"), machine_arn=environment.sweep_machine_arn
        ),
        rosters=Rosters(state=state, candidate=load_candidate()),
        clock=SystemClock(),
    )
