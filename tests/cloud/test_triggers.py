"""What starts state machines: schedules when told to, rules, and among their events those of stacks."""

import json
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from tests.cloud.tools import IAM, make_role, make_rule, received, rule_to_queue, unique, wait_for

pytestmark = pytest.mark.cloud
ACCOUNT = "222222222222"
SCHEDULER, EVENTS = "scheduler.amazonaws.com", "events.amazonaws.com"


@pytest.fixture(scope="module")
def sfn(cloud):
    return cloud.clients.client("stepfunctions", ACCOUNT)


@pytest.fixture(scope="module")
def cfn(cloud):
    return cloud.clients.client("cloudformation", ACCOUNT)


@pytest.fixture(scope="module")
def machine(cloud, sfn):
    """A machine that gives back its input."""
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    role = make_role(cloud, ACCOUNT, service="states.amazonaws.com")
    return sfn.create_state_machine(name=unique("machine"), definition=definition, roleArn=role)[
        "stateMachineArn"
    ]


def starter(cloud, service, machine):
    statement = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine}
    return make_role(cloud, ACCOUNT, service=service, statements=[statement])


def schedule(cloud, machine, role, **changed):
    name = unique("schedule")
    cloud.clients.client("scheduler", ACCOUNT).create_schedule(
        Name=name,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": machine, "RoleArn": role, "Input": '{"trigger": "schedule"}'},
        **{"ScheduleExpression": "rate(1 day)"} | changed,
    )
    return name


def ended(sfn, execution):
    def described():
        answer = sfn.describe_execution(executionArn=execution)
        return answer if answer["status"] == "SUCCEEDED" else None

    return wait_for(described)


def test_a_schedule_starts_its_machine_when_told_to(cloud, sfn, machine):
    name = schedule(cloud, machine, starter(cloud, SCHEDULER, machine))
    assert json.loads(ended(sfn, cloud.schedules.fire(name))["output"]) == {"trigger": "schedule"}


def test_a_schedule_is_fired_over_http(cloud, sfn, machine):
    name = schedule(cloud, machine, starter(cloud, SCHEDULER, machine))

    def fire(which):
        url = f"{cloud.endpoint}/schedules/{which}/fire"
        return json.load(urllib.request.urlopen(urllib.request.Request(url, method="POST")))  # noqa: S310 -- the local cloud's own address

    assert ended(sfn, fire(name)["executionArn"])
    with pytest.raises(urllib.error.HTTPError) as missing:
        fire("nothing")
    assert missing.value.code == 404


def test_a_schedule_that_is_disabled_or_not_there_does_not_fire(cloud, machine):
    name = schedule(cloud, machine, starter(cloud, SCHEDULER, machine), State="DISABLED")
    for which in (name, "nothing"):
        with pytest.raises(LookupError):
            cloud.schedules.fire(which)


def test_a_schedule_whose_role_may_not_start_the_machine_fails(cloud, machine):
    name = schedule(cloud, machine, make_role(cloud, ACCOUNT, service=SCHEDULER))
    with pytest.raises(Exception, match="NO_PERMISSIONS"):
        cloud.schedules.fire(name)


def test_a_schedule_with_a_role_that_does_not_trust_the_scheduler_is_refused(cloud, machine):
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role"):
        schedule(cloud, machine, starter(cloud, EVENTS, machine))


@pytest.mark.parametrize("expression", ["rate(1 days)", "rate(2 day)", "daily", "cron(0 3 * * *)"])
def test_a_schedule_that_nobody_understands_is_refused(cloud, machine, expression):
    with pytest.raises(ClientError, match="Invalid Schedule Expression"):
        schedule(cloud, machine, starter(cloud, SCHEDULER, machine), ScheduleExpression=expression)


@pytest.mark.parametrize("expression", ["rate(1 hour)", "cron(0 3 * * ? *)", "at(2027-01-01T00:00:00)"])
def test_a_schedule_that_aws_understands_is_kept(cloud, machine, expression):
    assert schedule(cloud, machine, starter(cloud, SCHEDULER, machine), ScheduleExpression=expression)


def test_a_rule_starts_its_machine_with_the_input_that_it_names(cloud, sfn, machine):
    source = unique("source")
    target = {"Arn": machine, "RoleArn": starter(cloud, EVENTS, machine), "Input": '{"trigger": "roster"}'}
    make_rule(cloud, ACCOUNT, {"source": [source]}, target)
    put_event(cloud, source)
    assert started_with(sfn, machine, lambda document: document == {"trigger": "roster"})


def test_a_rule_without_an_input_gives_the_event(cloud, sfn, machine):
    source = unique("source")
    make_rule(
        cloud, ACCOUNT, {"source": [source]}, {"Arn": machine, "RoleArn": starter(cloud, EVENTS, machine)}
    )
    put_event(cloud, source)
    assert started_with(sfn, machine, lambda document: document.get("source") == source)


def test_a_rule_whose_role_may_not_start_the_machine_loses_the_event(cloud, machine):
    source = unique("source")
    role = make_role(cloud, ACCOUNT, service=EVENTS)
    make_rule(cloud, ACCOUNT, {"source": [source]}, {"Arn": machine, "RoleArn": role})
    put_event(cloud, source)
    lost = wait_for(lambda: [lost for lost in cloud.bridge.lost if lost.event["source"] == source])
    assert "NO_PERMISSIONS" in lost[0].reason


def put_event(cloud, source):
    entry = {"Source": source, "DetailType": "T", "Detail": "{}"}
    cloud.clients.client("events", ACCOUNT).put_events(Entries=[entry])


def started_with(sfn, machine, wanted):
    def inputs():
        executions = sfn.list_executions(stateMachineArn=machine)["executions"]
        described = [sfn.describe_execution(executionArn=e["executionArn"]) for e in executions]
        return any(wanted(json.loads(d["input"])) for d in described)

    return wait_for(inputs)


MACHINE = {
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRole",
                        "Principal": {"Service": ["states.amazonaws.com", SCHEDULER]},
                        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                    }
                ],
            },
            "MaxSessionDuration": 7200,
            "Policies": [
                {
                    "PolicyName": "start",
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {"Effect": "Allow", "Action": "states:StartExecution", "Resource": "*"}
                        ],
                    },
                }
            ],
        },
    },
    "Machine": {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "DefinitionString": json.dumps(
                {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${Word}", "End": True}}}
            ),
            "DefinitionSubstitutions": {"Word": "one"},
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "TracingConfiguration": {"Enabled": True},
        },
    },
    "Daily": {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ScheduleExpression": "rate(1 day)",
            "Target": {"Arn": {"Ref": "Machine"}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}},
        },
    },
}


def body(**changes):
    resources = json.loads(json.dumps(MACHINE))
    for name, properties in changes.items():
        resources[name]["Properties"].update(properties)
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def outputs(cfn, name):
    stack = cfn.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, stack.get("StackStatusReason")
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_a_stack_makes_changes_and_takes_away_machine_and_schedule(cloud, cfn, sfn):
    name = unique("stack")
    cfn.create_stack(StackName=name, Capabilities=IAM, TemplateBody=body())
    made = outputs(cfn, name)
    assert json.loads(ended(sfn, cloud.schedules.fire(made["Daily"]))["output"]) == "one"
    role = cloud.clients.client("iam", ACCOUNT).get_role(RoleName=made["Role"])["Role"]
    assert role["MaxSessionDuration"] == 7200

    changes = {"Machine": {"DefinitionSubstitutions": {"Word": "two"}}, "Daily": {"State": "DISABLED"}}
    cfn.update_stack(StackName=name, Capabilities=IAM, TemplateBody=body(**changes))
    assert outputs(cfn, name) == made
    execution = sfn.start_execution(stateMachineArn=made["Machine"])["executionArn"]
    assert json.loads(ended(sfn, execution)["output"]) == "two"
    with pytest.raises(LookupError):
        cloud.schedules.fire(made["Daily"])

    cfn.delete_stack(StackName=name)
    with pytest.raises(sfn.exceptions.StateMachineDoesNotExist):
        sfn.describe_state_machine(stateMachineArn=made["Machine"])


def test_a_machine_that_cannot_run_fails_its_stack_by_name(cfn):
    name = unique("stack")
    wrong = {"Machine": {"DefinitionString": '{"StartAt": "A", "States": {}}'}}
    cfn.create_stack(StackName=name, Capabilities=IAM, TemplateBody=body(**wrong))
    stack = cfn.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "[Machine]" in stack["StackStatusReason"]
    assert "Missing 'StartAt' target: A" in stack["StackStatusReason"]


def test_a_status_of_a_stack_is_an_event_on_the_default_bus(cloud, cfn):
    name = unique("stack")
    pattern = {
        "source": ["aws.cloudformation"],
        "detail-type": ["CloudFormation Stack Status Change"],
        "detail": {"status-details": {"status": ["CREATE_COMPLETE"]}},
    }
    url = rule_to_queue(cloud, ACCOUNT, pattern)
    stack = cfn.create_stack(StackName=name, Capabilities=IAM, TemplateBody=body())["StackId"]
    event = received(cloud, ACCOUNT, url)
    assert event["account"] == ACCOUNT
    assert event["resources"] == [stack]
    assert event["detail"]["stack-id"] == stack
    assert event["detail"]["status-details"] == {"status": "CREATE_COMPLETE", "status-reason": ""}
