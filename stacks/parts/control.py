"""What operators may ask for -> state machine -> control. CloudTrail names who started it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Self

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

from rollcall.runtime.environment import ControlEnvironment
from stacks import grants
from stacks.constructs.machine import Machine
from stacks.constructs.operation import Operation
from stacks.tasks import task

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

    from stacks.parts.common import Common
    from stacks.parts.sweep import Sweep

_TIMEOUT: Final = Duration.minutes(1)
_COMMAND_TIMEOUT: Final = Duration.minutes(10)
#: Partitions of the state table: what is approved and the pause, held plans, standoffs, and the units that an
#: approval remembers.
_ITEMS: Final = ("control", "roster", "sweep", "standoffs", "units")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The operator's commands."""

    machine: sfn.StateMachine
    function: lambda_.Function

    @classmethod
    def of(cls, stack: Construct, common: Common, sweep: Sweep) -> Self:
        """Make function and machine in the stack."""
        role = common.roles.control
        function = Operation(
            stack,
            "Control",
            handler="control.handler.handler",
            bundle=common.bundle,
            role=role,
            environment=ControlEnvironment(
                management_account=common.settings.management,
                state_table=common.state.table_name,
                outcome_bus=common.outcomes.event_bus_name,
                sweep_machine_arn=sweep.machine.state_machine_arn,
            ).as_variables(),
            timeout=_TIMEOUT,
            memory_mb=256,
        ).function
        grants.read_organization(role, grants.UNITS)
        grants.use_items(
            role,
            table=common.state,
            actions=("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"),
            partitions=_ITEMS,
        )
        sweep.machine.grant_start_execution(role)
        machine = Machine(
            stack,
            "ControlMachine",
            define=partial(_definition, function=function),
            functions=[function],
            timeout=_COMMAND_TIMEOUT,
            comment="Rollcall: pause, unpause, approve and release",
        ).machine
        return cls(machine=machine, function=function)


def _definition(scope: Construct, *, function: lambda_.IFunction) -> sfn.IChainable:
    """The command as it was given, with the name of its execution: the same for each try of it."""
    named = sfn.Pass(scope, "Named", input_path="$$.Execution.Name", result_path="$.execution")
    return named.next(task(scope, "Command", function))
