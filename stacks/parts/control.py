"""Commands of operators -> state machine -> control, which asks AWS STS whose signature each carries."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from rollcall.control.handle import FOLLOW_UP
from rollcall.model.well_known import LEDGER_ALERTS, LEDGER_COMMANDS
from rollcall.runtime.environment import ControlEnvironment
from stacks import grants
from stacks.arns import get_sweep_machine_arn
from stacks.constructs.function_role import FunctionRole
from stacks.constructs.machine import Machine, make_task
from stacks.constructs.operation import Operation

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs

    from stacks.parts.common import Common

_TIMEOUT: Final = Duration.minutes(1)
_COMMAND_TIMEOUT: Final = Duration.minutes(10)
#: What is done with which partitions of the state table: the approved roster, the pause, pending plans, the
#: OUs that an approval remembers, and groups of alerts whose messages are overdue. It writes no contact#.
_ITEMS: Final = {
    "approval": ("BatchGetItem", "GetItem", "UpdateItem"),
    "control": ("BatchGetItem", "ConditionCheckItem", "GetItem", "UpdateItem"),
    "roster": ("GetItem", "PutItem"),
    "contact#*": ("BatchGetItem", "GetItem"),
    "units": ("DeleteItem", "PutItem", "Query"),
    "sweep": ("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
    "alerts": ("BatchGetItem", "PutItem", "UpdateItem"),
    "group#*": ("DeleteItem", "PutItem", "Query", "UpdateItem"),
    "grouped#*": ("BatchGetItem", "PutItem"),
}


class Control(Construct):
    """The operators' commands. `sweep`, and approving a plan, start the machine of sweeps.

    `apply` stores what releases a contact, `dead_letters` holds failed starts of the follow-up of pauses and
    alerts.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        common: Common,
        apply: lambda_.Function,
        dead_letters: sqs.Queue,
    ) -> None:
        super().__init__(scope, id_)
        self.role = FunctionRole(self, "Role").role
        self.function = Operation(
            self,
            "Function",
            handler="control.handler.handler",
            bundle=common.bundle,
            role=self.role,
            environment=ControlEnvironment(
                management_account=common.settings.management,
                hub_account=common.settings.hub,
                operators=" ".join(common.settings.operators) or "none",
                state_table=common.state.table_name,
                ledger_bucket=common.ledger.bucket_name,
                outcome_bus=common.outcomes.event_bus_name,
                sweep_machine_arn=get_sweep_machine_arn(common.settings),
            ).as_variables(),
            timeout=_TIMEOUT,
            memory_mb=256,
        ).function
        grants.read_organization(self.role, grants.UNITS)
        grants.write_ledger(self.role, ledger=common.ledger, prefix=LEDGER_COMMANDS)
        grants.write_ledger(self.role, ledger=common.ledger, prefix=LEDGER_ALERTS)
        grants.find_pending(self.role, table=common.state, values=("group",))
        grants.use_items(
            self.role,
            table=common.state,
            items=_ITEMS,
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["states:StartExecution"], resources=[get_sweep_machine_arn(common.settings)]
            )
        )
        self.machine = Machine(
            self,
            "Machine",
            define=partial(_define_machine, function=self.function, apply=apply),
            functions=[self.function, apply],
            timeout=_COMMAND_TIMEOUT,
            comment="Rollcall: pause, unpause, approve, release and sweep",
        ).machine
        starter = iam.ServicePrincipal(
            "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        )
        self.follow_up_role = iam.Role(self, "FollowUpRole", assumed_by=starter)
        scheduler.Schedule(
            self,
            "FollowUp",
            description="Rollcall: alerts of a pause that goes on or ends, and other alerts that are overdue",
            schedule=scheduler.ScheduleExpression.rate(Duration.minutes(15)),
            target=targets.StepFunctionsStartExecution(
                self.machine,
                role=self.follow_up_role,
                input=scheduler.ScheduleTargetInput.from_object({"operation": FOLLOW_UP}),
                dead_letter_queue=dead_letters,
                # The next one does the same.
                max_event_age=Duration.minutes(15),
            ),
        )


def _define_machine(
    scope: Construct, *, function: lambda_.IFunction, apply: lambda_.IFunction
) -> sfn.IChainable:
    """Pass the command on with the ARN and the start of its execution, which are the same for each try.

    What releases a contact is then stored by the role that writes contacts.
    """
    named = sfn.Pass(scope, "Named", input_path="$$.Execution.Id", result_path="$.execution")
    started = sfn.Pass(scope, "Started", input_path="$$.Execution.StartTime", result_path="$.started")
    answer = {"operation": "release", "answer": sfn.JsonPath.object_at("$")}
    done = (
        sfn.Choice(scope, "Released?")
        .when(sfn.Condition.is_present("$.release"), make_task(scope, "Release", apply, answer))
        .otherwise(sfn.Succeed(scope, "Done"))
    )
    return named.next(started).next(make_task(scope, "Command", function)).next(done)
