"""What each resource of the templates must be: kept, encrypted, watched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollcall_config.configuration import load
from rollcall_policies import Access, AccessRequest, decide
from tests.stacks.template import Template, arn
from tests.stacks.test_queue_policies import ADMIN, resolved
from tests.stacks.variants import EVERYTHING, synthesize_with
from tests.support.moto_aws import STATE_TABLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stacks.assembly import Assembly


@pytest.mark.parametrize(
    "name",
    [
        "IntakeDeadLetters",
        "IntakeEchoesDeadLetters",
        "IntakeAlertOnlyDeadLetters",
        "ChannelsNotifyDeadLetters",
        "SweepDeadLetters",
    ],
)
def test_the_first_dead_letter_raises_an_alarm(hub: Template, name: str) -> None:
    queue, _ = hub.one("AWS::SQS::Queue", name)
    _, alarm = hub.one("AWS::CloudWatch::Alarm", name)
    assert alarm["Namespace"] == "AWS/SQS"
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["AlarmActions"] == [{"Ref": hub.one("AWS::SNS::Topic", "Alerts")[0]}]


@pytest.mark.parametrize(
    ("queue", "dead_letters", "function", "max_receives"),
    [
        ("IntakeQueue", "IntakeDeadLetters", "Reconcile", 60),
        ("IntakeEchoesQueue", "IntakeEchoesDeadLetters", "Reconcile", 60),
        ("IntakeAlertOnlyQueue", "IntakeAlertOnlyDeadLetters", "Reconcile", 60),
        ("ChannelsNotifyQueue", "ChannelsNotifyDeadLetters", "ChannelsNotify", 30),
    ],
)
def test_a_message_is_tried_then_kept(
    hub: Template, queue: str, dead_letters: str, function: str, max_receives: int
) -> None:
    logical_id, properties = hub.one("AWS::SQS::Queue", queue)
    dead_letter_id, dead = hub.one("AWS::SQS::Queue", dead_letters)
    assert properties["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead_letter_id, "Arn"]},
        "maxReceiveCount": max_receives,
    }
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
    function_id, worker = hub.one("AWS::Lambda::Function", function)
    assert properties["VisibilityTimeout"] >= 6 * worker["Timeout"]
    (mapping,) = [
        one
        for one in hub.of_type("AWS::Lambda::EventSourceMapping").values()
        if arn(one["EventSourceArn"]) == f"{{{logical_id}.Arn}}"
    ]
    assert mapping["FunctionName"] == {"Ref": function_id}
    assert mapping["BatchSize"] == 10
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 6 if queue == "IntakeQueue" else 2}


def test_the_settings_know_how_many_functions_run_at_the_same_time(tmp_path: Path) -> None:
    for name, options in {"plain": "", "everything": EVERYTHING}.items():
        (where := tmp_path / name).mkdir()
        template = synthesize_with(where, options=options).templates["RollcallHub"]
        mappings = template.of_type("AWS::Lambda::EventSourceMapping").values()
        machines = template.of_type("AWS::StepFunctions::StateMachine")
        batches = sum(one["ScalingConfig"]["MaximumConcurrency"] for one in mappings)
        assert load(where, "config").settings.concurrency == batches + len(machines)
        functions = template.of_type("AWS::Lambda::Function").values()
        assert all("ReservedConcurrentExecutions" not in one for one in functions), (
            "ten leave none to reserve"
        )


def test_what_a_rule_cannot_deliver_is_kept(hub: Template) -> None:
    for rule in hub.of_type("AWS::Events::Rule").values():
        (target,) = rule["Targets"]
        assert "DeadLettersQueue" in arn(target["DeadLetterConfig"]["Arn"])


def test_every_queue_is_encrypted(assembly: Assembly) -> None:
    queues = assembly.templates["RollcallHub"].of_type("AWS::SQS::Queue")
    assert len(queues) == 9
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())


def test_every_queue_keeps_messages_for_two_weeks(everything: Assembly) -> None:
    queues = everything.templates["RollcallHub"].of_type("AWS::SQS::Queue")
    assert {queue["MessageRetentionPeriod"] for queue in queues.values()} == {14 * 24 * 3600}


def test_the_ledger_cannot_be_changed(hub: Template) -> None:
    logical_id, bucket = hub.one("AWS::S3::Bucket", "Ledger")
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 365}},
    }
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "BucketEncryption" in bucket
    assert hub.resources[logical_id]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_reports_are_kept_as_long_as_the_settings_say_and_runs_for_a_month(hub: Template) -> None:
    logical_id, bucket = hub.one("AWS::S3::Bucket", "Reports")
    rules = {one["Prefix"]: one for one in bucket["LifecycleConfiguration"]["Rules"]}
    assert {prefix: one["ExpirationInDays"] for prefix, one in rules.items()} == {
        "runs/": 30,
        "reports/": 400,
    }
    assert {one["Status"] for one in rules.values()} == {"Enabled"}
    # Contact details are gone when their time is over.
    assert "VersioningConfiguration" not in bucket
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert hub.resources[logical_id]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_buckets_are_reached_over_tls_only(hub: Template) -> None:
    policies = {arn(one["Bucket"]): one for one in hub.of_type("AWS::S3::BucketPolicy").values()}
    assert set(policies) == {f"{{{bucket}}}" for bucket in hub.of_type("AWS::S3::Bucket")}
    for policy in policies.values():
        statements = policy["PolicyDocument"]["Statement"]
        assert {one["Effect"] for one in statements} == {"Deny"}
        conditions = [one["Condition"] for one in statements]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions


def test_only_the_sweep_and_the_writer_write_what_the_gate_and_people_read(hub: Template) -> None:
    bucket, _ = hub.one("AWS::S3::Bucket", "Reports")
    (policy,) = [
        one for one in hub.of_type("AWS::S3::BucketPolicy").values() if arn(one["Bucket"]) == f"{{{bucket}}}"
    ]
    (closed,) = [one for one in policy["PolicyDocument"]["Statement"] if one.get("Sid") == "NobodyElse"]
    roles = closed["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    known = [f"{{{hub.one('AWS::IAM::Role', name)[0]}.Arn}}" for name in ("ReconcileRole", "SweepRole")]
    assert sorted(map(arn, roles)) == sorted(known)
    statements = [resolved(one) for one in policy["PolicyDocument"]["Statement"]]
    for key in ("runs/r/observed/000000.json.gz", "runs/r/accounts.json.gz", "reports/r/report.html"):
        # The two write by their own policies.
        for caller in (*known, ADMIN):
            request = AccessRequest(
                action="s3:PutObject",
                resource=f"{{{bucket}.Arn}}/{key}",
                context={
                    "aws:PrincipalArn": [caller],
                    "aws:SecureTransport": ["true"],
                    "s3:TlsVersion": ["1.3"],
                },
                principal="333333333333",
            )
            found = decide([{"Version": "2012-10-17", "Statement": statements}], request).access
            assert found is (Access.DENIED if caller == ADMIN else Access.NOT_ALLOWED)


def test_the_state_table_survives(hub: Template) -> None:
    logical_id, table = hub.one("AWS::DynamoDB::Table", "State")
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    # CloudFormation could not undo a first deployment that failed.
    assert "DeletionProtectionEnabled" not in table
    assert hub.resources[logical_id]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_what_is_kept_is_not_left_behind_by_a_first_deployment_that_failed(assembly: Assembly) -> None:
    """Each try would leave another one: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html."""
    kept = {
        (resource["Type"], resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
        for template in assembly.templates.values()
        for resource in template.resources.values()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    }
    types = ("DynamoDB::Table", "KMS::Key", "Logs::LogGroup", "S3::Bucket")
    assert kept == {(f"AWS::{type_}", "RetainExceptOnCreate", "Retain") for type_ in types}


def test_the_tables_of_other_tests_have_its_keys_and_its_index(hub: Template) -> None:
    _, table = hub.one("AWS::DynamoDB::Table", "State")
    assert {name: table[name] for name in STATE_TABLE} == STATE_TABLE


def test_alerts_are_encrypted_and_go_to_the_addresses(hub: Template) -> None:
    topic_id, topic = hub.one("AWS::SNS::Topic", "Alerts")
    key_id, key = hub.one("AWS::KMS::Key", "Alerts")
    assert arn(topic["KmsMasterKeyId"]) == f"{{{key_id}.Arn}}"
    assert key["EnableKeyRotation"] is True
    (subscription,) = hub.of_type("AWS::SNS::Subscription").values()
    assert subscription == {
        "TopicArn": {"Ref": topic_id},
        "Protocol": "email",
        "Endpoint": "aws-alerts@example.com",
    }


def test_logs_have_an_end(hub: Template) -> None:
    functions, groups = hub.of_type("AWS::Lambda::Function"), hub.of_type("AWS::Logs::LogGroup")
    machines = hub.of_type("AWS::StepFunctions::StateMachine").values()
    written = {arn(function["LoggingConfig"]["LogGroup"]) for function in functions.values()} | {
        arn(to["CloudWatchLogsLogGroup"]["LogGroupArn"]).replace(".Arn", "")
        for machine in machines
        for to in machine["LoggingConfiguration"]["Destinations"]
    }
    assert written == {f"{{{group}}}" for group in groups}
    assert all(group["RetentionInDays"] == 90 for group in groups.values())


def test_functions_run_on_one_runtime_with_the_published_layer(hub: Template) -> None:
    parameters = hub.body["Parameters"]
    for function in hub.of_type("AWS::Lambda::Function").values():
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        assert function["TracingConfig"] == {"Mode": "Active"}
        (layer,) = function["Layers"]
        assert parameters[layer["Ref"]] == {
            "Type": "AWS::SSM::Parameter::Value<String>",
            "Default": "/aws/service/powertools/python/arm64/python3.13/3.37.0",
        }


_NAMING = {
    "AlarmName",
    "BucketName",
    "FunctionName",
    "LogGroupName",
    "Name",
    "QueueName",
    "RoleName",
    "StateMachineName",
    "TableName",
    "TopicName",
}


def test_only_what_another_account_must_know_has_a_name(assembly: Assembly) -> None:
    given = {
        value
        for template in assembly.templates.values()
        for resource in template.resources.values()
        for key, value in resource["Properties"].items()
        if key in _NAMING and isinstance(value, str)
    }
    # A custom bus must have a name: the CDK makes one of the stack's.
    (outcomes,) = [name for name in given if name.startswith("RollcallHubOutcomes")]
    assert given - {outcomes} == {
        "rollcall-intake",
        "rollcall-management-contacts",
        "rollcall-operator",
        "rollcall-reader",
        "rollcall-reconcile",
        "rollcall-redrive",
        "rollcall-sweep",
        "rollcall-sweep-reader",
    }


def test_the_hub_tells_what_it_made(hub: Template) -> None:
    assert set(hub.body["Outputs"]) == {
        "StateTableName",
        "LedgerBucketName",
        "AlertTopicArn",
        "IntakeQueueUrl",
        "IntakeDeadLetterQueueUrl",
        "EchoesDeadLetterQueueUrl",
        "AlertOnlyDeadLetterQueueUrl",
        "NotifyDeadLetterQueueUrl",
        "OutcomeBusName",
        "ReconcileFunctionName",
        "NotifyFunctionName",
        "ReportsBucketName",
        "SweepDeadLetterQueueUrl",
        "SweepMachineArn",
        "ControlMachineArn",
        "ReaderRoleArn",
        "OperatorRoleArn",
        "RedriveRoleArn",
        "CandidateDigest",
    }


def test_no_custom_resources(assembly: Assembly) -> None:
    types = {one["Type"] for template in assembly.templates.values() for one in template.resources.values()}
    assert not [type_ for type_ in types if type_.startswith("Custom::") or "CustomResource" in type_]
    assert len(assembly.templates["RollcallHub"].of_type("AWS::Lambda::Function")) == 5
