"""What the functions' roles may do, where no construct of the CDK grants exactly that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam

from stacks.addresses import management_role_arn
from stacks.nag import accept

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns

    from stacks.settings import Settings


def look_up_accounts(role: iam.Role) -> None:
    """Read name, state, tags and place of an account, and which accounts are below a unit."""
    role.add_to_policy(
        iam.PolicyStatement(
            actions=[
                "organizations:DescribeAccount",
                "organizations:DescribeOrganizationalUnit",
                "organizations:ListAccountsForParent",
                "organizations:ListOrganizationalUnitsForParent",
                "organizations:ListParents",
                "organizations:ListTagsForResource",
            ],
            resources=["*"],
        )
    )
    accept(
        role,
        pack="AwsSolutions",
        rule="IAM5[Resource::*]",
        reason="Reads of AWS Organizations: which accounts and units there are is what they ask.",
    )


def reach_management(role: iam.Role, *, settings: Settings) -> None:
    """Become the role for the management account's own contacts; look at policies if there is a guardrail."""
    if settings.management_role:
        role.add_to_policy(
            iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[management_role_arn(settings)])
        )
    if settings.guardrail:
        policies = (
            f":organizations::{settings.management}:policy/{settings.organization}/service_control_policy/p-*"
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["organizations:DescribePolicy"], resources=[f"arn:{Aws.PARTITION}{policies}"]
            )
        )
        accept(
            role,
            pack="AwsSolutions",
            rule=f"IAM5[Resource::arn:<AWS::Partition>{policies}]",
            reason="Whether a policy that was touched is the guardrail is what it asks; the id is AWS's.",
        )


def record(role: iam.Role, *, ledger: s3.Bucket) -> None:
    """Add to the ledger. Object Lock keeps even this role from changing what is there."""
    role.add_to_policy(
        iam.PolicyStatement(actions=["s3:PutObject"], resources=[ledger.arn_for_objects("ledger/*")])
    )
    bucket = Stack.of(ledger).resolve(ledger.bucket_arn)["Fn::GetAtt"][0]
    accept(
        role,
        pack="AwsSolutions",
        rule=f"IAM5[Resource::<{bucket}.Arn>/ledger/*]",
        reason="One object for each intent and outcome, named when it is written.",
    )


def alert(role: iam.Role, *, topic: sns.Topic) -> None:
    """Publish to the encrypted topic."""
    role.add_to_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=[topic.topic_arn]))
    if topic.master_key:
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html: what a publisher needs
        topic.master_key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
