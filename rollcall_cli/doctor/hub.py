"""The hub: its stack, the bus that receives every event, and the roster that it enforces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.adapters.state.rosters import ControlItems
from rollcall.model.well_known import INTAKE_BUS_NAME
from rollcall_cli.aws.hub import STACK, describe_stack, intake_bus_arn, parse_outputs
from rollcall_cli.aws.patient import list_all
from rollcall_cli.doctor.facts import DeployedHub, Seen, Unseen
from rollcall_cli.doctor.model import CheckFinding, report_failure, report_pass, report_unknown
from rollcall_cli.doctor.reading import HUB
from rollcall_cli.text import fixes
from rollcall_policies import Access, AccessRequest, decide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.decide.resolve import Enforcement
    from rollcall_cli.aws.composition import Login
    from rollcall_cli.doctor.facts import Facts
    from rollcall_cli.doctor.reading import FactReader

_DEPLOY, _RESTORE = f"`{fixes.deploy(STACK)}`", fixes.restore(STACK)
_DIGITS = 12
#: Quota "Concurrent executions": https://docs.aws.amazon.com/general/latest/gr/lambda-service.html
_CONCURRENCY = "L-B99A9384"
#: The CDK's suffix of a logical ID.
_HASH = 8
_APPROVE = (
    "`rollcall status` shows a plan that is pending approval, `rollcall approve DIGEST` approves it; "
    "`rollcall sweep` makes a new plan"
)
_UNPAUSE = "`rollcall unpause --reason '...'` when the reason for the pause is gone"


def read_stack(reader: FactReader) -> Seen[DeployedHub | None] | Unseen:
    """Read the deployed stack, None if there is none."""

    def look(login: Login) -> DeployedHub | None:
        client = login.client("cloudformation")
        found = describe_stack(client)
        if found is None:
            return None
        resources = list_all(client, "list_stack_resources", "StackResourceSummaries", StackName=STACK)
        return DeployedHub(
            status=found["StackStatus"],
            outputs=parse_outputs(found),
            alarms=[
                item["PhysicalResourceId"]
                for item in resources
                if item["ResourceType"] == "AWS::CloudWatch::Alarm"
            ],
            roles={
                item["LogicalResourceId"][:-_HASH]: item["PhysicalResourceId"]
                for item in resources
                if item["ResourceType"] == "AWS::IAM::Role" and "PhysicalResourceId" in item
            },
        )

    return reader.read(f"the stack {STACK}", HUB, look)


def read_bus_policy(reader: FactReader) -> Seen[Mapping[str, Any] | None] | Unseen:
    """Read the policy of the intake bus (empty if it has none), None if there is no such bus."""

    def look(login: Login) -> Mapping[str, Any] | None:
        try:
            found = login.client("events").describe_event_bus(Name=INTAKE_BUS_NAME)
        except ClientError as error:
            if get_code(error) == "ResourceNotFoundException":
                return None
            raise
        document: Mapping[str, Any] = json.loads(found.get("Policy") or "{}")
        return document

    return reader.read("the intake bus", HUB, look)


def read_control(reader: FactReader, hub: Seen[DeployedHub | None] | Unseen) -> Seen[Enforcement] | Unseen:
    """Read which roster is approved and whether writes are paused."""
    return reader.read_in_hub(
        "the state table",
        hub,
        lambda login, deployed: ControlItems(
            client=login.client("dynamodb"), table=deployed.outputs["StateTableName"]
        ).get_enforcement(),
    )


def read_concurrency(reader: FactReader) -> Seen[int] | Unseen:
    """Read how many functions without a reservation of their own the account may run at the same time."""

    def look(login: Login) -> int:
        found = login.client("lambda").get_account_settings()["AccountLimit"]
        return int(found["UnreservedConcurrentExecutions"])

    return reader.read("Lambda's limits", HUB, look)


def check_stack(facts: Facts) -> CheckFinding:
    """Check that the hub is deployed and that its last deployment succeeded."""
    if isinstance(facts.hub, Unseen):
        return report_unknown(facts.hub)
    found = facts.hub.value
    if found is None:
        return report_failure(f"{STACK} is not deployed in the hub", fix=_DEPLOY)
    if found.status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}:
        return report_failure(
            f"{STACK} is in state {found.status}",
            fix=f"{_DEPLOY}; `aws cloudformation describe-stack-events --stack-name {STACK}` shows the cause",
        )
    return report_pass(f"{STACK} is in state {found.status}")


def check_concurrency(facts: Facts) -> CheckFinding:
    """Check that Lambda can run all functions of the hub at the same time: a new account may have ten."""
    if isinstance(facts.concurrency, Unseen):
        return report_unknown(facts.concurrency)
    there, needed = facts.concurrency.value, facts.settings.concurrency
    if needed <= there:
        return report_pass(f"{there} functions at a time, Rollcall needs at most {needed}")
    return report_failure(
        f"Lambda runs {there} functions at a time in the hub, these channels need {needed}: at a storm of "
        "events, signals and alerts wait for each other",
        fix=f"`aws service-quotas request-service-quota-increase --service-code lambda --quota-code "
        f"{_CONCURRENCY} --desired-value 1000`, or use fewer channels",
    )


def check_intake_bus(facts: Facts) -> CheckFinding:
    """Check that the bus accepts what rules in accounts of this organization forward."""
    if isinstance(facts.bus_policy, Unseen):
        return report_unknown(facts.bus_policy)
    if facts.bus_policy.value is None:
        return report_failure(f"there is no bus {INTAKE_BUS_NAME}", fix=_RESTORE)
    settings = facts.settings
    request = AccessRequest(
        action="events:PutEvents",
        resource=intake_bus_arn(settings),
        principal=settings.management,
        complete=False,
        context={
            "aws:PrincipalOrgID": [settings.organization],
            "aws:PrincipalAccount": [settings.management],
            "events:source": ["aws.account"],
            "events:eventBusInvocation": ["true"],
            "events:detail-type": ["AWS API Call via CloudTrail"],
        },
    )
    decision = decide([facts.bus_policy.value], request)
    match decision.access:
        case Access.ALLOWED:
            return report_pass(f"{INTAKE_BUS_NAME} accepts events of accounts of {settings.organization}")
        case Access.UNKNOWN:
            seen = f"the policy of {INTAKE_BUS_NAME} cannot be evaluated here: {decision.reason}"
            return report_unknown(Unseen(reason=seen, fix=_RESTORE))
    seen = f"{INTAKE_BUS_NAME} refuses events of accounts of {settings.organization}"
    return report_failure(seen, fix=_RESTORE)


def check_roster(facts: Facts) -> CheckFinding:
    """Check that the deployed roster is the approved one, and that writes are not paused."""
    if isinstance(facts.control, Unseen):
        return report_unknown(facts.control)
    control, outputs = facts.control.value, facts.deployed.outputs if facts.deployed else {}
    candidate = outputs.get("CandidateDigest", facts.candidate)
    if control.paused:
        return report_failure("writes are paused", fix=_UNPAUSE)
    if control.approved != candidate:
        return _judge_unapproved(control.approved, candidate, facts)
    same = f"roster {candidate[:_DIGITS]} is deployed and approved"
    if candidate != facts.candidate:
        return report_pass(f"{same}; the roster in this directory is a different one")
    return report_pass(same)


def _judge_unapproved(approved: str | None, candidate: str, facts: Facts) -> CheckFinding:
    deployed = f"roster {candidate[:_DIGITS]} is deployed"
    if approved is not None:
        seen = f"{deployed} but not approved: roster {approved[:_DIGITS]} stays in force"
        return report_failure(seen, fix=_APPROVE)
    if candidate == facts.candidate and not facts.enforces:
        return report_pass(f"{deployed} in audit mode: nothing is written, and no approval is needed")
    return report_failure("no roster is approved: nothing is enforced", fix=_APPROVE)
