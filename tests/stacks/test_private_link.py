"""Functions in the owner's network: where they are, and who may use the endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stacks.template import arn, as_list

if TYPE_CHECKING:
    from tests.stacks.assembly import Assembly

SUBNETS = ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"]
GROUPS = ["sg-0a1b2c3d4e5f60718"]


def test_it_is_off_unless_asked_for(assembly: Assembly) -> None:
    hub = assembly.templates["RollcallHub"]
    assert not hub.of_type("AWS::EC2::VPCEndpoint")
    assert not any("VpcConfig" in one for one in hub.of_type("AWS::Lambda::Function").values())


def test_every_function_is_in_the_network(everything: Assembly) -> None:
    functions = everything.templates["RollcallHub"].of_type("AWS::Lambda::Function").values()
    assert len(functions) == 8
    assert all(one["VpcConfig"] == {"SubnetIds": SUBNETS, "SecurityGroupIds": GROUPS} for one in functions)


@pytest.mark.parametrize(("part", "service"), [("AccountApi", "account"), ("Sts", "sts")])
def test_there_are_endpoints_of_the_account_api_and_of_sts(
    everything: Assembly, part: str, service: str
) -> None:
    hub = everything.templates["RollcallHub"]
    assert len(hub.of_type("AWS::EC2::VPCEndpoint")) == 2
    _, endpoint = hub.one("AWS::EC2::VPCEndpoint", f"Network{part}")
    assert {key: value for key, value in endpoint.items() if key != "PolicyDocument"} == {
        "VpcEndpointType": "Interface",
        "ServiceName": f"com.amazonaws.us-east-1.{service}",
        "VpcId": "vpc-0a1b2c3d4e5f60718",
        "SubnetIds": SUBNETS,
        "SecurityGroupIds": GROUPS,
        "PrivateDnsEnabled": True,
    }


def test_the_endpoint_is_for_three_roles_and_this_organization(everything: Assembly) -> None:
    hub = everything.templates["RollcallHub"]
    _, endpoint = hub.one("AWS::EC2::VPCEndpoint", "NetworkAccountApi")
    role, _ = hub.one("AWS::IAM::Role", "ReconcileRole")
    sweep, _ = hub.one("AWS::IAM::Role", "SweepRole")
    members, read, management = endpoint["PolicyDocument"]["Statement"]
    assert arn(members["Principal"]["AWS"]) == f"{{{role}.Arn}}"
    assert arn(members["Resource"]) == ("arn:{AWS::Partition}:account::111111111111:account/o-exampleorgid/*")
    assert arn(read["Principal"]["AWS"]) == f"{{{sweep}.Arn}}"
    assert (read["Action"], read["Resource"]) == ("account:GetAlternateContact", members["Resource"])
    assert arn(management["Principal"]["AWS"]) == "arn:{AWS::Partition}:iam::111111111111:root"
    assert arn(management["Condition"]["ArnEquals"]["aws:PrincipalArn"]) == (
        "arn:{AWS::Partition}:iam::111111111111:role/rollcall-management-contacts"
    )
    assert arn(management["Resource"]) == "arn:{AWS::Partition}:account::111111111111:account"
    for statement in (members, read, management):
        assert statement["Effect"] == "Allow"
        assert all(action.endswith("AlternateContact") for action in as_list(statement["Action"]))


def test_the_endpoint_admits_primary_contacts_if_the_roster_names_them(
    everything: Assembly, primary: Assembly
) -> None:
    def list_statements(assembly: Assembly) -> list[set[str]]:
        _, endpoint = assembly.templates["RollcallHub"].one("AWS::EC2::VPCEndpoint", "NetworkAccountApi")
        return [set(as_list(one["Action"])) for one in endpoint["PolicyDocument"]["Statement"]]

    more = [
        after - before
        for before, after in zip(list_statements(everything), list_statements(primary), strict=True)
    ]
    both = {"account:GetContactInformation", "account:PutContactInformation"}
    assert more == [both, {"account:GetContactInformation"}, both]


def test_the_endpoint_of_sts_is_for_callers_of_the_hub_and_for_the_management_role(
    everything: Assembly,
) -> None:
    hub = everything.templates["RollcallHub"]
    _, endpoint = hub.one("AWS::EC2::VPCEndpoint", "NetworkSts")
    callers, writer = endpoint["PolicyDocument"]["Statement"]
    assert (callers["Effect"], callers["Action"]) == ("Allow", "sts:GetCallerIdentity")
    assert arn(callers["Principal"]["AWS"]) == "arn:{AWS::Partition}:iam::333333333333:root"
    role, _ = hub.one("AWS::IAM::Role", "ReconcileRole")
    assert arn(writer["Principal"]["AWS"]) == f"{{{role}.Arn}}"
    assert (writer["Effect"], writer["Action"]) == ("Allow", "sts:AssumeRole")
    assert (
        arn(writer["Resource"]) == "arn:{AWS::Partition}:iam::111111111111:role/rollcall-management-contacts"
    )
