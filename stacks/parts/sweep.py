"""Schedule, deployment or operator -> state machine -> observe, gate, apply, report."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from rollcall.model.well_known import SWEEP_MACHINE_NAME, SWEEP_ROLE_NAME
from rollcall.runtime.environment import ApplyEnvironment, SweepEnvironment
from rollcall.sweep.run import SETTLE_SECONDS, Ending, Step, Trigger
from rollcall_config.roster_compile import manages_primary
from stacks import grants
from stacks.arns import get_member_role_arn, name_management_role
from stacks.constructs.closed_queue import close_queue
from stacks.constructs.function_role import FunctionRole
from stacks.constructs.machine import Machine, make_task
from stacks.constructs.operation import Operation
from stacks.constructs.reports import REPORTS, RUNS
from stacks.constructs.starts import Starts

if TYPE_CHECKING:
    from aws_cdk import aws_events as events
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs

    from stacks.parts.common import Common
    from stacks.parts.control import Control

#: A worker hands over after four minutes, with time left to save its progress.
_APPLY_TIMEOUT: Final = Duration.minutes(5)
#: The first worker lists all accounts, which may take long: not so long that another run takes over.
_SWEEP_TIMEOUT: Final = Duration.minutes(14)
#: 10,000 accounts take about an hour; a machine that hangs must not block the next day's sweep.
_RUN_TIMEOUT: Final = Duration.hours(24)
#: What is done with which partitions of the state table: what may be written now is only read, known drift
#: noted in records of contacts, what entries of rosters matched; runs and pending plans are its own.
_ITEMS: Final = {
    **dict.fromkeys(("approval", "control"), ("BatchGetItem",)),
    "roster": ("GetItem",),
    "contact#*": ("GetItem", "PutItem"),
    "units": ("PutItem", "Query"),
    "tagged#*": ("DeleteItem", "GetItem", "PutItem", "Query"),
    "sweep": ("DeleteItem", "GetItem", "PutItem", "Query"),
}
_RUN_FILES: Final = "Accounts, observations, plans and results of runs, in parts that are named when written."
_RUN: Final = {"run": sfn.JsonPath.object_at("$")}
#: The same for each try of an execution: a run keeps its id.
_EXECUTION: Final = {
    "input": sfn.JsonPath.object_at("$$.Execution.Input"),
    "execution": sfn.JsonPath.string_at("$$.Execution.Name"),
    "started": sfn.JsonPath.string_at("$$.Execution.StartTime"),
}


class Apply(Construct):
    """The function for the steps of the sweep that write contacts; `role` has that permission."""

    def __init__(self, scope: Construct, id_: str, *, common: Common, role: iam.Role) -> None:
        super().__init__(scope, id_)
        self.function = Operation(
            self,
            "Function",
            handler="apply.handler.handler",
            bundle=common.bundle,
            role=role,
            environment=ApplyEnvironment(
                management_account=common.settings.management,
                state_table=common.state.table_name,
                ledger_bucket=common.ledger.bucket_name,
                reports_bucket=common.reports.bucket_name,
                outcome_bus=common.outcomes.event_bus_name,
                management_role_arn=name_management_role(common.settings),
                guardrail="on" if common.settings.guardrail else "off",
                masks=common.masks,
            ).as_variables(),
            timeout=_APPLY_TIMEOUT,
            memory_mb=512,
        ).function
        grants.find_pending(role, table=common.state, values=("contact", "incident"))
        _use_run_files(role, common)


class Sweep(Construct):
    """The sweep over the whole organization. `control` approves rosters that it need not ask a person for.

    `dead_letters` holds failed starts by schedule or deployment, and those of `control`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        common: Common,
        apply: lambda_.Function,
        control: Control,
        dead_letters: sqs.Queue,
        intake_bus: events.IEventBus,
    ) -> None:
        super().__init__(scope, id_)
        self.role = FunctionRole(self, "Role", name=SWEEP_ROLE_NAME).role
        self.function = self._add_function(common)
        self.machine = Machine(
            self,
            "Machine",
            name=SWEEP_MACHINE_NAME,
            define=partial(_define_machine, sweep=self.function, apply=apply, control=control.function),
            functions=[self.function, apply, control.function],
            timeout=_RUN_TIMEOUT,
            comment="Rollcall: observe all accounts, plan, apply what is approved, report",
        ).machine
        starts = Starts(
            self,
            "Starts",
            machine=self.machine,
            schedule=common.settings.sweep_schedule,
            scheduled=_make_input(Trigger.SCHEDULE),
            deployed=_make_input(Trigger.ROSTER),
            dead_letters=dead_letters,
        )
        delegated = starts.start_when_delegated(hub=common.settings.hub, intake_bus=intake_bus)
        close_queue(
            dead_letters,
            sources=[rule.rule_arn for rule in (starts.deployed, delegated)],
            roles=[starts.schedule_role.role_arn, control.follow_up_role.role_arn],
        )

    def _add_function(self, common: Common) -> lambda_.Function:
        """Add the function for the steps that write no contact; its role has no permission to."""
        reader = common.settings.members_reader
        function = Operation(
            self,
            "Function",
            handler="sweep.handler.handler",
            bundle=common.bundle,
            role=self.role,
            environment=SweepEnvironment(
                organization=common.settings.organization,
                management_account=common.settings.management,
                state_table=common.state.table_name,
                reports_bucket=common.reports.bucket_name,
                outcome_bus=common.outcomes.event_bus_name,
                masks=common.masks,
                member_role=get_member_role_arn() if reader else "none",
                hub_account=common.settings.hub,
            ).as_variables(),
            timeout=_SWEEP_TIMEOUT,
            # With sessions in members no quota but the processor is the limit: this is a whole one.
            memory_mb=1769 if reader else 1024,
        ).function
        if reader:
            grants.use_member_roles(self.role, settings=common.settings)
        grants.read_member_contacts(
            self.role, settings=common.settings, primary=manages_primary(common.roster)
        )
        grants.read_organization(self.role, grants.ALL_ACCOUNTS)
        grants.use_items(
            self.role,
            table=common.state,
            items=_ITEMS,
        )
        grants.find_pending(self.role, table=common.state, values=("contact", "edited"))
        _use_run_files(self.role, common)
        grants.use_objects(
            self.role,
            bucket=common.reports,
            prefix=REPORTS,
            actions=("PutObject",),
            reason="The files of the report: a folder for each run, named by it.",
        )
        return function


def _use_run_files(role: iam.Role, common: Common) -> None:
    grants.use_objects(
        role, bucket=common.reports, prefix=RUNS, actions=("GetObject", "PutObject"), reason=_RUN_FILES
    )


def _make_input(trigger: Trigger) -> str:
    return json.dumps({"trigger": str(trigger), "by": None, "plan": None})


def _define_machine(
    scope: Construct, *, sweep: lambda_.IFunction, apply: lambda_.IFunction, control: lambda_.IFunction
) -> sfn.IChainable:
    """Begin, then take the step that the run names next, until it ends. Each step returns the whole run.

    If a step still fails after its retries, the run gets the error under `failed` and skips the step.
    """
    failed = sfn.Fail(
        scope, "Failed", error="SweepFailed", cause="The run names the step. An alert was sent."
    )
    begin = make_task(scope, "Begin", sweep, {"operation": "begin"} | _EXECUTION)
    prepare, observe, gate, changes, report = (
        make_task(scope, step.capitalize(), function, {"operation": str(step)} | _RUN)
        for step, function in (
            (Step.PREPARE, apply),
            (Step.OBSERVE, sweep),
            (Step.GATE, sweep),
            (Step.APPLY, apply),
            (Step.REPORT, sweep),
        )
    )
    # `control` believes this ARN: of our roles only those of the two machines invoke it, each with its own.
    asked = {"operation": str(Step.APPROVE), "execution": sfn.JsonPath.string_at("$$.Execution.Id")}
    approve = make_task(scope, "Approve", control, asked | _RUN)
    following = (
        sfn.Choice(scope, "Next?")
        .when(_is_next(Step.WAIT), _make_wait(scope, "Wait", Duration.seconds(60)).next(begin))
        .when(_is_next(Step.PREPARE), prepare)
        .when(_is_next(Step.OBSERVE), observe)
        .when(_is_next(Step.GATE), gate)
        .when(_is_next(Step.APPROVE), approve)
        .when(
            _is_next(Step.SETTLE),
            _make_wait(scope, "Settle", Duration.seconds(SETTLE_SECONDS)).next(changes),
        )
        .when(_is_next(Step.APPLY), changes)
        .when(_is_next(Step.REPORT), report)
        .when(
            sfn.Condition.and_(
                _is_next(Step.END), sfn.Condition.string_equals("$.ending", str(Ending.FAILED))
            ),
            failed,
        )
        .when(_is_next(Step.END), sfn.Succeed(scope, "Done"))
        .otherwise(sfn.Fail(scope, "Lost", error="UnknownStep", cause="This release has no such step"))
    )
    for state in (begin, prepare, observe, gate, approve, changes, report):
        state.next(following)
    # After these two no step follows that would send an alert and let the next run begin.
    for step, state, path in (("begin", begin, "$.failure"), (Step.REPORT, report, "$.failed.report")):
        payload = {"operation": "fail", "step": str(step), "failure": sfn.JsonPath.object_at(path)}
        alert = make_task(scope, f"{state.id} failed", sweep, payload | _EXECUTION)
        alert.add_catch(failed, result_path=sfn.JsonPath.DISCARD)
        state.add_catch(alert.next(failed), result_path=path)
    prepare.add_catch(observe, result_path="$.failed.prepare")
    observe.add_catch(report, result_path="$.failed.observe")
    gate.add_catch(report, result_path="$.failed.gate")
    approve.add_catch(report, result_path="$.failed.approve")
    changes.add_catch(report, result_path="$.failed.apply")
    return begin


def _is_next(step: Step) -> sfn.Condition:
    return sfn.Condition.string_equals("$.next", str(step))


def _make_wait(scope: Construct, name: str, duration: Duration) -> sfn.Wait:
    return sfn.Wait(scope, name, time=sfn.WaitTime.duration(duration))
