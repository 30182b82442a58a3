"""What services refuse besides rights: sizes, bounds, forms and states."""

import base64
import hashlib
import json
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from tests.cloud.tools import make_function, make_queue, make_role, unique

pytestmark = pytest.mark.cloud
HUB = "333333333333"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def pad(statement, characters):
    """The policy of this statement, with that many characters that count, and blanks that do not."""
    empty = json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Sid": ""}]})
    size = len("".join(empty.split()))
    return document(statement | {"Sid": "x" * (characters - size)}) + "  \n"


def fails(code, operation, **parameters):
    with pytest.raises(ClientError) as error:
        operation(**parameters)
    assert error.value.response["Error"]["Code"] == code, error.value


def test_policies_have_sizes(cloud):
    iam, name = cloud.clients.client("iam", HUB), unique("sized")
    fails("LimitExceeded", iam.create_role, RoleName=name, AssumeRolePolicyDocument=pad(TRUST, 2049))
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=pad(TRUST, 2048))
    iam.put_role_policy(RoleName=name, PolicyName="a", PolicyDocument=pad(READ, 10_000))
    fails("LimitExceeded", iam.put_role_policy, RoleName=name, PolicyName="b", PolicyDocument=pad(READ, 241))
    iam.put_role_policy(RoleName=name, PolicyName="b", PolicyDocument=pad(READ, 240))
    fails("LimitExceeded", iam.create_policy, PolicyName=unique("m"), PolicyDocument=pad(READ, 6145))
    assert iam.create_policy(PolicyName=unique("m"), PolicyDocument=pad(READ, 6144))


@pytest.mark.parametrize(
    "statement",
    [READ | {"Principal": "*"}, READ | {"Action": "GetObject"}, READ | {"Resource": "bucket/*"}],
)
def test_malformed_policies_are_refused(cloud, statement):
    iam, role = cloud.clients.client("iam", HUB), make_role(cloud, HUB, service="lambda.amazonaws.com")
    fails(
        "MalformedPolicyDocument",
        iam.put_role_policy,
        RoleName=role.rpartition("/")[2],
        PolicyName="it",
        PolicyDocument=document(statement),
    )
    fails(
        "MalformedPolicyDocument",
        iam.create_policy,
        PolicyName=unique("m"),
        PolicyDocument=document(statement),
    )


@pytest.mark.parametrize(
    "principal", [f"arn:aws:iam::{HUB}:role/nobody", f"arn:aws:iam::{HUB}:user/nobody", "nobody"]
)
def test_trust_policies_name_principals_that_exist(cloud, principal):
    iam = cloud.clients.client("iam", HUB)
    wrong = document(TRUST | {"Principal": {"Service": "lambda"}})
    fails("MalformedPolicyDocument", iam.create_role, RoleName=unique("r"), AssumeRolePolicyDocument=wrong)
    trust = document(TRUST | {"Principal": {"AWS": principal}})
    fails("MalformedPolicyDocument", iam.create_role, RoleName=unique("r"), AssumeRolePolicyDocument=trust)


@pytest.mark.parametrize(
    "attributes",
    [
        {"VisibilityTimeout": "43201"},
        {"MessageRetentionPeriod": "1209601"},
        {"MessageRetentionPeriod": "59"},
        {"DelaySeconds": "901"},
        {"VisibilityTimeout": "-1"},
    ],
)
def test_attributes_of_queues_have_bounds(cloud, attributes):
    sqs = cloud.clients.client("sqs", HUB)
    fails("InvalidAttributeValue", sqs.create_queue, QueueName=unique("q"), Attributes=attributes)
    url, arn = make_queue(cloud, HUB)
    fails("InvalidAttributeValue", sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes)
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1001})
    given = {"RedrivePolicy": redrive}
    fails("InvalidParameterValue", sqs.create_queue, QueueName=unique("q"), Attributes=given)


@pytest.mark.parametrize(
    ("subject", "good"),
    [("x" * 99, True), ("x" * 100, False), ("", False), ("a\nb", False), ("Größe", False), (" a", False)],
)
def test_subjects_are_short_ascii_lines(cloud, subject, good):
    sns = cloud.clients.client("sns", HUB)
    topic = sns.create_topic(Name="subjects")["TopicArn"]
    if good:
        assert sns.publish(TopicArn=topic, Message="x", Subject=subject)
    else:
        fails("InvalidParameter", sns.publish, TopicArn=topic, Message="x", Subject=subject)


@pytest.mark.parametrize(
    ("mapping", "text"),
    [
        ({"BatchSize": 11}, "Maximum batch window"),
        ({"ScalingConfig": {"MaximumConcurrency": 1001}}, "MaximumConcurrency"),
        ({"visible": "59"}, "less than Function timeout"),
        ({"statements": []}, "does not have permissions to call ReceiveMessage on SQS"),
        ({"BatchSize": 11, "MaximumBatchingWindowInSeconds": 1, "visible": "60"}, None),
    ],
)
def test_mappings_have_bounds(cloud, mapping, text):
    given = dict(mapping)
    _, arn = make_queue(cloud, HUB, VisibilityTimeout=given.pop("visible", "60"))
    options = {}
    if "statements" in given:
        options["Role"] = make_role(
            cloud, HUB, service="lambda.amazonaws.com", statements=given.pop("statements")
        )
    function = make_function(cloud, HUB, "def handler(event, context): pass", **options)
    client = cloud.clients.client("lambda", HUB)

    def create():
        return client.create_event_source_mapping(FunctionName=function, EventSourceArn=arn, **given)

    if text is None:
        made = create()["UUID"]
        fails(
            "InvalidParameterValueException", client.update_event_source_mapping, UUID=made, BatchSize=10_001
        )
        client.delete_event_source_mapping(UUID=made)
    else:
        with pytest.raises(client.exceptions.InvalidParameterValueException, match=text):
            create()


def test_a_function_has_a_role_that_lambda_may_assume(cloud):
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        make_function(cloud, HUB, "", Role=make_role(cloud, HUB, service="events.amazonaws.com"))
    with pytest.raises(ClientError, match="exceeded the 4096 bytes limit"):
        make_function(cloud, HUB, "", Environment={"Variables": {"A": "x" * 4096}})


@pytest.fixture
def locked(cloud):
    """A bucket with Object Lock and a default retention of a day in compliance mode, and its client."""
    s3, name = cloud.clients.client("s3", HUB), unique("locked-bucket")
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    return s3, name


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        (
            {"ContentMD5": base64.b64encode(hashlib.md5(b"y", usedforsecurity=False).digest()).decode()},
            "BadDigest",
        ),
        ({"ChecksumCRC32": base64.b64encode(zlib.crc32(b"y").to_bytes(4, "big")).decode()}, "InvalidRequest"),
        ({"ChecksumSHA256": base64.b64encode(hashlib.sha256(b"y").digest()).decode()}, "InvalidRequest"),
    ],
)
def test_wrong_checksums_are_refused(locked, parameters, code):
    s3, bucket = locked
    fails(code, s3.put_object, Bucket=bucket, Key="k", Body=b"x", **parameters)
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")


def test_retention_is_only_extended(locked):
    s3, bucket = locked
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    now = datetime.now(UTC)

    def retain(mode, hours, **more):
        until = {"Mode": mode, "RetainUntilDate": now + timedelta(hours=hours)}
        return {"Bucket": bucket, "Key": "k", "Retention": until, **more}

    for given in (retain("COMPLIANCE", 1), retain("GOVERNANCE", 99)):
        fails("AccessDenied", s3.put_object_retention, **given)
        fails("AccessDenied", s3.put_object_retention, BypassGovernanceRetention=True, **given)
    s3.put_object_retention(**retain("COMPLIANCE", 48))
    s3.put_object(
        Bucket=bucket,
        Key="g",
        Body=b"x",
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=now + timedelta(hours=5),
    )
    fails("AccessDenied", s3.put_object_retention, **retain("GOVERNANCE", 1) | {"Key": "g"})
    s3.put_object_retention(BypassGovernanceRetention=True, **retain("GOVERNANCE", 1) | {"Key": "g"})
    suspended = {"Status": "Suspended"}
    fails("InvalidBucketState", s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration=suspended)


def test_a_transaction_is_written_once_for_its_token(cloud):
    dynamodb, table = cloud.clients.client("dynamodb", HUB), unique("table")
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def write(pk, name):
        put = {
            "TableName": table,
            "Item": {"pk": {"S": pk}, "packed": {"B": b"x"}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        dynamodb.transact_write_items(TransactItems=[{"Put": put}], ClientRequestToken=name)

    write("a", "one")
    write("a", "one")  # the answer to the first may have been lost
    fails("TransactionCanceledException", write, pk="a", name="two")
    fails("IdempotentParameterMismatchException", write, pk="b", name="one")
