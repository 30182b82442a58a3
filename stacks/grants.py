"""What the functions' roles may do, where no construct of the CDK grants exactly that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam

from stacks.addresses import management_role_arn
from stacks.nag import accept, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns

    from rollcall_config.settings import Settings


#: What it takes to know one account, and which accounts are below a unit.
ONE_ACCOUNT: Final = (
    "DescribeAccount",
    "DescribeOrganizationalUnit",
    "ListAccountsForParent",
    "ListOrganizationalUnitsForParent",
    "ListParents",
    "ListTagsForResource",
)
#: What it takes to know all of them, each with its place.
ALL_ACCOUNTS: Final = (
    "ListAccounts",
    "ListAccountsForParent",
    "ListOrganizationalUnitsForParent",
    "ListRoots",
    "ListTagsForResource",
)
#: What it takes to know which policy is the guardrail.
GUARDRAIL: Final = ("ListPolicies",)
#: What it takes to find a unit by its path of names.
UNITS: Final = ("ListOrganizationalUnitsForParent", "ListRoots")


def read_organization(role: iam.Role, operations: Sequence[str]) -> None:
    """Ask AWS Organizations: the service knows no resources for listing what there is."""
    role.add_to_policy(
        iam.PolicyStatement(actions=[f"organizations:{one}" for one in operations], resources=["*"])
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
        read_organization(role, GUARDRAIL)


def record(role: iam.Role, *, ledger: s3.Bucket) -> None:
    """Add to the ledger. Object Lock keeps even this role from changing what is there."""
    role.add_to_policy(
        iam.PolicyStatement(actions=["s3:PutObject"], resources=[ledger.arn_for_objects("ledger/*")])
    )
    accept_objects(
        role, ledger, "ledger/", reason="One object for each intent and outcome, named when it is written."
    )


def alert(role: iam.Role, *, topic: sns.Topic) -> None:
    """Publish to the encrypted topic."""
    role.add_to_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=[topic.topic_arn]))
    if topic.master_key:
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html: what a publisher needs
        topic.master_key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")


def use_items(
    role: iam.Role, *, table: dynamodb.Table, actions: Sequence[str], partitions: Sequence[str]
) -> None:
    """Work on items of these partitions (values of `pk`, wildcards allowed) of the table and of no others.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    role.add_to_policy(
        iam.PolicyStatement(
            actions=[f"dynamodb:{action}" for action in actions],
            resources=[table.table_arn],
            conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(partitions)}},
        )
    )


def use_objects(
    role: iam.Role, *, bucket: s3.Bucket, prefix: str, actions: Sequence[str], reason: str
) -> None:
    """Read or write objects of the bucket whose keys begin so, and list them."""
    role.add_to_policy(
        iam.PolicyStatement(
            actions=[f"s3:{action}" for action in actions], resources=[bucket.arn_for_objects(f"{prefix}*")]
        )
    )
    # Without it a key that is not there looks like one that is forbidden.
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
        )
    )
    accept_objects(role, bucket, prefix, reason=reason)


def accept_objects(role: iam.Role, bucket: s3.Bucket, prefix: str, *, reason: str) -> None:
    """Objects have their names when they are written: nothing else than a prefix can be named."""
    objects = shown(Stack.of(bucket).resolve(bucket.arn_for_objects(f"{prefix}*")))
    accept(role, pack="AwsSolutions", rule=f"IAM5[Resource::{objects}]", reason=reason)


def allow(role: iam.Role, actions: Sequence[str], resources: Sequence[str], *, reason: str) -> None:
    """Allow actions on resources (ARNs after the partition); `reason` is why there are wildcards in them."""
    arns = [f"arn:{Aws.PARTITION}:{resource}" for resource in resources]
    role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=arns))
    for arn in arns:
        if "*" in arn:
            accept(
                role,
                pack="AwsSolutions",
                rule=f"IAM5[Resource::{shown(Stack.of(role).resolve(arn))}]",
                reason=reason,
            )
