"""What only has to be kept truthfully: dashboards, alarms, when things expire, how long sessions last."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.tools import IAM, make_role, unique

pytestmark = pytest.mark.cloud
ACCOUNT = "222222222222"


@pytest.fixture(scope="module")
def cfn(cloud):
    return cloud.clients.client("cloudformation", ACCOUNT)


def deploy(cfn, name, resources, *, update=False):
    text = json.dumps({"Resources": resources, "Outputs": {n: {"Value": {"Ref": n}} for n in resources}})
    (cfn.update_stack if update else cfn.create_stack)(StackName=name, Capabilities=IAM, TemplateBody=text)
    stack = cfn.describe_stacks(StackName=name)["Stacks"][0]
    return stack, {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}


def test_a_dashboard_is_kept_and_one_that_is_none_fails_its_stack(cloud, cfn):
    body = {"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {}}]}
    board: dict[str, Any] = {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {"DashboardBody": json.dumps(body)},
    }
    _, made = deploy(cfn, unique("stack"), {"Board": board})
    cloudwatch = cloud.clients.client("cloudwatch", ACCOUNT)
    assert json.loads(cloudwatch.get_dashboard(DashboardName=made["Board"])["DashboardBody"]) == body
    board["Properties"]["DashboardBody"] = "{}"
    stack, _ = deploy(cfn, unique("stack"), {"Board": board})
    assert "The dashboard body is invalid" in stack["StackStatusReason"]


def test_alarms_of_percentiles_and_of_expressions_are_kept(cloud, cfn):
    common: dict[str, Any] = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 5000}
    common["EvaluationPeriods"] = 36
    metric = {"Namespace": "Rollcall", "MetricName": "RestoreMilliseconds", "Period": 60}
    stat = {"Metric": {"Namespace": "Rollcall", "MetricName": "SweepFinished"}, "Period": 60, "Stat": "Sum"}
    queries = [
        {"Id": "m", "MetricStat": stat, "ReturnData": False},
        {"Id": "e", "Expression": "FILL(m, 0)", "Label": "sweeps"},
    ]
    resources: dict[str, dict[str, Any]] = {
        "P": {"ExtendedStatistic": "p99", "DatapointsToAlarm": 3, **metric},
        "E": {"Metrics": queries, "TreatMissingData": "breaching"},
    }
    alarms = {
        name: {"Type": "AWS::CloudWatch::Alarm", "Properties": {**properties, **common}}
        for name, properties in resources.items()
    }
    _, made = deploy(cfn, unique("stack"), alarms)
    cloudwatch = cloud.clients.client("cloudwatch", ACCOUNT)
    kept = {
        alarm["AlarmName"]: alarm
        for alarm in cloudwatch.describe_alarms(AlarmNames=list(made.values()))["MetricAlarms"]
    }
    assert kept[made["P"]]["ExtendedStatistic"] == "p99"
    assert kept[made["P"]]["DatapointsToAlarm"] == 3
    assert [query["Id"] for query in kept[made["E"]]["Metrics"]] == ["m", "e"]


def test_a_bucket_says_when_what_is_in_it_expires(cloud, cfn):
    def bucket(*rules):
        configuration = {"LifecycleConfiguration": {"Rules": list(rules)}} if rules else {}
        return {"B": {"Type": "AWS::S3::Bucket", "Properties": configuration}}

    runs = {"Id": "runs", "Prefix": "runs/", "ExpirationInDays": 30, "Status": "Enabled"}
    old = {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}, "Status": "Enabled"}
    name, s3 = unique("stack"), cloud.clients.client("s3", ACCOUNT)
    _, made = deploy(cfn, name, bucket(runs, old))
    first, second = s3.get_bucket_lifecycle_configuration(Bucket=made["B"])["Rules"]
    assert (first["Filter"], first["Expiration"]["Days"]) == ({"Prefix": "runs/"}, 30)
    assert second["NoncurrentVersionExpiration"]["NoncurrentDays"] == 1
    deploy(cfn, name, bucket(), update=True)
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=made["B"])
    stack, _ = deploy(cfn, unique("stack"), bucket(runs | {"Moon": "full"}))
    assert "unsupported properties: Moon" in stack["StackStatusReason"]


def test_no_session_lasts_longer_than_its_role_allows(cloud):
    arn = make_role(cloud, ACCOUNT, service="lambda.amazonaws.com")
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    }
    document = {"Version": "2012-10-17", "Statement": [trust]}
    iam, name = cloud.clients.client("iam", ACCOUNT), arn.rpartition("/")[2]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document))
    sts = cloud.clients.client("sts", ACCOUNT)
    assert sts.assume_role(RoleArn=arn, RoleSessionName="me", DurationSeconds=3600)["Credentials"]
    with pytest.raises(ClientError, match="exceeds the MaxSessionDuration"):
        sts.assume_role(RoleArn=arn, RoleSessionName="me", DurationSeconds=3601)
