"""The composition of `control`, which carries out what operators command."""

from __future__ import annotations

import os

from rollcall.adapters.clients import make_client
from rollcall.adapters.identities import StsIdentities
from rollcall.adapters.ledger import LedgerBucket
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.runs import StepFunctionsMachine
from rollcall.adapters.state.contacts import ContactItems
from rollcall.adapters.state.groups import GroupItems
from rollcall.adapters.state.rosters import ControlItems, MatchTable
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.adapters.system import SystemClock
from rollcall.control.handle import CommandHandler
from rollcall.control.proof import Place
from rollcall.grouping.sending import GroupMessages
from rollcall.rosters.current import Rosters
from rollcall.runtime.compose import load_candidate, make_outcome_bus
from rollcall.runtime.environment import ControlEnvironment
from rollcall.sweep.gate import ApproveStep


def compose_control() -> CommandHandler:
    """Compose `control` from its environment; MissingVariableError if that is incomplete."""
    environment = ControlEnvironment.from_variables(os.environ)
    table = {"client": make_client("dynamodb"), "table": environment.state_table}
    control = ControlItems(**table)
    ledger = LedgerBucket(client=make_client("s3"), bucket=environment.ledger_bucket)
    bus, clock = make_outcome_bus(environment), SystemClock()
    rosters, sweeps = Rosters(memory=control, candidate=load_candidate()), SweepTable(**table)
    matches, organization = MatchTable(**table), AwsOrganization(client=make_client("organizations"))
    contacts = ContactItems(**table)
    return CommandHandler(
        identities=StsIdentities(endpoint=os.environ.get("AWS_ENDPOINT_URL")),
        ledger=ledger,
        place=Place(account=environment.hub_account, region=os.environ["AWS_REGION"]),
        operators=tuple(environment.operators.split()),
        pause=control,
        contacts=contacts,
        sweeps=sweeps,
        bus=bus,
        matches=matches,
        organization=organization,
        machine=StepFunctionsMachine(
            client=make_client("stepfunctions"), machine_arn=environment.sweep_machine_arn
        ),
        sweep_machine=environment.sweep_machine_arn,
        approval=ApproveStep(
            rosters=rosters, sweeps=sweeps, matches=matches, organization=organization, bus=bus, clock=clock
        ),
        rosters=rosters,
        groups=GroupMessages(
            groups=GroupItems(**table), contacts=contacts, bus=bus, clock=clock, files=ledger
        ),
        clock=clock,
    )
