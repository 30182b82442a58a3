"""CloudFormation refuses requests before anything is made: capabilities, parameters, sizes."""

import json

import pytest
from botocore.exceptions import ClientError

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.template import parse
from localcloud.cloudformation.validation import check_parameter
from tests.cloud.tools import unique

pytestmark = pytest.mark.cloud
ACCOUNT = "444455556666"


@pytest.fixture
def cfn(cloud):
    return cloud.clients.client("cloudformation", ACCOUNT)


def role(**properties):
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document, **properties}}


def template(**resources):
    return json.dumps({"Resources": resources})


@pytest.mark.parametrize(
    ("given", "named", "accepted"),
    [
        ([], False, False),
        (["CAPABILITY_AUTO_EXPAND"], False, False),
        (["CAPABILITY_IAM"], False, True),
        (["CAPABILITY_IAM"], True, False),
        (["CAPABILITY_NAMED_IAM"], True, True),
    ],
)
def test_roles_must_be_acknowledged(cfn, given, named, accepted):
    name = unique("capable")
    body = template(R=role(**({"RoleName": name} if named else {})))
    if accepted:
        cfn.create_stack(StackName=name, TemplateBody=body, Capabilities=given)
        return
    for call, more in (
        (cfn.create_stack, {}),
        (cfn.create_change_set, {"ChangeSetName": "first", "ChangeSetType": "CREATE"}),
    ):
        with pytest.raises(cfn.exceptions.InsufficientCapabilitiesException, match="Requires capabilities"):
            call(StackName=name, TemplateBody=body, Capabilities=given, **more)


def test_templates_have_limits(cfn, cloud):
    queues = {f"Q{n}": {"Type": "AWS::SQS::Queue"} for n in range(501)}
    with pytest.raises(ClientError, match="Number of resources, 501"):
        cfn.create_stack(StackName=unique("large"), TemplateBody=template(**queues))
    body = template(Q={"Type": "AWS::SQS::Queue"})
    long = body[:-1] + " " * (51_201 - len(body)) + body[-1]
    with pytest.raises(ClientError, match="less than or equal to 51200"):
        cfn.create_stack(StackName=unique("long"), TemplateBody=long)
    bucket = unique("templates-here")
    s3 = cloud.clients.client("s3", ACCOUNT)
    s3.create_bucket(Bucket=bucket)
    for size, accepted in ((51_201, True), (1_048_577, False)):
        s3.put_object(Bucket=bucket, Key="t", Body=body[:-1] + " " * (size - len(body)) + body[-1])
        where = {"StackName": unique("from-s3"), "TemplateURL": f"{cloud.endpoint}/{bucket}/t"}
        if accepted:
            assert cfn.create_stack(**where)
        else:
            with pytest.raises(ClientError, match="less than or equal to 1048576"):
                cfn.create_stack(**where)


@pytest.mark.parametrize(
    ("spec", "good", "bad"),
    [
        ({"Type": "String", "AllowedPattern": "o-[a-z0-9]{10,32}"}, "o-exampleorgid", "o-exampleorgid!"),
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "a", "c"),
        ({"Type": "String", "MinLength": 2}, "ab", "a"),
        ({"Type": "String", "MaxLength": 2}, "ab", "abc"),
        ({"Type": "Number", "MinValue": 1, "MaxValue": 5}, "5", "6"),
        ({"Type": "Number"}, "1.5", "many"),
        ({"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]}, "a,b", "a,c"),
    ],
)
def test_parameters_are_what_their_declaration_allows(spec, good, bad):
    check_parameter("It", spec, good)
    with pytest.raises(TemplateError, match="Parameter 'It' must"):
        check_parameter("It", spec, bad)
    with pytest.raises(TemplateError, match="failed to satisfy constraint: like this"):
        check_parameter("It", spec | {"ConstraintDescription": "like this"}, bad)


def test_yaml_may_have_short_functions(cfn):
    text = """
Parameters: {Name: {Type: String, Default: x}}
Conditions: {Yes: !Equals [!Ref Name, x]}
Resources:
  A: {Type: AWS::SQS::Queue, Condition: Yes, Properties: {QueueName: !Sub "short-${Name}"}}
Outputs:
  Arn: {Value: !GetAtt A.Arn}
  Name: {Value: !If [Yes, !Join [":", [!Select [0, !Split ["-", "a-b"]], !GetAtt A.QueueName]], no]}
"""
    name = unique("short")
    cfn.create_stack(StackName=name, TemplateBody=text)
    (stack,) = cfn.describe_stacks(StackName=name)["Stacks"]
    found = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert found == {"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:short-x", "Name": "a:short-x"}
    assert parse("Resources: {A: !Ref B}")["Resources"] == {"A": {"Ref": "B"}}


def test_a_template_is_validated(cfn):
    found = cfn.validate_template(TemplateBody=template(R=role(RoleName="x")))
    assert found["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
    with pytest.raises(ClientError, match="At least one Resources member"):
        cfn.validate_template(TemplateBody="{}")
