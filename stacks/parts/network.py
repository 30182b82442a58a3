"""The functions in a VPC of the hub's owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import aws_iam as iam
from constructs import Construct

from rollcall_config.roster_compile import manages_primary
from stacks.arns import get_management_role_arn, get_members_arn, get_own_account_arn
from stacks.constructs.network import Network, ServiceEndpoint, join_network

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_lambda as lambda_

    from rollcall_config.settings import PrivateLink
    from stacks.parts.common import Common

_READS: Final = ("account:GetAlternateContact",)
_WRITES: Final = ("account:PutAlternateContact", "account:DeleteAlternateContact")
_READS_OF_PRIMARY: Final = ("account:GetContactInformation",)
_WRITES_OF_PRIMARY: Final = ("account:PutContactInformation",)


class PrivateNetwork(Construct):
    """Puts `functions` into the owner's subnets, with an Account API endpoint for only these roles.

    The `writer` may read and write there, the `reader` only read. An endpoint of AWS STS admits the writer,
    and the signatures of the hub's principals, which `control` has checked there.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        common: Common,
        link: PrivateLink,
        functions: Iterable[lambda_.Function],
        writer: iam.IRole,
        reader: iam.IRole,
    ) -> None:
        super().__init__(scope, id_)
        settings = common.settings
        primary = manages_primary(common.roster)
        reads = [*_READS, *(_READS_OF_PRIMARY if primary else ())]
        actions = [*reads, *_WRITES, *(_WRITES_OF_PRIMARY if primary else ())]
        network = Network(vpc=link.vpc, subnets=link.subnets, security_groups=link.security_groups)
        ServiceEndpoint(
            self,
            "AccountApi",
            name="account",
            network=network,
            region=settings.region,
            statements=[
                iam.PolicyStatement(
                    sid="MembersByTheHub",
                    principals=[iam.ArnPrincipal(writer.role_arn)],
                    actions=actions,
                    resources=[get_members_arn(settings)],
                ),
                iam.PolicyStatement(
                    sid="MembersAreRead",
                    principals=[iam.ArnPrincipal(reader.role_arn)],
                    actions=reads,
                    resources=[get_members_arn(settings)],
                ),
                # The role in the management account may not exist yet: hence its account, and a condition.
                iam.PolicyStatement(
                    sid="ManagementByItsRole",
                    principals=[iam.AccountPrincipal(settings.management)],
                    actions=actions,
                    resources=[get_own_account_arn(settings.management)],
                    conditions={"ArnEquals": {"aws:PrincipalArn": get_management_role_arn(settings)}},
                ),
            ],
        )
        ServiceEndpoint(
            self,
            "Sts",
            name="sts",
            network=network,
            region=settings.region,
            statements=[
                # Requests that operators signed. They need no permission but that of the endpoint.
                iam.PolicyStatement(
                    sid="CallersOfTheHub",
                    principals=[iam.AccountPrincipal(settings.hub)],
                    actions=["sts:GetCallerIdentity"],
                    resources=["*"],
                ),
                iam.PolicyStatement(
                    sid="ManagementRole",
                    principals=[iam.ArnPrincipal(writer.role_arn)],
                    actions=["sts:AssumeRole"],
                    resources=[get_management_role_arn(settings)],
                ),
            ],
        )
        for function in functions:
            join_network(function, network)
