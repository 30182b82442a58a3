"""Functions in a VPC, with an interface endpoint for the Account API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.nag import accept

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Ids of a VPC, of its subnets for the functions, and of their security groups."""

    vpc: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


class ServiceEndpoint(Construct):
    """An interface endpoint for the AWS service `name` in `network` whose policy consists of `statements`.

    AWS documents the name `account` for us-east-1 only:
    https://docs.aws.amazon.com/accounts/latest/reference/security-privatelink.html
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        network: Network,
        region: str,
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, id_)
        self.endpoint = ec2.CfnVPCEndpoint(
            self,
            "Endpoint",
            vpc_endpoint_type="Interface",
            service_name=f"com.amazonaws.{region}.{name}",
            vpc_id=network.vpc,
            subnet_ids=list(network.subnets),
            security_group_ids=list(network.security_groups),
            private_dns_enabled=True,
            policy_document=iam.PolicyDocument(statements=list(statements)),
        )


def join_network(function: lambda_.Function, network: Network) -> None:
    """Put the function into the network and give its role the permissions that Lambda needs for that.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    """
    resource, role = function.node.default_child, function.role
    if not isinstance(resource, lambda_.CfnFunction) or role is None:
        raise TypeError(f"{function.node.path} is no function with a role")
    # Not by the CDK's own property, which asks for the availability zones of a VPC that it must look up.
    resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
        subnet_ids=list(network.subnets), security_group_ids=list(network.security_groups)
    )
    role.add_to_principal_policy(
        iam.PolicyStatement(
            actions=[
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ],
            resources=["*"],
        )
    )
    accept(
        role,
        pack="AwsSolutions",
        rule="IAM5[Resource::*]",
        reason="Lambda makes the interfaces with the function's role, and names them itself.",
    )
