"""The real CDK command line creates, updates and removes a throwaway app."""

from pathlib import Path

import aws_cdk as cdk_lib
import boto3
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_sqs as sqs

from localcloud.cloud.clients import AccountClients
from localcloud.story.cdk import CdkError

pytestmark = pytest.mark.cloud

HUB = "333333333333"


def throwaway(directory: Path, stack: str, *, code: str, mode: str, table: bool = True, **more: str) -> Path:
    """Synthesize a stack with a function from an asset, a queue, a rule on an own bus and perhaps a table."""
    source = directory / mode  # in one process, the CDK looks at a directory only once
    source.mkdir(exist_ok=True)
    (source / "main.py").write_text(code)
    app = cdk_lib.App(analytics_reporting=False, outdir=str(directory / "cdk.out"))
    made = cdk_lib.Stack(app, stack, env=cdk_lib.Environment(account=HUB, region="us-east-1"))
    function = functions.Function(
        made,
        "Function",
        runtime=functions.Runtime.PYTHON_3_13,
        handler="main.handler",
        code=functions.Code.from_asset(str(source)),
        environment={"MODE": mode},
    )
    bus = events.EventBus(made, "Bus")
    queue = sqs.Queue(made, "Queue")
    rule = events.Rule(made, "Rule", event_bus=bus, event_pattern=events.EventPattern(source=["test"]))
    rule.add_target(targets.SqsQueue(queue))
    if table:
        key = dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING)
        dynamodb.Table(made, "Table", partition_key=key, removal_policy=cdk_lib.RemovalPolicy.DESTROY)
    if "trusts" in more:
        iam.Role(made, "Role", assumed_by=iam.ArnPrincipal(more["trusts"]))
    if "type" in more:
        cdk_lib.CfnResource(made, "Strange", type=more["type"])
    cdk_lib.CfnOutput(made, "FunctionName", value=function.function_name)
    app.synth()
    return directory / "cdk.out"


def resources(cloud, stack: str, account: str = HUB) -> dict[str, str]:
    answer = cloud.clients.client("cloudformation", account).describe_stack_resources(StackName=stack)
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
    """Created and updated once directly, in between by a change set, and destroyed at the end."""
    assert AccountClients(cloud.endpoint).client("sts", HUB).get_caller_identity()["Account"] == HUB
    stack, lambda_ = "Update", cloud.clients.client("lambda", HUB)

    def deploy(*, mode, method, code, table=False):
        assembly = throwaway(
            tmp_path, stack, code=f"def handler(e, c): return {code}", mode=mode, table=table
        )
        name = cdk.deploy(stack, HUB, assembly=assembly, method=method)["FunctionName"]
        function = lambda_.get_function_configuration(FunctionName=name)
        assert function["Environment"]["Variables"]["MODE"] == mode
        return name, function["CodeSha256"]

    name, before = deploy(mode="first", method="direct", code=1, table=True)
    assert "AWS::DynamoDB::Table" in resources(cloud, stack).values()
    assert len(tables(cloud, stack)) == 1

    same_name, after = deploy(mode="second", method="change-set", code=2)
    assert same_name == name
    assert after != before
    assert "AWS::DynamoDB::Table" not in resources(cloud, stack).values()
    assert tables(cloud, stack) == []

    assert deploy(mode="third", method="direct", code=2)[0] == name
    cdk.destroy(stack, HUB, assembly=tmp_path / "cdk.out")
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_function(FunctionName=name)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"trusts": f"arn:aws:iam::{HUB}:role/nobody"}, "Invalid principal in policy"),
        ({"type": "AWS::Foo::Bar"}, "Unrecognized resource types: [AWS::Foo::Bar]"),
    ],
)
def test_the_cli_fails_and_prints_the_reason(cloud, cdk, tmp_path, more, reason):
    stack = f"Fails-{next(iter(more))}"
    assembly = throwaway(tmp_path, stack, code="def handler(e, c): return 1", mode="x", **more)
    with pytest.raises(CdkError) as failed:
        cdk.deploy(stack, HUB, assembly=assembly)
    assert reason in str(failed.value)
    assert reason in (cdk.work / "cdk.log").read_text()
    listed = cloud.clients.client("lambda", HUB).list_functions()["Functions"]
    assert not [f for f in listed if f["FunctionName"].startswith(stack)]


def test_keys_that_nobody_handed_out_act_in_the_management_account(cloud):
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    sts = boto3.client("sts", endpoint_url=cloud.endpoint, region_name="us-east-1", **keys)
    assert sts.get_caller_identity()["Account"] == "111111111111"
