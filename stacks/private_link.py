"""The functions in the owner's network, if the settings want that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from stacks.addresses import management_role_arn
from stacks.constructs.network import AccountEndpoint, Network
from stacks.contact_grants import members_resource, own_resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from rollcall_config.settings import Settings

_ACTIONS = [f"account:{operation}AlternateContact" for operation in ("Get", "Put", "Delete")]


def private_network(
    scope: Construct, settings: Settings, *, writer: iam.IRole, readers: Sequence[iam.IRole]
) -> Network | None:
    """The network of the settings, with the endpoint that these roles and nobody else may use.

    Only the `writer` may do more there than read.
    """
    if settings.private_link is None:
        return None
    link = settings.private_link
    network = Network(vpc=link.vpc, subnets=link.subnets, security_groups=link.security_groups)
    AccountEndpoint(
        scope,
        "AccountApi",
        network=network,
        region=settings.region,
        statements=[
            iam.PolicyStatement(
                sid="MembersByTheHub",
                principals=[iam.ArnPrincipal(writer.role_arn)],
                actions=_ACTIONS,
                resources=[members_resource(settings)],
            ),
            iam.PolicyStatement(
                sid="MembersAreRead",
                principals=[iam.ArnPrincipal(reader.role_arn) for reader in readers],
                actions=_ACTIONS[:1],
                resources=[members_resource(settings)],
            ),
            # The role in the management account may not exist yet: its account, and the role by condition.
            iam.PolicyStatement(
                sid="ManagementByItsRole",
                principals=[iam.AccountPrincipal(settings.management)],
                actions=_ACTIONS,
                resources=[own_resource(settings.management)],
                conditions={"ArnEquals": {"aws:PrincipalArn": management_role_arn(settings)}},
            ),
        ],
    )
    return network
