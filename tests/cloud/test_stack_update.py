"""The real CDK command line creates, updates and removes a throwaway stack."""

import hashlib
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from localcloud.cloud.clients import AccountClients
from localcloud.story.cdk import CdkError

pytestmark = pytest.mark.cloud

HUB = "333333333333"
BUCKET = f"cdk-hnb659fds-assets-{HUB}-us-east-1"
PUBLISHER = f"arn:${{AWS::Partition}}:iam::{HUB}:role/cdk-hnb659fds-file-publishing-role-{HUB}-us-east-1"
DEPLOYER = f"arn:${{AWS::Partition}}:iam::{HUB}:role/cdk-hnb659fds-deploy-role-{HUB}-us-east-1"


def role(principal: dict[str, str]) -> dict[str, object]:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}},
    }


def throwaway(directory: Path, stack: str, *, code: str, mode: str, more: dict[str, object]) -> Path:
    """Write what the CDK writes, which would take seconds: a function from an asset, and `more` resources."""
    source = directory / mode
    source.mkdir(parents=True)
    (source / "main.py").write_text(code)
    function = {
        "Handler": "main.handler",
        "Runtime": "python3.13",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"S3Bucket": BUCKET, "S3Key": f"{mode}.zip"},
        "Environment": {"Variables": {"MODE": mode}},
    }
    resources = {
        "Role": role({"Service": "lambda.amazonaws.com"}),
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
    }
    template = {"Resources": resources | more, "Outputs": {"FunctionName": {"Value": {"Ref": "Function"}}}}
    text = json.dumps(template)
    key = f"{hashlib.sha256(text.encode()).hexdigest()}.json"
    published = {mode: (mode, "zip", f"{mode}.zip"), "template": (f"{stack}.json", "file", key)}
    assets = {
        name: {
            "source": {"path": path, "packaging": packaging},
            "destinations": {"hub": {"bucketName": BUCKET, "objectKey": key, "assumeRoleArn": PUBLISHER}},
        }
        for name, (path, packaging, key) in published.items()
    }
    properties = {
        "templateFile": f"{stack}.json",
        "assumeRoleArn": DEPLOYER,
        "stackTemplateAssetObjectUrl": f"s3://{BUCKET}/{key}",
    }
    artifacts = {
        "assets": {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}},
        stack: {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{HUB}/us-east-1",
            "properties": properties,
            "dependencies": ["assets"],
        },
    }
    for name, document in {
        f"{stack}.json": template,
        "assets.json": {"version": "36.0.0", "files": assets, "dockerImages": {}},
        "manifest.json": {"version": "36.0.0", "artifacts": artifacts},
    }.items():
        (directory / name).write_text(json.dumps(document))
    return directory


def resources(cloud, stack: str) -> dict[str, str]:
    answer = cloud.clients.client("cloudformation", HUB).describe_stack_resources(StackName=stack)
    return {r["LogicalResourceId"]: r["ResourceType"] for r in answer["StackResources"]}


def tables(cloud, stack: str) -> list[str]:
    names = cloud.clients.client("dynamodb", HUB).list_tables()["TableNames"]
    return [name for name in names if name.startswith(stack)]


@pytest.fixture
def settings_of_the_user(monkeypatch):
    """What would lead the CLI and clients elsewhere, if any of it reached them."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")


@pytest.mark.usefixtures("settings_of_the_user")
def test_an_update_brings_new_code_and_environment_and_takes_what_is_gone(cloud, cdk, tmp_path):
    """Created by a change set, updated directly, and destroyed at the end."""
    assert AccountClients(cloud.endpoint).client("sts", HUB).get_caller_identity()["Account"] == HUB
    stack, lambda_ = "Update", cloud.clients.client("lambda", HUB)
    key = {"AttributeName": "pk", "KeyType": "HASH"}
    table = {
        "KeySchema": [key],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }

    def deploy(*, mode, method, code, **more):
        text = f"def handler(e, c): return {code}"
        assembly = throwaway(tmp_path / mode, stack, code=text, mode=mode, more=more)
        name = cdk.deploy(stack, HUB, assembly=assembly, method=method)["FunctionName"]
        function = lambda_.get_function_configuration(FunctionName=name)
        assert function["Environment"]["Variables"]["MODE"] == mode
        return name, function["CodeSha256"]

    name, before = deploy(
        mode="first",
        method="change-set",
        code=1,
        Table={"Type": "AWS::DynamoDB::Table", "Properties": table},
    )
    assert "AWS::DynamoDB::Table" in resources(cloud, stack).values()
    assert len(tables(cloud, stack)) == 1

    same_name, after = deploy(mode="second", method="direct", code=2)
    assert same_name == name
    assert after != before
    assert "AWS::DynamoDB::Table" not in resources(cloud, stack).values()
    assert tables(cloud, stack) == []

    cdk.destroy(stack, HUB, assembly=tmp_path / "second")
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_function(FunctionName=name)


def test_the_cli_fails_and_prints_the_reason(cloud, cdk, tmp_path):
    stack, reason = "Fails", "Invalid principal in policy"
    nobody = role({"AWS": f"arn:aws:iam::{HUB}:role/nobody"})
    assembly = throwaway(
        tmp_path, stack, code="def handler(e, c): return 1", mode="x", more={"Trusting": nobody}
    )
    with pytest.raises(CdkError) as failed:
        cdk.deploy(stack, HUB, assembly=assembly)
    assert reason in str(failed.value)
    assert reason in (cdk.work / "cdk.log").read_text()
    listed = cloud.clients.client("lambda", HUB).list_functions()["Functions"]
    assert not [f for f in listed if f["FunctionName"].startswith(stack)]


def test_keys_that_nobody_handed_out_act_in_the_management_account(cloud):
    keys: Any = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    sts = boto3.client("sts", endpoint_url=cloud.endpoint, region_name="us-east-1", **keys)
    assert sts.get_caller_identity()["Account"] == "111111111111"
