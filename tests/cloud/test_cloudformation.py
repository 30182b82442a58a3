"""The CloudFormation of the local cloud, template by template, through boto3."""

import itertools
import json

import pytest
from botocore.exceptions import ClientError

from localcloud.aws.published import POWERTOOLS_PARAMETER
from tests.cloud.tools import IAM

pytestmark = pytest.mark.cloud

ACCOUNT = "444455556666"
_names = (f"stack{number}" for number in itertools.count())


@pytest.fixture
def cfn(cloud):
    return cloud.clients.client("cloudformation", ACCOUNT)


@pytest.fixture
def sqs(cloud):
    return cloud.clients.client("sqs", ACCOUNT)


@pytest.fixture
def name():
    return next(_names)


def queue(**properties):
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def role(trust_principal, **definition):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trust_principal}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}, **definition}


UNKNOWN = role({"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"})


def body(resources, **sections):
    return json.dumps({"Resources": resources, **sections})


def create(cfn, name, resources, **sections):
    cfn.create_stack(StackName=name, Capabilities=IAM, TemplateBody=body(resources, **sections))
    return described(cfn, name)


def update(cfn, name, resources, **sections):
    cfn.update_stack(StackName=name, Capabilities=IAM, TemplateBody=body(resources, **sections))
    return described(cfn, name)


def described(cfn, name):
    return cfn.describe_stacks(StackName=name)["Stacks"][0]


def outputs(cfn, name):
    return {output["OutputKey"]: output["OutputValue"] for output in described(cfn, name)["Outputs"]}


def physical_ids(cfn, name):
    resources = cfn.describe_stack_resources(StackName=name)["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}


def queues(sqs, prefix):
    urls = sqs.list_queues(QueueNamePrefix=prefix).get("QueueUrls", [])
    return sorted(url.rsplit("/", 1)[1] for url in urls)


def timeout(sqs, url):
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return attributes["VisibilityTimeout"]


def test_an_unknown_type_is_refused_by_name_and_leaves_no_stack(cfn, name):
    with pytest.raises(ClientError, match="AWS::Foo::Bar"):
        create(cfn, name, {"A": queue(), "B": {"Type": "AWS::Foo::Bar"}})
    with pytest.raises(ClientError, match=f"Stack with id {name} does not exist"):
        described(cfn, name)


def test_a_rule_that_does_not_hold_is_refused_and_leaves_no_stack(cfn, name):
    never = {"Assert": {"Fn::Equals": ["a", "b"]}, "AssertDescription": "not like this"}
    other = {"RuleCondition": {"Fn::Contains": [["x"], "y"]}, "Assertions": [never]}
    create(cfn, name, {"A": queue()}, Rules={"Other": other})
    template = {"Resources": {"A": queue()}, "Rules": {"Example": {"Assertions": [never]}}}
    for call, more in (
        (cfn.create_stack, {}),
        (cfn.create_change_set, {"ChangeSetName": "c", "ChangeSetType": "CREATE"}),
    ):
        with pytest.raises(ClientError, match="not like this"):
            call(
                StackName=f"{name}-2",
                Capabilities=IAM,
                TemplateBody=json.dumps(template),
                **more,
            )
    with pytest.raises(ClientError, match="does not exist"):
        described(cfn, f"{name}-2")


def test_a_property_that_no_row_knows_fails_the_stack_by_name(cfn, name):
    stack = create(cfn, name, {"A": queue(Colour="red")})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "unsupported properties: Colour" in stack["StackStatusReason"]


def test_a_nested_property_that_the_api_refuses_fails_the_stack(cfn, name):
    bus = {"Type": "AWS::Events::EventBus", "Properties": {"Name": f"{name}-bus"}}
    target = {"Id": "T", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", "Speed": 3}
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {"EventBusName": {"Ref": "B"}, "EventPattern": {"source": ["x"]}, "Targets": [target]},
    }
    stack = create(cfn, name, {"B": bus, "R": rule})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Speed" in stack["StackStatusReason"]


def test_a_failing_resource_rolls_back_what_was_made(cfn, sqs, name):
    stack = create(cfn, name, {"A": queue(QueueName=f"{name}-a"), "B": UNKNOWN | {"DependsOn": "A"}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "[B]. Invalid principal in policy" in stack["StackStatusReason"]
    assert queues(sqs, name) == []
    failed = [
        (event["LogicalResourceId"], event["ResourceStatus"])
        for event in cfn.describe_stack_events(StackName=name)["StackEvents"]
    ]
    assert failed[0] == (name, "ROLLBACK_COMPLETE")
    assert ("B", "CREATE_FAILED") in failed
    assert ("A", "DELETE_COMPLETE") in failed


def test_a_resource_that_fails_half_way_is_deleted(cloud, cfn, name):
    bad = role({"Service": "lambda.amazonaws.com"})
    bad["Properties"] |= {
        "RoleName": f"{name}-half",
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchThing"],
    }
    assert create(cfn, name, {"A": bad})["StackStatus"] == "ROLLBACK_COMPLETE"
    iam = cloud.clients.client("iam", ACCOUNT)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=f"{name}-half")


def test_a_failing_update_brings_back_what_was_there(cfn, sqs, name):
    create(cfn, name, {"A": queue(VisibilityTimeout=40)})
    before = physical_ids(cfn, name)
    after = {
        "A": queue(VisibilityTimeout=50),
        "C": queue(QueueName=f"{name}-c"),
        "B": UNKNOWN | {"DependsOn": ["A", "C"]},
    }
    stack = update(cfn, name, after)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert physical_ids(cfn, name) == before
    assert timeout(sqs, before["A"]) == "40"
    assert queues(sqs, f"{name}-c") == []
    assert update(cfn, name, {"A": queue(VisibilityTimeout=60)})["StackStatus"] == "UPDATE_COMPLETE"
    assert timeout(sqs, before["A"]) == "60"


def test_a_trust_policy_may_name_a_role_that_exists_in_another_account(cloud, cfn, name):
    other = cloud.clients.client("iam", "666677778888")
    trust = json.dumps(role({"AWS": ACCOUNT})["Properties"]["AssumeRolePolicyDocument"])
    trusted = other.create_role(RoleName=f"{name}-trusted", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    assert create(cfn, name, {"A": role({"AWS": trusted})})["StackStatus"] == "CREATE_COMPLETE"


def test_a_fixed_property_replaces_and_the_old_one_goes(cfn, sqs, name):
    create(cfn, name, {"A": queue(QueueName=f"{name}-old")})
    update(cfn, name, {"A": queue(QueueName=f"{name}-new")})
    assert queues(sqs, name) == [f"{name}-new"]
    assert physical_ids(cfn, name)["A"].endswith(f"{name}-new")


def test_a_replacement_must_not_keep_a_given_name(cloud, cfn, name):
    trusted = role({"Service": "lambda.amazonaws.com"})
    trusted["Properties"]["RoleName"] = f"{name}-role"
    create(cfn, name, {"A": trusted})
    trusted["Properties"]["Path"] = "/other/"
    stack = update(cfn, name, {"A": trusted})
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "rename" in stack["StackStatusReason"]
    assert cloud.clients.client("iam", ACCOUNT).get_role(RoleName=f"{name}-role")["Role"]["Path"] == "/"


@pytest.mark.parametrize(
    ("policy", "after"),
    [("DeletionPolicy", {"B": queue()}), ("UpdateReplacePolicy", {"A": "renamed", "B": queue()})],
)
def test_retained_resources_stay(cfn, sqs, name, policy, after):
    kept = queue(QueueName=f"{name}-kept")
    create(cfn, name, {"A": kept | {policy: "Retain"}, "B": queue()})
    if "A" in after:
        after = after | {"A": queue(QueueName=f"{name}-renamed") | {policy: "Retain"}}
    update(cfn, name, after)
    assert f"{name}-kept" in queues(sqs, name)


def test_a_removed_resource_goes(cfn, sqs, name):
    create(cfn, name, {"A": queue(QueueName=f"{name}-a"), "B": queue(QueueName=f"{name}-b")})
    update(cfn, name, {"A": queue(QueueName=f"{name}-a")})
    assert queues(sqs, name) == [f"{name}-a"]
    assert list(physical_ids(cfn, name)) == ["A"]


def test_a_property_that_is_removed_returns_to_its_default(cfn, sqs, name):
    dead = {"deadLetterTargetArn": {"Fn::GetAtt": ["D", "Arn"]}, "maxReceiveCount": 3}
    create(cfn, name, {"A": queue(VisibilityTimeout=99, RedrivePolicy=dead), "D": queue()})
    url = physical_ids(cfn, name)["A"]
    assert "RedrivePolicy" in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert update(cfn, name, {"A": queue(), "D": queue()})["StackStatus"] == "UPDATE_COMPLETE"
    assert physical_ids(cfn, name)["A"] == url
    assert timeout(sqs, url) == "30"
    assert not sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"].get(
        "RedrivePolicy"
    )


def test_a_dependant_follows_the_replacement_of_what_it_refers_to(cfn, sqs, name):
    def resources(dead_name):
        dead = {"deadLetterTargetArn": {"Fn::GetAtt": "D.Arn"}, "maxReceiveCount": 3}
        return {"A": queue(RedrivePolicy=dead), "D": queue(QueueName=dead_name)}

    create(cfn, name, resources(f"{name}-one"))
    update(cfn, name, resources(f"{name}-two"))
    answer = sqs.get_queue_attributes(QueueUrl=physical_ids(cfn, name)["A"], AttributeNames=["RedrivePolicy"])
    assert json.loads(answer["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"].endswith(f":{name}-two")


def test_an_update_without_changes_is_refused(cfn, name):
    create(cfn, name, {"A": queue()})
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        update(cfn, name, {"A": queue()})


def test_a_name_is_taken_once(cfn, name):
    create(cfn, name, {"A": queue()})
    with pytest.raises(ClientError, match="AlreadyExists"):
        create(cfn, name, {"A": queue()})


def test_a_circle_of_references_is_refused(cfn, name):
    circle = {"A": queue(QueueName={"Ref": "B"}), "B": queue(QueueName={"Ref": "A"})}
    with pytest.raises(ClientError, match=r"Circular dependency between resources: \[A, B\]"):
        create(cfn, name, circle)


@pytest.mark.parametrize(
    "resource",
    [
        queue(QueueName={"Fn::Sub": "x-${Nothing}"}),
        queue(QueueName={"Ref": "Nothing"}),
        queue(QueueName={"Fn::GetAtt": ["Nothing", "Arn"]}),
        {**queue(), "DependsOn": "Nothing"},
    ],
)
def test_an_unresolved_reference_is_refused_with_its_name_and_leaves_no_stack(cfn, name, resource):
    with pytest.raises(ClientError, match=r"Unresolved resource dependencies \[Nothing\]"):
        create(cfn, name, {"A": resource})
    with pytest.raises(ClientError, match="does not exist"):
        described(cfn, name)


def test_expressions(cfn, name):
    parameters = {
        "Stage": {"Type": "String", "Default": "test", "AllowedValues": ["test", "live"]},
        "Many": {"Type": "CommaDelimitedList", "Default": "a,b,c"},
        "Layer": {
            "Type": "AWS::SSM::Parameter::Value<String>",
            "Default": POWERTOOLS_PARAMETER,
        },
    }
    conditions = {
        "Live": {"Fn::Equals": [{"Ref": "Stage"}, "live"]},
        "Test": {"Fn::Not": [{"Condition": "Live"}]},
        "Both": {"Fn::And": [{"Condition": "Live"}, {"Condition": "Test"}]},
        "Any": {"Fn::Or": [{"Condition": "Live"}, {"Condition": "Test"}]},
    }
    values = {
        "Joined": {"Fn::Join": ["-", {"Ref": "Many"}]},
        "Selected": {"Fn::Select": [1, {"Fn::Split": ["/", "x/y/z"]}]},
        "Mapped": {"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "cpu"]},
        "Substituted": {
            "Fn::Sub": ["${AWS::AccountId}.${!Literal}.${Own}.${A.QueueName}", {"Own": {"Ref": "Stage"}}]
        },
        "Chosen": {"Fn::If": ["Live", {"Ref": "OnlyLive"}, {"Fn::If": ["Any", "any", "none"]}]},
        "Refused": {"Fn::If": ["Both", "both", "not both"]},
        "Layer": {"Ref": "Layer"},
    }
    create(
        cfn,
        name,
        {
            "A": queue(QueueName=f"{name}-a", DelaySeconds={"Fn::If": ["Live", 5, {"Ref": "AWS::NoValue"}]}),
            "OnlyLive": queue() | {"Condition": "Live"},
        },
        Parameters=parameters,
        Conditions=conditions,
        Mappings={"Sizes": {"test": {"cpu": "1"}, "live": {"cpu": "2"}}},
        Outputs={key: {"Value": value} for key, value in values.items()}
        | {"Never": {"Condition": "Live", "Value": {"Ref": "OnlyLive"}}},
    )
    layer = outputs(cfn, name).pop("Layer")
    assert layer.startswith(
        "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:"
    )
    assert outputs(cfn, name) == {
        "Joined": "a-b-c",
        "Selected": "y",
        "Mapped": "1",
        "Substituted": f"{ACCOUNT}.${{Literal}}.test.{name}-a",
        "Chosen": "any",
        "Refused": "not both",
        "Layer": layer,
    }
    assert list(physical_ids(cfn, name)) == ["A"]


def test_an_unknown_function_is_refused_by_name(cfn, name):
    stack = create(cfn, name, {"A": queue(QueueName={"Fn::Cidr": ["10.0.0.0/8", 1, 8]})})
    assert "Fn::Cidr" in stack["StackStatusReason"]


def test_a_change_set_tells_what_it_would_do_and_does_it(cfn, sqs, name):
    create(
        cfn, name, {"A": queue(QueueName=f"{name}-a"), "B": queue(), "C": queue(DelaySeconds=1), "D": queue()}
    )
    after = {
        "A": queue(QueueName=f"{name}-renamed"),
        "B": queue(DelaySeconds=2),
        "D": queue(),
        "E": queue(),
    }
    cfn.create_change_set(StackName=name, ChangeSetName="next", Capabilities=IAM, TemplateBody=body(after))
    change_set = cfn.describe_change_set(StackName=name, ChangeSetName="next")
    changes = [change["ResourceChange"] for change in change_set["Changes"]]
    assert sorted((c["LogicalResourceId"], c["Action"]) for c in changes) == [
        ("A", "Modify"),
        ("B", "Modify"),
        ("C", "Remove"),
        ("E", "Add"),
    ]
    assert queues(sqs, f"{name}-renamed") == []
    cfn.execute_change_set(StackName=name, ChangeSetName="next")
    assert described(cfn, name)["StackStatus"] == "UPDATE_COMPLETE"
    assert sorted(physical_ids(cfn, name)) == ["A", "B", "D", "E"]


def test_a_change_set_that_reverts_drift_brings_back_what_was_changed_or_deleted(cfn, sqs, name):
    template = {part: queue(QueueName=f"{name}-{part}", DelaySeconds=1) for part in ("changed", "deleted")}
    create(cfn, name, template)
    changed, deleted = (sqs.get_queue_url(QueueName=f"{name}-{part}")["QueueUrl"] for part in template)
    sqs.set_queue_attributes(QueueUrl=changed, Attributes={"DelaySeconds": "9"})
    sqs.delete_queue(QueueUrl=deleted)
    same = {"StackName": name, "ChangeSetName": "same", "TemplateBody": body(template)}
    cfn.create_change_set(**same)
    assert cfn.describe_change_set(StackName=name, ChangeSetName="same")["Status"] == "FAILED"
    cfn.delete_change_set(StackName=name, ChangeSetName="same")
    cfn.create_change_set(**same, DeploymentMode="REVERT_DRIFT")
    cfn.execute_change_set(StackName=name, ChangeSetName="same")
    assert described(cfn, name)["StackStatus"] == "UPDATE_COMPLETE"
    delays = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]) for url in (changed, deleted)]
    assert [delay["Attributes"]["DelaySeconds"] for delay in delays] == ["1", "1"]


def test_a_change_set_without_changes_fails_and_cannot_be_executed(cfn, name):
    create(cfn, name, {"A": queue()})
    cfn.create_change_set(
        StackName=name,
        ChangeSetName="same",
        Capabilities=IAM,
        TemplateBody=body({"A": queue()}),
    )
    change_set = cfn.describe_change_set(StackName=name, ChangeSetName="same")
    assert change_set["Status"] == "FAILED"
    assert change_set["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        cfn.execute_change_set(StackName=name, ChangeSetName="same")
    cfn.delete_change_set(StackName=name, ChangeSetName="same")
    with pytest.raises(ClientError, match="ChangeSetNotFound"):
        cfn.describe_change_set(StackName=name, ChangeSetName="same")


def test_deleting_a_stack_deletes_its_resources_and_says_what_resists(cloud, cfn, sqs, name):
    s3 = cloud.clients.client("s3", ACCOUNT)
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"{name}-bucket"}}
    create(cfn, name, {"A": queue(QueueName=f"{name}-a"), "B": bucket})
    s3.put_object(Bucket=f"{name}-bucket", Key="k", Body=b"x")
    cfn.delete_stack(StackName=name)
    assert described(cfn, name)["StackStatus"] == "DELETE_FAILED"
    assert "[B]" in described(cfn, name)["StackStatusReason"]
    assert queues(sqs, name) == []
    s3.delete_object(Bucket=f"{name}-bucket", Key="k")
    stack_id = described(cfn, name)["StackId"]
    cfn.delete_stack(StackName=name)
    assert described(cfn, stack_id)["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="does not exist"):
        described(cfn, name)


def test_a_missing_property_fails_its_resource(cfn, name):
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "index.handler"}}
    stack = create(cfn, name, {"A": function})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "[A]" in stack["StackStatusReason"]
    assert "'Code'" in stack["StackStatusReason"]


def test_a_malformed_expression_fails_its_resource(cfn, name):
    stack = create(cfn, name, {"A": queue(QueueName={"Fn::Select": [7, ["a"]]})})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Fn::Select" in stack["StackStatusReason"]


def test_what_is_not_modelled_is_refused_without_a_retry(cfn):
    with pytest.raises(ClientError) as refused:
        cfn.list_types()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_bucket_that_denies_plain_connections_can_still_be_used(cloud, cfn, name):
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"{name}-tls"}}

    def policy(**condition):
        deny = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": f"arn:aws:s3:::{name}-tls/*",
        }
        document = {"Version": "2012-10-17", "Statement": [deny | condition]}
        return {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "A"}, "PolicyDocument": document},
        }

    tls = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    create(cfn, name, {"A": bucket, "P": policy(**tls)})
    s3 = cloud.clients.client("s3", ACCOUNT)
    s3.put_object(Bucket=f"{name}-tls", Key="k", Body=b"x")
    update(cfn, name, {"A": bucket, "P": policy()})
    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden|403"):
        s3.get_object(Bucket=f"{name}-tls", Key="k")
