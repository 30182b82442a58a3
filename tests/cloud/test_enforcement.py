"""Every call of every service is asked of the policies, as AWS asks: of all kinds, with all conditions."""

import contextlib
import json
from http.client import HTTPConnection

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud.clients import ADMINISTRATOR, Credentials
from tests.cloud.tools import make_queue, make_rule, messages, received, rule_to_queue, unique, wait_for
from tests.cloud.tools import make_role as make_service_role

pytestmark = pytest.mark.cloud
MANAGEMENT, HUB, MEMBER, OTHER = "111111111111", "333333333333", "222222222222", "555566667777"
REGION = "us-east-1"
REFUSALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"}


def allow(*actions, on="*", **elements):
    return {"Effect": "Allow", "Action": list(actions), "Resource": on} | elements


def deny(*actions, on="*", **elements):
    return {"Effect": "Deny", "Action": list(actions), "Resource": on} | elements


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(account=HUB):
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})


def make_role(cloud, *statements, account=HUB, **options):
    iam, name = cloud.clients.client("iam", account), unique("who")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(account), **options)["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=document(*statements))
    return arn


def connect(cloud, service, keys):
    credentials = Credentials(
        access_key_id=keys["AccessKeyId"],
        secret_access_key=keys["SecretAccessKey"],
        session_token=keys.get("SessionToken", ""),
    )
    return cloud.clients._make(service, credentials, REGION)


def become(cloud, role_arn, service, **session):
    """A client in a session of the role, begun by an administrator of its account."""
    account = role_arn.split(":")[4]
    sts = cloud.clients.client("sts", account)
    answer = sts.assume_role(RoleArn=role_arn, RoleSessionName="session", **session)
    return connect(cloud, service, answer["Credentials"])


def refused(operation, **parameters):
    """Whether the call is refused; whatever else the service says is not our business."""
    try:
        operation(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"] in REFUSALS
    return False


KEY = {"pk": {"S": "no#1"}, "sk": {"S": "x"}}


@pytest.fixture(scope="module")
def things(cloud):
    """A table, a bucket, a topic, a queue and a key of the hub, for all tests here."""
    client = cloud.clients.client
    table, bucket = unique("table"), unique("enforced-bucket")
    client("dynamodb", HUB).create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    client("s3", HUB).create_bucket(Bucket=bucket)
    client("s3", HUB).put_object(Bucket=bucket, Key="ledger/x", Body=b"x")
    topic = client("sns", HUB).create_topic(Name=unique("topic"))["TopicArn"]
    url, queue = make_queue(cloud, HUB)
    key = client("kms", HUB).create_key()["KeyMetadata"]["Arn"]
    return {"table": table, "bucket": bucket, "topic": topic, "url": url, "queue": queue, "key": key}


def list_calls(things):
    """One call or more of each service: name, service, operation, parameters."""
    put = {"TableName": things["table"], "Item": KEY}
    return [
        ("dynamodb", "get_item", {"TableName": things["table"], "Key": KEY}),
        ("dynamodb", "put_item", put),
        ("dynamodb", "transact_write_items", {"TransactItems": [{"Put": put}]}),
        (
            "dynamodb",
            "batch_write_item",
            {"RequestItems": {things["table"]: [{"PutRequest": {"Item": KEY}}]}},
        ),
        ("s3", "put_object", {"Bucket": things["bucket"], "Key": "k", "Body": b"x"}),
        ("s3", "get_object", {"Bucket": things["bucket"], "Key": "ledger/x"}),
        ("s3", "head_object", {"Bucket": things["bucket"], "Key": "ledger/x"}),
        ("s3", "list_objects_v2", {"Bucket": things["bucket"]}),
        ("s3", "delete_objects", {"Bucket": things["bucket"], "Delete": {"Objects": [{"Key": "none"}]}}),
        ("sns", "publish", {"TopicArn": things["topic"], "Message": "x"}),
        ("sqs", "send_message", {"QueueUrl": things["url"], "MessageBody": "x"}),
        ("sqs", "receive_message", {"QueueUrl": things["url"]}),
        ("kms", "encrypt", {"KeyId": things["key"], "Plaintext": b"x"}),
        ("ssm", "get_parameter", {"Name": "/none"}),
        (
            "cloudwatch",
            "put_metric_data",
            {"Namespace": "N", "MetricData": [{"MetricName": "m", "Value": 1}]},
        ),
        ("logs", "create_log_group", {"logGroupName": unique("group")}),
        ("xray", "put_trace_segments", {"TraceSegmentDocuments": ["{}"]}),
        ("securityhub", "describe_hub", {}),
        ("iam", "create_role", {"RoleName": unique("made"), "AssumeRolePolicyDocument": trust()}),
        ("events", "put_events", {"Entries": [{"Source": "s", "DetailType": "d", "Detail": "{}"}]}),
        ("events", "list_rules", {}),
        ("lambda", "list_functions", {}),
        ("stepfunctions", "list_state_machines", {}),
        ("secretsmanager", "get_secret_value", {"SecretId": "rollcall/slack"}),
        ("cloudformation", "list_stack_sets", {}),
        ("scheduler", "list_schedules", {}),
        ("cloudtrail", "describe_trails", {}),
        ("account", "get_alternate_contact", {"AlternateContactType": "SECURITY"}),
        ("organizations", "list_roots", {}),
    ]


def test_a_role_may_do_nothing_that_its_policies_do_not_name(cloud, things):
    role = make_role(cloud, allow("ec2:DescribeVpcs"))
    clients = {service: become(cloud, role, service) for service, _, _ in list_calls(things)}
    answered = [
        f"{service} {operation}"
        for service, operation, parameters in list_calls(things)
        if not refused(getattr(clients[service], operation), **parameters)
    ]
    assert answered == []


def test_a_role_may_do_what_its_policies_name(cloud, things):
    role = make_role(cloud, allow("*"))
    for service, operation, parameters in list_calls(things):
        assert not refused(getattr(become(cloud, role, service), operation), **parameters), operation


@pytest.mark.parametrize("kind", ["inline", "managed", "aws", "none"])
def test_identity_policies_of_each_kind_count(cloud, things, kind):
    role, iam = make_role(cloud), cloud.clients.client("iam", HUB)
    name, statement = role.rpartition("/")[2], allow("s3:GetObject")
    if kind == "inline":
        iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=document(statement))
    elif kind == "managed":
        arn = iam.create_policy(PolicyName=unique("p"), PolicyDocument=document(deny("s3:*")))["Policy"][
            "Arn"
        ]
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(statement), SetAsDefault=True)
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    elif kind == "aws":
        iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    s3 = become(cloud, role, "s3")
    assert refused(s3.get_object, Bucket=things["bucket"], Key="ledger/x") is (kind == "none")
    assert refused(s3.put_object, Bucket=things["bucket"], Key="ledger/x", Body=b"")


@pytest.fixture
def user(cloud):
    """A user of the hub without policies; its client of a service, and its name."""
    iam, name = cloud.clients.client("iam", HUB), unique("user")
    iam.create_user(UserName=name)
    keys = iam.create_access_key(UserName=name)["AccessKey"]
    return name, keys


def test_users_and_groups_have_policies_as_roles_do(cloud, things, user):
    name, keys = user
    iam, table = cloud.clients.client("iam", HUB), things["table"]
    dynamodb, account = connect(cloud, "dynamodb", keys), connect(cloud, "account", keys)
    assert refused(dynamodb.get_item, TableName=table, Key=KEY)
    assert refused(account.get_alternate_contact, AlternateContactType="SECURITY")
    own = allow("dynamodb:GetItem", Condition={"StringEquals": {"aws:username": name}})
    iam.put_user_policy(UserName=name, PolicyName="it", PolicyDocument=document(own))
    assert not refused(dynamodb.get_item, TableName=table, Key=KEY)
    group = unique("group")
    iam.create_group(GroupName=group)
    iam.put_group_policy(GroupName=group, PolicyName="it", PolicyDocument=document(deny("dynamodb:*")))
    iam.add_user_to_group(GroupName=group, UserName=name)
    assert refused(dynamodb.get_item, TableName=table, Key=KEY)


def test_keys_that_are_deleted_or_inactive_are_nobody(cloud, user):
    name, keys = user
    iam, key = cloud.clients.client("iam", HUB), keys["AccessKeyId"]
    sts, account = connect(cloud, "sts", keys), connect(cloud, "account", keys)
    assert sts.get_caller_identity()["Arn"].endswith(f"user/{name}")
    for change in (
        lambda: iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive"),
        lambda: iam.delete_access_key(UserName=name, AccessKeyId=key),
    ):
        change()
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            sts.get_caller_identity()
        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            account.get_contact_information()


def test_sessions_have_no_more_rights_than_who_began_them(cloud, things, user):
    name, keys = user
    sts = connect(cloud, "sts", keys)
    cloud.clients.client("iam", HUB).put_user_policy(
        UserName=name, PolicyName="it", PolicyDocument=document(allow("sqs:*", "sts:GetFederationToken"))
    )
    for_user = connect(cloud, "sqs", sts.get_session_token()["Credentials"])
    assert not refused(for_user.get_queue_attributes, QueueUrl=things["url"])
    token = sts.get_federation_token(Name="bob", Policy=document(allow("sqs:GetQueueAttributes", "s3:*")))
    bob = connect(cloud, "sqs", token["Credentials"])
    assert not refused(bob.get_queue_attributes, QueueUrl=things["url"])
    assert refused(bob.send_message, QueueUrl=things["url"], MessageBody="x")
    assert refused(connect(cloud, "s3", token["Credentials"]).get_object, Bucket=things["bucket"], Key="x")
    who = connect(cloud, "sts", token["Credentials"]).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{HUB}:federated-user/bob"
    unlimited = sts.get_federation_token(Name="eve")["Credentials"]
    assert refused(connect(cloud, "sqs", unlimited).get_queue_attributes, QueueUrl=things["url"])


def test_session_policies_and_boundaries_limit(cloud):
    role = make_role(cloud, allow("account:*", "s3:*"))
    ask = {"AlternateContactType": "SECURITY"}
    assert not refused(become(cloud, role, "account").get_alternate_contact, **ask)
    limited = become(cloud, role, "account", Policy=document(allow("s3:*")))
    assert refused(limited.get_alternate_contact, **ask)
    arns = [{"arn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}]
    assert refused(become(cloud, role, "account", PolicyArns=arns).get_alternate_contact, **ask)
    boundary = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    bound = make_role(cloud, allow("account:*", "s3:*"), PermissionsBoundary=boundary)
    assert refused(become(cloud, bound, "account").get_alternate_contact, **ask)
    assert not refused(become(cloud, bound, "s3").list_buckets)


def test_a_session_begins_only_where_a_role_is(cloud):
    sts = cloud.clients.client("sts", HUB)
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole") as error:
        sts.assume_role(RoleArn=f"arn:aws:iam::{HUB}:role/nobody", RoleSessionName="me")
    assert error.value.response["Error"]["Code"] == "AccessDenied"
    role = make_role(cloud, allow("sts:AssumeRole"))
    target, own = make_role(cloud), become(cloud, role, "sts")
    assert own.assume_role(RoleArn=target, RoleSessionName="me")
    for extra in ({"SourceIdentity": "me"}, {"Tags": [{"Key": "a", "Value": "b"}]}):
        assert refused(own.assume_role, RoleArn=target, RoleSessionName="me", **extra)


@pytest.mark.parametrize(
    ("action", "service", "operation"),
    [
        ("events:PutEvents", "events", "put_events"),
        ("sqs:*", "sqs", "list_queues"),
        ("sns:*", "sns", "list_topics"),
        ("sts:AssumeRole", "sts", "assume_role"),
        ("dynamodb:*", "dynamodb", "list_tables"),
        ("states:*", "stepfunctions", "list_state_machines"),
    ],
)
def test_service_control_policies_bind_every_service(cloud, action, service, operation):
    role = make_role(cloud, allow("*"), account=OTHER)
    parameters = {
        "put_events": {"Entries": [{"Source": "s", "DetailType": "d", "Detail": "{}"}]},
        "assume_role": {"RoleArn": make_role(cloud, account=OTHER), "RoleSessionName": "me"},
    }.get(operation, {})
    call = getattr(become(cloud, role, service), operation)
    assert not refused(call, **parameters)
    with guardrail(cloud, OTHER, deny(action)):
        with pytest.raises(ClientError, match="with an explicit deny in a service control policy"):
            call(**parameters)
        spared = getattr(cloud.clients.client(service, MANAGEMENT), operation)
        assert operation == "assume_role" or not refused(spared, **parameters)
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}
    with guardrail(cloud, OTHER, deny(action, Condition=elsewhere)):
        assert refused(call, **parameters)


@contextlib.contextmanager
def guardrail(cloud, target, statement):
    """A service control policy on an account, for a while."""
    organizations = cloud.clients.client("organizations", MANAGEMENT)
    if not cloud.simulation.organization.policies.enabled:
        root = cloud.simulation.organization.root_id
        organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    made = organizations.create_policy(
        Name=unique("scp"), Description="", Type="SERVICE_CONTROL_POLICY", Content=document(statement)
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=made, TargetId=target)
    try:
        yield
    finally:
        organizations.detach_policy(PolicyId=made, TargetId=target)
        organizations.delete_policy(PolicyId=made)


def test_a_condition_on_leading_keys_holds_for_each_part(cloud, things):
    keys = {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ok#*"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    arn = f"arn:aws:dynamodb:{REGION}:{HUB}:table/{things['table']}"
    dynamodb = become(cloud, make_role(cloud, allow("dynamodb:*", on=arn, Condition=keys)), "dynamodb")
    table, good = things["table"], {"pk": {"S": "ok#1"}, "sk": {"S": "x"}}

    def ask(pk):
        return {
            "TableName": table,
            "KeyConditionExpression": "#p = :pk",
            "ExpressionAttributeNames": {"#p": "pk"},
            "ExpressionAttributeValues": {":pk": {"S": pk}},
        }

    assert not refused(dynamodb.put_item, TableName=table, Item=good)
    assert refused(dynamodb.put_item, TableName=table, Item=KEY)
    assert not refused(dynamodb.query, **ask("ok#1"))
    assert refused(dynamodb.query, **ask("no#1"))
    puts = [{"Put": {"TableName": table, "Item": item}} for item in (good, KEY)]
    assert refused(dynamodb.transact_write_items, TransactItems=puts)
    assert not refused(dynamodb.transact_write_items, TransactItems=puts[:1])
    assert refused(dynamodb.batch_get_item, RequestItems={table: {"Keys": [good, KEY]}})
    assert not refused(dynamodb.batch_get_item, RequestItems={table: {"Keys": [good]}})
    assert refused(dynamodb.scan, TableName=table)


def test_prefixes_and_keys_of_objects_are_held_to(cloud, things):
    arn = f"arn:aws:s3:::{things['bucket']}"
    only = {"StringLike": {"s3:prefix": "journal/*"}}
    role = make_role(
        cloud, allow("s3:PutObject", on=f"{arn}/journal/*"), allow("s3:ListBucket", on=arn, Condition=only)
    )
    s3, bucket = become(cloud, role, "s3"), things["bucket"]
    assert refused(s3.put_object, Bucket=bucket, Key="ledger/x", Body=b"")
    assert not refused(s3.put_object, Bucket=bucket, Key="journal/x", Body=b"")
    assert not refused(s3.list_objects_v2, Bucket=bucket, Prefix="journal/2026")
    assert refused(s3.list_objects_v2, Bucket=bucket, Prefix="ledger/")
    assert refused(s3.list_objects_v2, Bucket=bucket)


def test_a_condition_that_nobody_can_evaluate_allows_nothing(cloud, things):
    odd = {"StringEquals": {"aws:Ec2InstanceSourceVpc": "vpc-1"}}
    sns = become(cloud, make_role(cloud, allow("sns:*", Condition=odd)), "sns")
    with pytest.raises(ClientError, match="aws:Ec2InstanceSourceVpc is not modelled here"):
        sns.publish(TopicArn=things["topic"], Message="x")


def admitting(principal, action, on, **elements):
    return document({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": on} | elements)


def test_another_account_needs_both_sides(cloud, things):
    role = make_role(cloud, allow("*"), account=MEMBER)
    calls = {
        "sns": ("publish", {"TopicArn": things["topic"], "Message": "x"}),
        "sqs": ("send_message", {"QueueUrl": things["url"], "MessageBody": "x"}),
        "s3": ("put_object", {"Bucket": things["bucket"], "Key": "k", "Body": b""}),
        "kms": ("encrypt", {"KeyId": things["key"], "Plaintext": b"x"}),
        "dynamodb": (
            "get_item",
            {"TableName": f"arn:aws:dynamodb:{REGION}:{HUB}:table/{things['table']}", "Key": KEY},
        ),
    }
    for service, (operation, parameters) in calls.items():
        assert refused(getattr(become(cloud, role, service), operation), **parameters), service
    client = cloud.clients.client
    client("sns", HUB).set_topic_attributes(
        TopicArn=things["topic"],
        AttributeName="Policy",
        AttributeValue=admitting({"AWS": MEMBER}, "sns:Publish", things["topic"]),
    )
    client("s3", HUB).put_bucket_policy(
        Bucket=things["bucket"],
        Policy=admitting({"AWS": role}, "s3:PutObject", f"arn:aws:s3:::{things['bucket']}/*"),
    )
    idle = make_role(cloud, account=MEMBER)
    for service in ("sns", "s3"):
        operation, parameters = calls[service]
        assert not refused(getattr(become(cloud, role, service), operation), **parameters)
        assert refused(getattr(become(cloud, idle, service), operation), **parameters)
    client("s3", HUB).delete_bucket_policy(Bucket=things["bucket"])


def test_a_policy_of_the_resource_gives_and_takes_in_its_account(cloud):
    url, arn = make_queue(cloud, HUB)
    role, all_of_it = make_role(cloud), make_role(cloud, allow("sqs:*"))
    sqs = cloud.clients.client("sqs", HUB)

    def put(policy):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    def may_send(who):
        return not refused(become(cloud, who, "sqs").send_message, QueueUrl=url, MessageBody="x")

    put(admitting({"AWS": role}, "sqs:SendMessage", arn))
    assert may_send(role)
    put(admitting({"AWS": f"arn:aws:iam::{HUB}:root"}, "sqs:SendMessage", arn))
    assert not may_send(role)  # the account may let it, and does not
    but = {"ArnNotEquals": {"aws:SourceArn": "arn:aws:events:us-east-1:333333333333:rule/it"}}
    put(
        document(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": but,
            }
        )
    )
    assert not may_send(all_of_it)
    put("")
    assert may_send(all_of_it)


def test_what_is_encrypted_needs_the_key_too(cloud):
    kms, sqs = cloud.clients.client("kms", HUB), cloud.clients.client("sqs", HUB)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    url, _ = make_queue(cloud, HUB, KmsMasterKeyId=key)
    sender = become(cloud, make_role(cloud, allow("sqs:*")), "sqs")
    with pytest.raises(ClientError, match="kms:GenerateDataKey on resource"):
        sender.send_message(QueueUrl=url, MessageBody="x")
    with_key = make_role(cloud, allow("sqs:*"), allow("kms:GenerateDataKey", "kms:Decrypt", on=key))
    assert become(cloud, with_key, "sqs").send_message(QueueUrl=url, MessageBody="x")
    # The account's own policies count only where the key's policy lets them.
    kms.put_key_policy(
        KeyId=key,
        PolicyName="default",
        Policy=admitting({"AWS": f"arn:aws:iam::{HUB}:role/{ADMINISTRATOR}"}, "kms:*", "*"),
    )
    assert refused(become(cloud, with_key, "sqs").send_message, QueueUrl=url, MessageBody="x")
    assert sqs.send_message(QueueUrl=url, MessageBody="x")


def test_a_topic_reaches_only_queues_that_admit_it(cloud):
    sns, topic = cloud.clients.client("sns", HUB), unique("topic")
    arn = sns.create_topic(Name=topic)["TopicArn"]
    url, queue = make_queue(cloud, HUB)
    closed, other = make_queue(cloud, HUB)
    source = {"ArnEquals": {"aws:SourceArn": arn}}
    policy = admitting({"Service": "sns.amazonaws.com"}, "sqs:SendMessage", queue, Condition=source)
    cloud.clients.client("sqs", HUB).set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    for endpoint in (queue, other):
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=endpoint)
    sns.publish(TopicArn=arn, Message="hello")
    assert wait_for(lambda: messages(cloud, HUB, url))
    assert messages(cloud, HUB, closed) == []


def test_whoever_passes_a_role_needs_the_right_to(cloud):
    target = make_role(cloud)
    passing = {"StringEquals": {"iam:PassedToService": "events.amazonaws.com"}}
    lame = become(cloud, make_role(cloud, allow("events:*")), "events")
    able = become(
        cloud, make_role(cloud, allow("events:*"), allow("iam:PassRole", Condition=passing)), "events"
    )
    for client, is_refused in ((lame, True), (able, False)):
        rule = unique("rule")
        client.put_rule(Name=rule, EventPattern='{"source": ["x"]}')
        targets = [{"Id": "t", "Arn": f"arn:aws:events:{REGION}:{HUB}:event-bus/default", "RoleArn": target}]
        assert refused(client.put_targets, Rule=rule, Targets=targets) is is_refused


def test_a_request_that_cannot_be_read_reaches_nothing(cloud):
    events = become(cloud, make_role(cloud), "events")
    entry = {"Source": "s", "DetailType": "d", "Detail": "{}"}
    body = json.dumps({"Entries": [entry | {"Resources": 5}]}).encode()
    events.meta.events.register("before-call.events.PutEvents", lambda params, **_: params.update(body=body))
    with pytest.raises(ClientError, match="SerializationException"):
        events.put_events(Entries=[entry])


def test_an_unsigned_request_reaches_nothing(cloud, things):
    connection = HTTPConnection(cloud.endpoint.removeprefix("http://"))
    connection.request("GET", f"/{things['bucket']}/ledger/x")
    assert connection.getresponse().status == 403


def test_a_refusal_is_recorded(cloud):
    """By identity policies as by all others: the edit of a contact that IAM denies is an event."""
    url = rule_to_queue(cloud, MEMBER, {"detail": {"errorCode": ["AccessDenied"]}})
    account = become(cloud, make_role(cloud, allow("s3:*"), account=MEMBER), "account")
    assert refused(account.delete_alternate_contact, AlternateContactType="BILLING")
    detail = received(cloud, MEMBER, url)["detail"]
    assert detail["eventName"] == "DeleteAlternateContact"
    assert "no identity-based policy allows" in detail["errorMessage"]
    assert detail["requestParameters"] is None


def test_a_forwarder_is_bound_by_service_control_policies(cloud):
    """Those of the account that sends: the hub's bus sees nothing."""
    hub, name = cloud.clients.client("events", HUB), unique("bus")
    bus = hub.create_event_bus(Name=name)["EventBusArn"]
    statement = {
        "Sid": "it",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": bus,
    }
    hub.put_permission(EventBusName=name, Policy=document(statement))
    role = make_service_role(
        cloud, OTHER, service="events.amazonaws.com", statements=[allow("events:PutEvents", on=bus)]
    )
    source, client = unique("source"), cloud.clients.client("events", OTHER)
    rule = make_rule(cloud, OTHER, {"source": [source]}, {"Arn": bus, "RoleArn": role})
    entry = {"Source": source, "DetailType": "x", "Detail": "{}"}
    with guardrail(cloud, OTHER, deny("events:PutEvents", on=bus)):
        client.put_events(Entries=[entry])
        (lost,) = wait_for(lambda: [one.reason for one in cloud.bridge.lost if one.event["source"] == source])
    assert "explicit deny in a service control policy" in lost
    assert rule
