"""Reading and writing contacts: the one permission that everything else here is built around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from rollcall_config.roster_source import absent_kinds, managed_kinds
from stacks.nag import accept

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall_config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What a roster makes necessary: kinds to set and kinds to delete."""

    put: tuple[str, ...]
    delete: tuple[str, ...]

    @classmethod
    def of(cls, roster: Mapping[str, Any]) -> Self:
        """What the compiled roster makes necessary."""
        return cls(put=managed_kinds(roster), delete=absent_kinds(roster))

    def statements(
        self, resource: str, *, only_below: Sequence[str] | None = None
    ) -> list[iam.PolicyStatement]:
        """Read everything at `resource`; write the kinds, below these paths of units if any are given.

        Reads are of all kinds: what the roster does not name is not looked at, and what it names next is
        planned before it is deployed. Both keys hold lists, of which a request has one value.
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
                    "ForAnyValue:StringEquals": {"account:AlternateContactTypes": list(kinds)},
                    **below,
                },
            )
            for operation, kinds in (("Put", self.put), ("Delete", self.delete))
            if kinds
        ]
        return [_reading(resource), *writes]


def members_resource(settings: Settings) -> str:
    """The ARN of every account of this organization, and of no other, in calls that name an account.

    It is the *management* account's, and the `o-` prefix is part of the id
    (https://docs.aws.amazon.com/accounts/latest/reference/security_iam_service-with-iam.html).
    """
    return f"arn:{Aws.PARTITION}:account::{settings.management}:account/{settings.organization}/*"


def own_resource(account: str) -> str:
    """The ARN of an account in calls about itself, which name none."""
    return f"arn:{Aws.PARTITION}:account::{account}:account"


def keep_member_contacts(role: iam.Role, *, settings: Settings, keeping: Keeping) -> None:
    """Read and write alternate contacts of the members, as far as the roster and the settings need it."""
    resource = members_resource(settings)
    for statement in keeping.statements(resource, only_below=settings.limit_to_ous):
        role.add_to_policy(statement)
    _accept_all_accounts(role, resource)


def read_member_contacts(role: iam.Role, *, settings: Settings) -> None:
    """Read alternate contacts of the members, and write none."""
    resource = members_resource(settings)
    role.add_to_policy(_reading(resource))
    _accept_all_accounts(role, resource)


def _reading(resource: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=["account:GetAlternateContact"], resources=[resource])


def _accept_all_accounts(role: iam.Role, resource: str) -> None:
    accept(
        role,
        pack="AwsSolutions",
        rule=f"IAM5[Resource::{resource.replace(Aws.PARTITION, '<AWS::Partition>')}]",
        reason="Every account of the organization is the job; the ARN names the organization.",
    )
