"""Types around the organization in templates: policies that bind, and types that only have to be there."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.tools import IAM, unique

pytestmark = pytest.mark.cloud
MANAGEMENT, MEMBER, OTHER = "111111111111", "666677778888", "555566667777"
CONTACT = {"Name": "N", "Title": "T", "EmailAddress": "n@example.com", "PhoneNumber": "+1 206 555 0199"}


def deploy(cfn, operation, name, **resources):
    operation(
        StackName=name,
        Capabilities=IAM,
        TemplateBody=json.dumps({"Resources": resources}),
    )
    (stack,) = cfn.describe_stacks(StackName=name)["Stacks"]
    return stack["StackStatus"]


@pytest.fixture
def management(cloud):
    return cloud.clients.client("cloudformation", MANAGEMENT)


@pytest.fixture
def name():
    return unique("stack")


@pytest.fixture
def policies(cloud):
    """The organization has service control policies on."""
    return cloud.clients.client("organizations", MANAGEMENT)


def guardrail(name, *targets, denied="account:PutAlternateContact"):
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": denied,
                "Resource": "arn:aws:account::*:account",
                "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"}},
            }
        ],
    }
    properties = {
        "Name": name,
        "Type": "SERVICE_CONTROL_POLICY",
        "Content": document,
        "TargetIds": list(targets),
    }
    return {"Type": "AWS::Organizations::Policy", "Properties": properties}


def test_a_policy_binds_its_targets_follows_the_template_and_goes_with_it(cloud, management, policies, name):
    def put(account, role="Developer"):
        client = cloud.clients.client("account", account, role=role)
        client.put_alternate_contact(AlternateContactType="BILLING", **CONTACT)
        client.delete_alternate_contact(AlternateContactType="BILLING")

    assert deploy(management, management.create_stack, name, P=guardrail(name, MEMBER)) == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="explicit deny in a service control policy"):
        put(MEMBER)
    put(MEMBER, role="break-glass")
    put(OTHER)
    assert deploy(management, management.update_stack, name, P=guardrail(name, OTHER)) == "UPDATE_COMPLETE"
    put(MEMBER)
    with pytest.raises(ClientError, match="account:PutAlternateContact"):
        put(OTHER)
    only_delete = guardrail(name, OTHER, denied="account:DeleteAlternateContact")
    assert deploy(management, management.update_stack, name, P=only_delete) == "UPDATE_COMPLETE"
    with pytest.raises(ClientError, match="account:DeleteAlternateContact"):
        put(OTHER)
    management.delete_stack(StackName=name)
    cloud.clients.client("account", OTHER).delete_alternate_contact(AlternateContactType="BILLING")
    listed = policies.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert name not in [policy["Name"] for policy in listed]


def test_a_policy_that_cannot_be_attached_leaves_nothing(management, policies, name):
    assert (
        deploy(management, management.create_stack, name, P=guardrail(name, "999999999999"))
        == "ROLLBACK_COMPLETE"
    )
    listed = policies.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert name not in [policy["Name"] for policy in listed]


def test_a_member_cannot_deploy_a_policy(cloud, name):
    cfn = cloud.clients.client("cloudformation", MEMBER)
    assert deploy(cfn, cfn.create_stack, name, P=guardrail(name)) == "ROLLBACK_COMPLETE"
    (stack,) = cfn.describe_stacks(StackName=name)["Stacks"]
    assert "AccessDenied" in stack["StackStatusReason"]


def test_types_that_only_have_to_be_there(cloud, name):
    cfn = cloud.clients.client("cloudformation", MEMBER)
    resources: dict[str, dict[str, Any]] = {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "functions", "VpcId": "vpc-1", "SecurityGroupEgress": []},
        },
        "Endpoint": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "ServiceName": "com.amazonaws.us-east-1.account",
                "VpcEndpointType": "Interface",
                "VpcId": "vpc-1",
                "SecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}],
            },
        },
    }
    outputs = {
        "Handle": {"Value": {"Ref": "Handle"}},
        "Group": {"Value": {"Ref": "Group"}},
        "Endpoint": {"Value": {"Ref": "Endpoint"}},
    }
    cfn.create_stack(
        StackName=name,
        Capabilities=IAM,
        TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}),
    )
    (stack,) = cfn.describe_stacks(StackName=name)["Stacks"]
    made = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert made["Handle"].startswith("https://cloudformation-waitcondition-us-east-1.s3")
    assert made["Group"].startswith("sg-")
    assert made["Endpoint"].startswith("vpce-")
    resources["Endpoint"]["Properties"]["PrivateDnsEnabled"] = True
    assert deploy(cfn, cfn.update_stack, name, **resources) == "UPDATE_COMPLETE"
    kept = cfn.describe_stack_resources(StackName=name, LogicalResourceId="Endpoint")["StackResources"]
    assert kept[0]["PhysicalResourceId"] == made["Endpoint"]
    cfn.delete_stack(StackName=name)
