"""What starts the sweep: the clock, and a deployment of this very stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.control.handle import FOLLOW_UP
from tests.stacks.patterns import matches
from tests.stacks.template import arn
from tests.stacks.variants import synthesize_with

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stacks.template import Template

STACK = "arn:aws:cloudformation:us-east-1:333333333333:stack/RollcallHub/1"


def test_the_clock_starts_a_sweep_once_a_day(hub: Template) -> None:
    _, schedule = hub.one("AWS::Scheduler::Schedule", "SweepStarts")
    assert (schedule["ScheduleExpression"], schedule["State"]) == ("rate(1 day)", "ENABLED")
    target = schedule["Target"]
    assert json.loads(target["Input"]) == {"trigger": "schedule", "by": None, "plan": None}
    assert arn(target["Arn"]) == f"{{{hub.one('AWS::StepFunctions::StateMachine', 'SweepMachine')[0]}}}"
    assert "SweepDeadLettersQueue" in arn(target["DeadLetterConfig"]["Arn"])


def test_the_clock_looks_after_the_pause_four_times_an_hour(hub: Template) -> None:
    _, schedule = hub.one("AWS::Scheduler::Schedule", "ControlFollowUp")
    assert (schedule["ScheduleExpression"], schedule["State"]) == ("rate(15 minutes)", "ENABLED")
    target = schedule["Target"]
    assert json.loads(target["Input"]) == {"operation": FOLLOW_UP}
    assert "SweepDeadLettersQueue" in arn(target["DeadLetterConfig"]["Arn"])
    assert arn(target["Arn"]) == f"{{{hub.one('AWS::StepFunctions::StateMachine', 'ControlMachine')[0]}}}"


def test_the_settings_say_when(tmp_path: Path) -> None:
    assembly = synthesize_with(
        tmp_path, options='sweep: {schedule: "cron(30 4 * * ? *)"}\nreports: {retention_days: 30}\n'
    )
    hub = assembly.templates["RollcallHub"]
    _, schedule = hub.one("AWS::Scheduler::Schedule", "SweepStarts")
    assert schedule["ScheduleExpression"] == "cron(30 4 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Etc/UTC"
    _, bucket = hub.one("AWS::S3::Bucket", "Reports")
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert [one["ExpirationInDays"] for one in rules if one["Prefix"] == "reports/"] == [30]


def change(stack: str, status: str, kind: str = "Stack") -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html."""
    return {
        "source": "aws.cloudformation",
        "detail-type": f"CloudFormation {kind} Status Change",
        "detail": {"stack-id": stack, "status-details": {"status": status, "status-reason": ""}},
    }


@pytest.mark.parametrize(
    ("event", "starts"),
    [
        (change(STACK, "CREATE_COMPLETE"), True),
        (change(STACK, "UPDATE_COMPLETE"), True),
        (change(STACK, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), False),
        (change(STACK, "UPDATE_ROLLBACK_COMPLETE"), False),
        (change(STACK, "DELETE_COMPLETE"), False),
        (change(STACK, "UPDATE_COMPLETE", kind="Resource"), False),
        (change(STACK.replace("Hub", "Hub2"), "UPDATE_COMPLETE"), False),
    ],
)
def test_a_deployment_of_this_stack_starts_one(hub: Template, event: dict[str, Any], *, starts: bool) -> None:
    _, rule = hub.one("AWS::Events::Rule", "SweepStartsDeployed")
    pattern = rule["EventPattern"]
    assert pattern["detail"]["stack-id"] == [{"Ref": "AWS::StackId"}]
    deployed = pattern | {"detail": pattern["detail"] | {"stack-id": [STACK]}}
    assert matches(deployed, event) is starts
    assert "EventBusName" not in rule  # CloudFormation speaks on the default bus
    (target,) = rule["Targets"]
    assert json.loads(target["Input"]) == {"trigger": "roster", "by": None, "plan": None}
    assert arn(target["Arn"]) == f"{{{hub.one('AWS::StepFunctions::StateMachine', 'SweepMachine')[0]}}}"


HUB, MEMBER = "333333333333", "222222222222"


@pytest.mark.parametrize(
    ("name", "service", "account", "starts"),
    [
        ("RegisterDelegatedAdministrator", "account.amazonaws.com", HUB, True),
        ("RegisterDelegatedAdministrator", "account.amazonaws.com", MEMBER, False),
        ("RegisterDelegatedAdministrator", "guardduty.amazonaws.com", HUB, False),
        ("EnableAWSServiceAccess", "account.amazonaws.com", None, True),
        ("EnableAWSServiceAccess", "guardduty.amazonaws.com", None, False),
        ("DeregisterDelegatedAdministrator", "account.amazonaws.com", HUB, False),
    ],
)
def test_a_hub_that_can_read_again_starts_one(
    hub: Template, name: str, service: str, account: str | None, *, starts: bool
) -> None:
    """It finds what could not be read in between."""
    _, rule = hub.one("AWS::Events::Rule", "SweepStartsDelegation")
    assert rule["EventBusName"] == {"Ref": hub.one("AWS::Events::EventBus", "IntakeBus")[0]}
    parameters = {"servicePrincipal": service} | ({"accountId": account} if account else {})
    event: dict[str, Any] = {
        "source": "aws.organizations",
        "detail": {"eventName": name, "requestParameters": parameters},
    }
    assert matches(rule["EventPattern"], event) is starts
    assert not matches(rule["EventPattern"], event | {"replay-name": "again"})
    assert not matches(
        rule["EventPattern"], event | {"detail": event["detail"] | {"errorCode": "AccessDenied"}}
    )
    assert json.loads(rule["Targets"][0]["Input"]) == {"trigger": "schedule", "by": None, "plan": None}


def test_the_machines_are_logged_without_data_and_traced(hub: Template) -> None:
    machines = hub.of_type("AWS::StepFunctions::StateMachine").values()
    assert len(machines) == 2
    for machine in machines:
        assert machine["TracingConfiguration"] == {"Enabled": True}
        assert machine["LoggingConfiguration"]["Level"] == "ALL"
        assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
        # Executions are named by hand where a name must not be used twice: only standard ones keep it.
        assert machine.get("StateMachineType", "STANDARD") == "STANDARD"
