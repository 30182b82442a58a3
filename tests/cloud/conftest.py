"""One local cloud for all tests here: starting it and synthesizing cost seconds, so each happens once."""

import json
import re
import shutil
import signal
import subprocess
import sys

import pytest

from localcloud.aws.trails import log_organization
from localcloud.cloud.clients import AccountClients
from localcloud.story.assemblies import make_once
from localcloud.story.cdk import ROOT, Cdk
from localcloud.story.seeds import make_ready_organization
from simulation.clock import SystemClock
from simulation.cloud import SimulatedCloud
from tests.cloud.recorded_calls import WRITE, Recording, load, save
from tests.cloud.tools import IAM, ended_by

DEMO = "localcloud/config"
PLACES = {
    "RollcallHub": "333333333333",
    "RollcallManagement": "111111111111",
}
# What the command line gives the template of a new environment; it has other defaults.
BOOTSTRAPPED = {
    "CloudFormationExecutionPolicies": "arn:aws:iam::aws:policy/AdministratorAccess",
    "FileAssetsBucketKmsKeyId": "AWS_MANAGED_KEY",
}


@pytest.fixture(scope="package")
def cloud(tmp_path_factory):
    """A running cloud with the demo's organization; nothing is deployed."""
    from localcloud.composition import LocalCloud  # noqa: PLC0415  # it reads all of moto, which takes seconds

    clock = SystemClock()
    simulation = SimulatedCloud(make_ready_organization(clock), clock)
    with LocalCloud(
        simulation=simulation,
        run_dir=tmp_path_factory.mktemp("run"),
        runtime=ROOT / ".runtime",
        auto_deployment_seconds=0.2,
        wait_scale=0.01,
    ) as running:
        log_organization(running.clients, PLACES["RollcallManagement"])
        recording = Recording(lambda: list_names(running))
        yield running
        keep_calls(recording)


@pytest.fixture(scope="package")
def cdk(cloud):
    """The CDK command line, the hub account bootstrapped, as `make local` does with it in another test."""
    template = ROOT / "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml"
    create_stack(cloud.clients, "CDKToolkit", PLACES["RollcallHub"], template, **BOOTSTRAPPED)
    return Cdk(clients=cloud.clients, work=cloud.run_dir / "cdk")


@pytest.fixture(scope="package")
def assembly(tmp_path_factory):
    """The project's app, synthesized with the demo's configuration."""
    directory = tmp_path_factory.mktemp("assembly") / "demo"  # a copy: the CLI writes locks into it
    cdk = Cdk(
        clients=AccountClients(endpoint="http://127.0.0.1:9"), work=directory.parent / "cdk"
    )  # asks nobody
    kept = make_once(lambda out: cdk.synth(ROOT / DEMO, out=out), ROOT / DEMO, how="in a process of its own")
    shutil.copytree(kept / "config", directory)
    return directory


@pytest.fixture(scope="package")
def local(assembly, tmp_path_factory):
    """`python -m localcloud.local` in a process of its own; the directory that it writes into."""
    out = tmp_path_factory.mktemp("local") / "out"
    command = [sys.executable, "-m", "localcloud.local", "--port", "0", "--assembly", str(assembly)]
    with (out.parent / "log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 -- this interpreter with our own arguments
            [*command, "--out", str(out)], cwd=ROOT, stdout=log, stderr=log
        )
    yield out
    ended_by(process, signal.SIGINT)


@pytest.fixture(scope="package")
def deployed(cdk, assembly):
    """The project's stacks, deployed: outputs by stack name."""
    # The CDK's command line, which takes seconds for each: tests/fresh has it.
    assert cdk
    return {
        stack: deploy_directly(cdk.clients, stack, account, assembly) for stack, account in PLACES.items()
    }


def keep_calls(recording):
    """Write what the hub's roles called into the file, if that is asked for."""
    recording.end()
    if WRITE:
        save(load() | recording.list_calls())


def list_names(cloud):
    """The logical id of each physical name in the hub's stack."""
    cloudformation = cloud.clients.client("cloudformation", PLACES["RollcallHub"])
    try:
        resources = cloudformation.describe_stack_resources(StackName="RollcallHub")["StackResources"]
    except cloudformation.exceptions.ClientError:
        return {"no such thing": "x"}
    return {
        re.split(r"[/:]", one["PhysicalResourceId"])[-1]: one["LogicalResourceId"]
        for one in resources
        if not one["ResourceType"].endswith(("Policy", "Permission"))
    }


@pytest.fixture(autouse=True)
def no_alerts_before(request):
    """Each test begins as if no alert had left in these ten minutes: beyond thirty they are lines of one."""
    if "deployed" not in request.fixturenames:
        return
    table = request.getfixturevalue("deployed")["RollcallHub"]["StateTableName"]
    dynamodb = request.getfixturevalue("cloud").clients.client("dynamodb", PLACES["RollcallHub"])
    known = dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "alerts"}},
    )
    for item in known["Items"]:
        dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})


def deploy_directly(clients, stack, account, assembly):
    """What the command line does with a stack that is new; its outputs."""
    s3 = clients.client("s3", account)
    for file in assembly.rglob(f"*{stack}*.assets.json"):
        for asset in json.loads(file.read_text())["files"].values():
            if asset["source"]["packaging"] == "zip":
                source = file.parent / asset["source"]["path"]
                archive = shutil.make_archive(str(assembly.parent / source.name), "zip", source)
                (place,) = asset["destinations"].values()
                s3.upload_file(archive, place["bucketName"], place["objectKey"])
    (template,) = assembly.rglob(f"*{stack}*.template.json")
    return create_stack(clients, stack, account, template)


def create_stack(clients, stack, account, template, **parameters):
    """Deploy a template's file; the outputs of the stack."""
    s3, cloudformation = clients.client("s3", account), clients.client("cloudformation", account)
    bucket, key = f"templates-{account}", template.name
    s3.create_bucket(Bucket=bucket)
    s3.upload_file(str(template), bucket, key)
    url = f"{clients.endpoint}/{bucket}/{key}"
    given = [{"ParameterKey": key, "ParameterValue": text} for key, text in parameters.items()]
    cloudformation.create_stack(StackName=stack, TemplateURL=url, Capabilities=IAM, Parameters=given)
    (made,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE", made
    return {output["OutputKey"]: output["OutputValue"] for output in made.get("Outputs", [])}
