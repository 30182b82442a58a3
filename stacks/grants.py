"""Permissions of roles that no method of the CDK grants exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam

from rollcall.model.contact import ContactKind
from rollcall_config.roster_compile import list_absent_kinds, list_managed_kinds, manages_primary
from stacks.arns import get_management_role_arn, get_member_role_arn, get_members_arn
from stacks.constructs.state_table import PENDING
from stacks.nag import accept, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns

    from rollcall_config.settings import Settings


#: Operations that describe one account, and list the accounts below an OU. Tags also if the deployed roster
#: uses none: the approved one, which stays in force until another is approved, may.
ONE_ACCOUNT: Final = (
    "DescribeAccount",
    "DescribeOrganizationalUnit",
    "ListAccountsForParent",
    "ListOrganizationalUnitsForParent",
    "ListParents",
    "ListTagsForResource",
)
#: Operations that list all accounts, each with its OU.
ALL_ACCOUNTS: Final = (
    "ListAccounts",
    "ListAccountsForParent",
    "ListOrganizationalUnitsForParent",
    "ListRoots",
    "ListTagsForResource",
)
#: Operations that find the guardrail among the policies.
GUARDRAIL: Final = ("ListPolicies",)
#: Operations that find an OU by its path of names.
UNITS: Final = ("ListOrganizationalUnitsForParent", "ListRoots")


def make_contact_statements(
    roster: Mapping[str, Any], resource: str, *, only_below: Sequence[str] | None = None
) -> list[iam.PolicyStatement]:
    """Allow reads at `resource`, and writes of the kinds that the roster sets or deletes.

    `roster` is compiled; `only_below` limits the writes to accounts below these paths of OUs.
    Reads cover all alternate kinds, because a kind that the roster names next is planned before it is
    deployed; the primary contact, an address, is read only if the roster names it. No condition key
    names its kind. Both condition keys hold lists, of which a request has one value.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsaccountmanagement.html
    https://docs.aws.amazon.com/accounts/latest/reference/security_iam_service-with-iam.html
    """
    below = (
        {"ForAnyValue:StringLike": {"account:AccountResourceOrgPaths": list(only_below)}}
        if only_below
        else {}
    )
    writes = [
        iam.PolicyStatement(
            actions=[f"account:{operation}AlternateContact"],
            resources=[resource],
            conditions={
                "ForAnyValue:StringEquals": {"account:AlternateContactTypes": kinds},
                **below,
            },
        )
        for operation, named in (("Put", list_managed_kinds(roster)), ("Delete", list_absent_kinds(roster)))
        if (kinds := [kind for kind in named if kind != ContactKind.PRIMARY])
    ]
    primary = manages_primary(roster)
    if primary:
        put = iam.PolicyStatement(
            actions=["account:PutContactInformation"], resources=[resource], conditions=below
        )
        writes.append(put)
    return [_make_read_statement(resource, primary=primary), *writes]


def write_member_contacts(role: iam.Role, *, settings: Settings, roster: Mapping[str, Any]) -> None:
    """Read and write contacts of the members, as far as the roster and the settings need it."""
    resource = get_members_arn(settings)
    for statement in make_contact_statements(roster, resource, only_below=settings.limit_to_ous):
        role.add_to_policy(statement)
    _accept_all_accounts(role, resource)


def read_member_contacts(role: iam.Role, *, settings: Settings, primary: bool) -> None:
    """Read alternate contacts of the members, and primary ones if asked for; write none."""
    resource = get_members_arn(settings)
    role.add_to_policy(_make_read_statement(resource, primary=primary))
    _accept_all_accounts(role, resource)


def read_organization(role: iam.Role, operations: Sequence[str]) -> None:
    """Call these operations of AWS Organizations, most of which support no resources."""
    role.add_to_policy(
        iam.PolicyStatement(actions=[f"organizations:{one}" for one in operations], resources=["*"])
    )
    accept(
        role,
        pack="AwsSolutions",
        rule="IAM5[Resource::*]",
        reason="Reads of AWS Organizations, which list accounts and OUs and support no resources.",
    )


def use_management_role(role: iam.Role, *, settings: Settings) -> None:
    """Assume the role for the management account's own contacts; list policies if there is a guardrail."""
    if settings.management_role:
        role.add_to_policy(
            iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[get_management_role_arn(settings)])
        )
    if settings.guardrail:
        read_organization(role, GUARDRAIL)


def use_member_roles(role: iam.Role, *, settings: Settings) -> None:
    """Assume the role that reads a member's contacts, in any account of the organization."""
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["sts:AssumeRole"],
            resources=[get_member_role_arn()],
            conditions={"StringEquals": {"aws:ResourceOrgID": settings.organization}},
        )
    )
    accept(
        role,
        pack="AwsSolutions",
        rule=f"IAM5[Resource::{get_member_role_arn().replace(Aws.PARTITION, '<AWS::Partition>')}]",
        reason="One role of this name in each account; the condition names the organization.",
    )


def write_ledger(role: iam.Role, *, ledger: s3.Bucket, prefix: str = "ledger/") -> None:
    """Add objects to the ledger, and read one that is there already: it may be of an earlier try.

    Object Lock keeps even this role from changing what is there. All keys begin with `prefix`.
    """
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["s3:GetObject", "s3:PutObject"], resources=[ledger.arn_for_objects(f"{prefix}*")]
        )
    )
    # Nobody asks for a list: without it, a missing key looks like a forbidden one.
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[ledger.bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
        )
    )
    accept_objects(role, ledger, prefix, reason="One object for each record, named when it is written.")


def publish_alerts(role: iam.Role, *, topic: sns.Topic) -> None:
    """Publish to the encrypted topic."""
    role.add_to_policy(iam.PolicyStatement(actions=["sns:Publish"], resources=[topic.topic_arn]))
    if topic.master_key:
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html: what a publisher needs
        topic.master_key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")


def use_items(role: iam.Role, *, table: dynamodb.Table, items: Mapping[str, Sequence[str]]) -> None:
    """Work on items: of each partition (values of `pk`, wildcards allowed) with these actions, of others not.

    ForAllValues is also true for a request that names no key, such as a scan: hence Null. A transaction needs
    the action of each of its parts.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    _use_partitions(role, table.table_arn, items)


def find_pending(role: iam.Role, *, table: dynamodb.Table, values: Sequence[str]) -> None:
    """Query the index of unfinished work, which holds whole items, for these values of its key.

    Whether the leading key of such a query is that of the index is not known: see docs/architecture.md.
    """
    _use_partitions(role, f"{table.table_arn}/index/{PENDING}", dict.fromkeys(values, ("Query",)))


def _use_partitions(role: iam.Role, resource: str, items: Mapping[str, Sequence[str]]) -> None:
    for actions in sorted({tuple(sorted(actions)) for actions in items.values()}):
        partitions = sorted(one for one, granted in items.items() if tuple(sorted(granted)) == actions)
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{action}" for action in actions],
                resources=[resource],
                conditions={
                    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": partitions},
                    "Null": {"dynamodb:LeadingKeys": "false"},
                },
            )
        )


def use_objects(
    role: iam.Role, *, bucket: s3.Bucket, prefix: str, actions: Sequence[str], reason: str
) -> None:
    """Read or write objects of the bucket whose keys begin with `prefix`, and list them."""
    role.add_to_policy(
        iam.PolicyStatement(
            actions=[f"s3:{action}" for action in actions], resources=[bucket.arn_for_objects(f"{prefix}*")]
        )
    )
    # Without it S3 answers 403 and not 404 for a key that does not exist.
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
        )
    )
    accept_objects(role, bucket, prefix, reason=reason)


def accept_objects(role: iam.Role, bucket: s3.Bucket, prefix: str, *, reason: str) -> None:
    """Accept a wildcard after `prefix`: the names of objects are not known before they are written."""
    objects = shown(Stack.of(bucket).resolve(bucket.arn_for_objects(f"{prefix}*")))
    accept(role, pack="AwsSolutions", rule=f"IAM5[Resource::{objects}]", reason=reason)


def allow(role: iam.Role, actions: Sequence[str], resources: Sequence[str], *, reason: str) -> None:
    """Allow actions on resources (ARNs after the partition); `reason` justifies the wildcards in them."""
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


def _make_read_statement(resource: str, *, primary: bool) -> iam.PolicyStatement:
    kinds = ("AlternateContact", *(["ContactInformation"] if primary else []))
    return iam.PolicyStatement(actions=[f"account:Get{one}" for one in kinds], resources=[resource])


def _accept_all_accounts(role: iam.Role, resource: str) -> None:
    accept(
        role,
        pack="AwsSolutions",
        rule=f"IAM5[Resource::{resource.replace(Aws.PARTITION, '<AWS::Partition>')}]",
        reason="Rollcall manages every account of the organization; the ARN names the organization.",
    )
