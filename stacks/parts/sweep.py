"""Schedule, deployment or a person -> state machine -> observe, gate, apply, report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Self

from aws_cdk import Duration

from rollcall.runtime.environment import ApplyEnvironment, SweepEnvironment
from rollcall.sweep.run import Trigger
from stacks import grants
from stacks.addresses import management_role_arn
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.machine import Machine
from stacks.constructs.operation import Operation
from stacks.constructs.reports import REPORTS, RUNS
from stacks.constructs.starts import Starts
from stacks.contact_grants import read_member_contacts
from stacks.sweep_definition import sweep_definition

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn
    from constructs import Construct

    from stacks.parts.common import Common

#: A worker stops before its deadline, with time to write down how far it came.
_TIMEOUT: Final = Duration.minutes(5)
#: 10,000 accounts take about an hour; a machine that hangs must not keep the next day's sweep from running.
_RUN_TIMEOUT: Final = Duration.hours(24)
#: Partitions of the state table: what is approved, runs and held plans, what entries of rosters matched, and
#: what events announced.
_ITEMS: Final = ("control", "roster", "sweep", "units", "tagged#*", "announced")
_RUN_FILES: Final = "Accounts, observations, plans and results of runs, in parts that are named when written."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The pass over the whole organization, its two functions, and starts that came to nothing."""

    machine: sfn.StateMachine
    sweep: lambda_.Function
    apply: lambda_.Function
    dead_letters: sqs.Queue

    @classmethod
    def of(cls, stack: Construct, common: Common) -> Self:
        """Make functions, machine and what starts it in the stack."""
        sweep, apply = _sweep(stack, common), _apply(stack, common)
        machine = Machine(
            stack,
            "SweepMachine",
            define=partial(sweep_definition, sweep=sweep, apply=apply),
            functions=[sweep, apply],
            timeout=_RUN_TIMEOUT,
            comment="Rollcall: observe all accounts, plan, apply what is approved, report",
        ).machine
        dead_letters = DeadLetters(
            stack,
            "SweepDeadLetters",
            content="starts of the sweep",
            alert_topic=common.topic,
            runbook=common.section("DeadLetters"),
        ).queue
        Starts(
            stack,
            "SweepStarts",
            machine=machine,
            schedule=common.settings.sweep_schedule,
            scheduled=_input(Trigger.SCHEDULE),
            deployed=_input(Trigger.ROSTER),
            dead_letters=dead_letters,
        )
        return cls(machine=machine, sweep=sweep, apply=apply, dead_letters=dead_letters)


def _sweep(stack: Construct, common: Common) -> lambda_.Function:
    """All steps that write no contact, as a role that cannot."""
    role = common.roles.sweep
    function = Operation(
        stack,
        "Sweep",
        handler="sweep.handler.handler",
        bundle=common.bundle,
        role=role,
        environment=SweepEnvironment(
            management_account=common.settings.management,
            state_table=common.state.table_name,
            reports_bucket=common.reports.bucket_name,
            outcome_bus=common.outcomes.event_bus_name,
        ).as_variables(),
        timeout=_TIMEOUT,
        memory_mb=1024,
    ).function
    read_member_contacts(role, settings=common.settings)
    grants.read_organization(role, grants.ALL_ACCOUNTS)
    grants.use_items(
        role,
        table=common.state,
        actions=("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"),
        partitions=_ITEMS,
    )
    grants.use_objects(
        role, bucket=common.reports, prefix=RUNS, actions=("GetObject", "PutObject"), reason=_RUN_FILES
    )
    grants.use_objects(
        role,
        bucket=common.reports,
        prefix=REPORTS,
        actions=("PutObject",),
        reason="The files of the report: a folder for each run, named by it.",
    )
    return function


def _apply(stack: Construct, common: Common) -> lambda_.Function:
    """The steps that write contacts, as the one role that may."""
    role = common.roles.writer
    function = Operation(
        stack,
        "Apply",
        handler="apply.handler.handler",
        bundle=common.bundle,
        role=role,
        environment=ApplyEnvironment(
            management_account=common.settings.management,
            state_table=common.state.table_name,
            ledger_bucket=common.ledger.bucket_name,
            reports_bucket=common.reports.bucket_name,
            outcome_bus=common.outcomes.event_bus_name,
            management_role_arn=management_role_arn(common.settings),
        ).as_variables(),
        timeout=_TIMEOUT,
        memory_mb=512,
    ).function
    # Intents that a worker left behind are found by looking through all of them.
    common.state.grant(role, "dynamodb:Scan")
    grants.use_objects(
        role, bucket=common.reports, prefix=RUNS, actions=("GetObject", "PutObject"), reason=_RUN_FILES
    )
    return function


def _input(trigger: Trigger) -> str:
    return json.dumps({"trigger": str(trigger), "by": None, "plan": None})
