"""The sweep as a state machine: one loop around `Next?`, which goes where the run says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

from rollcall.sweep.run import Ending, Step
from stacks.tasks import task

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

_RUN: Final = {"run": sfn.JsonPath.object_at("$")}
#: The same for each try of an execution: a run keeps its id.
_EXECUTION: Final = {
    "input": sfn.JsonPath.object_at("$$.Execution.Input"),
    "execution": sfn.JsonPath.string_at("$$.Execution.Name"),
    "started": sfn.JsonPath.string_at("$$.Execution.StartTime"),
}


def sweep_definition(
    scope: Construct, *, sweep: lambda_.IFunction, apply: lambda_.IFunction
) -> sfn.IChainable:
    """Begin, then whatever the run asks for next, until it ends. Each step returns the whole run.

    A step that is given up is told to the run under `failed`, and the rest goes on without it.
    """
    failed = sfn.Fail(scope, "Failed", error="SweepFailed", cause="The run says what failed, and people know")
    begin = task(scope, "Begin", sweep, {"operation": "begin"} | _EXECUTION)
    prepare, observe, gate, changes, report = (
        task(scope, step.capitalize(), function, {"operation": str(step)} | _RUN)
        for step, function in (
            (Step.PREPARE, apply),
            (Step.OBSERVE, sweep),
            (Step.GATE, sweep),
            (Step.APPLY, apply),
            (Step.REPORT, sweep),
        )
    )
    following = (
        sfn.Choice(scope, "Next?")
        .when(_next(Step.WAIT), _wait(scope).next(begin))
        .when(_next(Step.PREPARE), prepare)
        .when(_next(Step.OBSERVE), observe)
        .when(_next(Step.GATE), gate)
        .when(_next(Step.APPLY), changes)
        .when(_next(Step.REPORT), report)
        .when(
            sfn.Condition.and_(_next(Step.END), sfn.Condition.string_equals("$.ending", str(Ending.FAILED))),
            failed,
        )
        .when(_next(Step.END), sfn.Succeed(scope, "Done"))
        .otherwise(sfn.Fail(scope, "Lost", error="UnknownStep", cause="No step of this release has the name"))
    )
    for state in (begin, prepare, observe, gate, changes, report):
        state.next(following)
    # Nothing else is left that would tell people and let the next run begin.
    for step, state, path in (("begin", begin, "$.failure"), (Step.REPORT, report, "$.failed.report")):
        told = {"operation": "fail", "step": str(step), "failure": sfn.JsonPath.object_at(path)}
        tell = task(scope, f"{state.id} failed", sweep, told | _EXECUTION)
        tell.add_catch(failed, result_path=sfn.JsonPath.DISCARD)
        state.add_catch(tell.next(failed), result_path=path)
    prepare.add_catch(observe, result_path="$.failed.prepare")
    observe.add_catch(report, result_path="$.failed.observe")
    gate.add_catch(report, result_path="$.failed.gate")
    changes.add_catch(report, result_path="$.failed.apply")
    return begin


def _next(step: Step) -> sfn.Condition:
    return sfn.Condition.string_equals("$.next", str(step))


def _wait(scope: Construct) -> sfn.Wait:
    return sfn.Wait(scope, "Wait", time=sfn.WaitTime.duration(Duration.seconds(60)))
