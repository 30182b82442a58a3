"""What `rollcall doctor` looks at in the hub, beside what every command does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from rollcall.model.well_known import RECONCILE_ROLE_NAME, STACK_SET_NAME
from stacks import grants
from stacks.addresses import intake_bus_arn

if TYPE_CHECKING:
    from stacks.parts.common import Common

#: Reads of AWS Organizations: trusted access, and the policies that bind the hub.
OPERATIONS: Final = (
    "DescribePolicy",
    "ListAWSServiceAccessForOrganization",
    "ListParents",
    "ListPolicies",
    "ListPoliciesForTarget",
    "ListTargetsForPolicy",
)
_HERE: Final = f"{Aws.REGION}:{Aws.ACCOUNT_ID}"


def let_diagnose(role: iam.Role, common: Common) -> None:
    """Let the role see what the doctor's checks of the hub need. `OPERATIONS` are the caller's to grant."""
    role.add_to_policy(
        iam.PolicyStatement(actions=["sns:ListSubscriptionsByTopic"], resources=[common.topic.topic_arn])
    )
    role.add_to_policy(
        iam.PolicyStatement(actions=["events:DescribeEventBus"], resources=[intake_bus_arn(common.settings)])
    )
    # Neither knows resources: which there are is what they ask. The wildcard is accepted with Organizations'.
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["cloudtrail:DescribeTrails", "events:ListRuleNamesByTarget"], resources=["*"]
        )
    )
    grants.allow(
        role,
        ["events:DescribeRule", "events:ListTargetsByRule"],
        [f"events:{_HERE}:rule/*"],
        reason="Forwarders are found by their target, whoever deployed them under whatever name.",
    )
    grants.allow(
        role,
        ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
        [f"iam::{Aws.ACCOUNT_ID}:role/{name}" for name in (RECONCILE_ROLE_NAME, f"{Aws.STACK_NAME}-*")],
        reason="CloudFormation names the forwarder's role, after the stack.",
    )
    grants.allow(
        role,
        ["iam:GetPolicy", "iam:GetPolicyVersion"],
        [f"iam::{owner}:policy/*" for owner in (Aws.ACCOUNT_ID, "aws")],
        reason="What somebody may have attached to these roles.",
    )
    grants.allow(
        role,
        ["cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"],
        ["cloudtrail:*:*:trail/*"],
        reason="The organization's trail belongs to the management account, or to whom that delegated it.",
    )
    grants.allow(
        role,
        ["cloudwatch:DescribeAlarms"],
        [f"cloudwatch:{_HERE}:alarm:*"],
        reason="CloudFormation names the alarms, which the command finds by the stack.",
    )
    grants.allow(
        role,
        ["cloudformation:ListStackInstances"],
        [f"cloudformation:{Aws.REGION}:*:stackset/{STACK_SET_NAME}:*"],
        reason="It belongs to the management account also where the hub calls, and its id is AWS's.",
    )
