"""The project's own templates as deployed: every resource is there, and is what the template says."""

import json

import pytest

from tests.cloud.conftest import PLACES

pytestmark = pytest.mark.cloud

HUB = "333333333333"
# How each type is found by its physical id in its own service; policies are looked at where they are put.
PROBES = {
    "AWS::CloudWatch::Alarm": (
        "cloudwatch",
        lambda c, i: c.describe_alarms(AlarmNames=[i])["MetricAlarms"][0],
    ),
    "AWS::CloudWatch::Dashboard": ("cloudwatch", lambda c, i: c.get_dashboard(DashboardName=i)),
    "AWS::CloudFormation::StackSet": (
        "cloudformation",
        lambda c, i: c.describe_stack_set(StackSetName=i, CallAs="DELEGATED_ADMIN"),
    ),
    "AWS::DynamoDB::Table": ("dynamodb", lambda c, i: c.describe_table(TableName=i)),
    "AWS::Events::EventBus": ("events", lambda c, i: c.describe_event_bus(Name=i)),
    "AWS::Events::Rule": ("events", lambda c, i: c.describe_rule(**rule_key(i))),
    "AWS::IAM::Role": ("iam", lambda c, i: c.get_role(RoleName=i)),
    "AWS::KMS::Key": ("kms", lambda c, i: c.describe_key(KeyId=i)),
    "AWS::Lambda::EventSourceMapping": ("lambda", lambda c, i: c.get_event_source_mapping(UUID=i)),
    "AWS::Lambda::Function": ("lambda", lambda c, i: c.get_function(FunctionName=i)),
    "AWS::Logs::LogGroup": ("logs", lambda c, i: c.describe_log_groups(logGroupNamePrefix=i)["logGroups"][0]),
    "AWS::Organizations::Policy": ("organizations", lambda c, i: c.describe_policy(PolicyId=i)),
    "AWS::S3::Bucket": ("s3", lambda c, i: c.head_bucket(Bucket=i)),
    "AWS::S3::BucketPolicy": ("s3", lambda c, i: c.get_bucket_policy(Bucket=i)),
    "AWS::Scheduler::Schedule": ("scheduler", lambda c, i: c.get_schedule(Name=i)),
    "AWS::SNS::Subscription": ("sns", lambda c, i: c.get_subscription_attributes(SubscriptionArn=i)),
    "AWS::SNS::Topic": ("sns", lambda c, i: c.get_topic_attributes(TopicArn=i)),
    "AWS::SQS::Queue": ("sqs", lambda c, i: c.get_queue_attributes(QueueUrl=i, AttributeNames=["All"])),
    "AWS::StepFunctions::StateMachine": (
        "stepfunctions",
        lambda c, i: c.describe_state_machine(stateMachineArn=i),
    ),
}
ON_OTHERS = {
    "AWS::Events::EventBusPolicy",
    "AWS::IAM::Policy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}


def rule_key(physical_id):
    bus, _, name = physical_id.rpartition("|")
    return {"Name": name, "EventBusName": bus or "default"}


@pytest.fixture(scope="module")
def hub(cloud, outputs):
    assert outputs
    return lambda service: cloud.clients.client(service, HUB)


@pytest.fixture(scope="module")
def outputs(deployed):
    return deployed["RollcallHub"]


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("stack", PLACES)
def test_every_resource_of_the_template_exists(cloud, assembly, stack):
    (path,) = assembly.rglob(f"*{stack}*.template.json")
    template = json.loads(path.read_text())
    cfn = cloud.clients.client("cloudformation", PLACES[stack])
    made = {
        r["LogicalResourceId"]: r for r in cfn.describe_stack_resources(StackName=stack)["StackResources"]
    }
    assert set(made) == set(template["Resources"])
    for resource in made.values():
        kind, physical_id = resource["ResourceType"], resource["PhysicalResourceId"]
        if kind not in ON_OTHERS:
            service, probe = PROBES[kind]
            assert probe(cloud.clients.client(service, PLACES[stack]), physical_id), resource


def test_queues_have_their_policy_and_dead_letters(hub, outputs):
    sqs = hub("sqs")

    def attributes(url):
        return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    for name in ("Intake", "Echoes"):
        dead = outputs[f"{name}DeadLetterQueueUrl"]
        (url,) = sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"]
        queue = attributes(url)
        redrive = json.loads(queue["RedrivePolicy"])
        assert redrive == {"deadLetterTargetArn": attributes(dead)["QueueArn"], "maxReceiveCount": 60}
        assert int(queue["VisibilityTimeout"]) >= 6 * 60
        assert any(s["Effect"] == "Deny" for s in json.loads(queue["Policy"])["Statement"])


def test_the_table_expires_items_and_can_be_recovered(hub, outputs):
    dynamodb, name = hub("dynamodb"), outputs["StateTableName"]
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert not dynamodb.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"]


def test_the_index_has_only_items_that_are_pending(hub, outputs):
    dynamodb, name = hub("dynamodb"), outputs["StateTableName"]
    plain = {"pk": {"S": "plain"}, "sk": {"S": "item"}}
    pending = {"pk": {"S": "other"}, "sk": {"S": "item"}, "pending": {"S": "a test"}}
    asked = {
        "TableName": name,
        "IndexName": "pending",
        "KeyConditionExpression": "pending = :value",
        "ExpressionAttributeValues": {":value": pending["pending"]},
    }
    for item in (plain, pending):
        dynamodb.put_item(TableName=name, Item=item)
    assert dynamodb.query(**asked)["Items"] == [pending]
    with pytest.raises(dynamodb.exceptions.ClientError, match="Consistent reads are not supported"):
        dynamodb.query(**asked, ConsistentRead=True)
    for item in (plain, pending):
        dynamodb.delete_item(TableName=name, Key={key: item[key] for key in ("pk", "sk")})
    assert dynamodb.query(**asked)["Items"] == []


def test_what_is_in_the_ledger_cannot_be_deleted(hub, outputs):
    s3, bucket = hub("s3"), outputs["LedgerBucketName"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    version = s3.put_object(Bucket=bucket, Key="ledger/test", Body=b"x")["VersionId"]
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key="ledger/test", VersionId=version)


def test_the_intake_bus_admits_only_forwarded_events_of_the_organization(hub):
    policy = json.loads(hub("events").describe_event_bus(Name="rollcall-intake")["Policy"])
    assert len(policy["Statement"]) == 3
    for statement in policy["Statement"]:
        conditions = json.dumps(statement["Condition"])
        assert statement["Action"] == "events:PutEvents"
        assert "o-exampleorgid" in conditions
        assert "events:eventBusInvocation" in conditions


def test_functions_poll_their_queues_with_the_layer_and_partial_failures(hub, outputs):
    lambda_ = hub("lambda")
    function = lambda_.get_function_configuration(FunctionName=outputs["ReconcileFunctionName"])
    assert "AWSLambdaPowertoolsPythonV3" in function["Layers"][0]["Arn"]
    assert function["Environment"]["Variables"]["ROLLCALL_STATE_TABLE"] == outputs["StateTableName"]
    queues = lambda_.list_event_source_mappings(FunctionName=function["FunctionName"])["EventSourceMappings"]
    assert len({polled["EventSourceArn"] for polled in queues}) == 3
    for polled in queues:
        assert polled["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert sorted(one["ScalingConfig"]["MaximumConcurrency"] for one in queues) == [2, 2, 6]


def test_alerts_are_encrypted_by_a_key_that_rotates_and_go_to_the_addresses(hub, outputs):
    arn = outputs["AlertTopicArn"]
    attributes = hub("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    key = attributes["KmsMasterKeyId"].rsplit("/", 1)[-1]
    assert hub("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    assert any(s["Effect"] == "Deny" for s in json.loads(attributes["Policy"])["Statement"])
    [subscription] = hub("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "aws-alerts@example.com")
    for alarm in hub("cloudwatch").describe_alarms()["MetricAlarms"]:
        assert alarm["AlarmActions"] == [arn]


def test_the_role_that_writes_contacts_cannot_delete_them(hub):
    iam = hub("iam")
    [name] = iam.list_role_policies(RoleName="rollcall-reconcile")["PolicyNames"]
    document = iam.get_role_policy(RoleName="rollcall-reconcile", PolicyName=name)["PolicyDocument"]
    actions = json.dumps([s["Action"] for s in document["Statement"]])
    assert "account:PutAlternateContact" in actions
    assert "account:DeleteAlternateContact" not in actions
    assert "account:*" not in actions
