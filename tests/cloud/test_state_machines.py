"""State machines that run: their tasks are packaged functions, their role is checked, their names count."""

import datetime as dt
import json
import re
import time

import pytest
from botocore.exceptions import ClientError

from tests.cloud.tools import make_function, make_role, unique, wait_for

pytestmark = pytest.mark.cloud
ACCOUNT = "222222222222"

CODE = """
import os, time
calls = 0

def handler(event, context):
    global calls
    calls += 1
    if event.get("do") == "raise":
        raise ValueError("it broke")
    if event.get("do") == "flaky" and calls < event["from_call"]:
        raise RuntimeError("not yet")
    while event.get("do") == "wait" and not os.path.exists(event["for"]):
        time.sleep(0.01)
    return {"calls": calls, "event": event}
"""


@pytest.fixture(scope="module")
def sfn(cloud):
    return cloud.clients.client("stepfunctions", ACCOUNT)


@pytest.fixture
def function(cloud):
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{make_function(cloud, ACCOUNT, CODE)}"


@pytest.fixture
def machine(cloud, sfn):
    """Makes a machine that may invoke the functions named."""

    def make(states, *functions, start="A", **options):
        allowed = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": list(functions)}
        role = make_role(
            cloud, ACCOUNT, service="states.amazonaws.com", statements=[allowed] if functions else None
        )
        definition = json.dumps({"StartAt": start, "States": states, **options})
        return sfn.create_state_machine(name=unique("machine"), definition=definition, roleArn=role)[
            "stateMachineArn"
        ]

    return make


def task(function, **more):
    return {"Type": "Task", "Resource": function, **({"End": True} if "Next" not in more else {}), **more}


def end_of(sfn, execution):
    def ended():
        described = sfn.describe_execution(executionArn=execution)
        return described if described["status"] != "RUNNING" else None

    return wait_for(ended)


def run(sfn, machine, document=None, **more):
    started = sfn.start_execution(stateMachineArn=machine, input=json.dumps(document or {}), **more)
    return end_of(sfn, started["executionArn"])


RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2}]


def test_a_task_gives_its_parameters_to_the_function_and_its_result_to_the_next_state(sfn, machine, function):
    states = {
        "A": task(function, Parameters={"run.$": "$", "name.$": "$$.Execution.Name"}, Next="B"),
        "B": {"Type": "Pass", "Parameters": {"seen.$": "$.event.run.x"}, "ResultPath": "$.b", "End": True},
    }
    ended = run(sfn, machine(states, function), {"x": 7}, name=unique("run"))
    output = json.loads(ended["output"])
    assert ended["status"] == "SUCCEEDED"
    assert output["event"] == {"run": {"x": 7}, "name": ended["name"]}
    assert output["b"] == {"seen": 7}
    assert ended["stopDate"] >= ended["startDate"]


def test_lambda_invoke_gives_the_whole_response(sfn, machine, function):
    parameters = {"FunctionName": function, "Payload.$": "$"}
    states = {
        "A": task("arn:aws:states:::lambda:invoke", Parameters=parameters, OutputPath="$.Payload.event")
    }
    ended = run(sfn, machine(states, function), {"x": 1})
    assert json.loads(ended["output"]) == {"x": 1}


def test_a_choice_and_a_wait_and_the_ends(sfn, machine):
    choices = [
        {"Variable": "$.next", "StringEquals": "wait", "Next": "W"},
        {"Variable": "$.next", "StringEquals": "fail", "Next": "F"},
    ]
    states = {
        "A": {"Type": "Choice", "Choices": choices, "Default": "S"},
        "W": {"Type": "Wait", "Seconds": 60, "Next": "S"},
        "S": {"Type": "Succeed"},
        "F": {"Type": "Fail", "Error": "Rollcall.Failed", "Cause": "told to"},
    }
    arn = machine(states)
    waited, failed = run(sfn, arn, {"next": "wait"}), run(sfn, arn, {"next": "fail"})
    assert waited["status"] == "SUCCEEDED"
    assert 0.5 < (waited["stopDate"] - waited["startDate"]).total_seconds() < 60
    assert (failed["status"], failed["error"], failed["cause"]) == ("FAILED", "Rollcall.Failed", "told to")


def test_a_task_is_tried_again_until_it_succeeds(sfn, machine, function):
    arn = machine({"A": task(function, Retry=RETRY)}, function)
    ended = run(sfn, arn, {"do": "flaky", "from_call": 4})
    assert json.loads(ended["output"])["calls"] == 4


def test_a_task_that_is_given_up_is_caught_with_its_error_beside_the_input(sfn, machine, function):
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failed.observe", "Next": "S"}]
    states = {"A": task(function, Next="S", Retry=RETRY, Catch=catch), "S": {"Type": "Succeed"}}
    ended = run(sfn, machine(states, function), {"do": "raise", "failed": {"prepare": 1}})
    output = json.loads(ended["output"])
    assert output["failed"]["prepare"] == 1
    assert output["failed"]["observe"]["Error"] == "ValueError"
    assert json.loads(output["failed"]["observe"]["Cause"])["errorMessage"] == "it broke"
    history = sfn.get_execution_history(executionArn=ended["executionArn"])["events"]
    assert sum(event["type"] == "LambdaFunctionFailed" for event in history) == 4
    assert (history[0]["type"], history[-1]["type"]) == ("ExecutionStarted", "ExecutionSucceeded")


def test_a_role_that_may_not_invoke_fails_the_task(sfn, machine, function):
    ended = run(sfn, machine({"A": task(function)}))
    assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert "is not authorized to perform: lambda:InvokeFunction" in ended["cause"]


def test_a_function_that_is_gone_fails_the_task(sfn, machine):
    gone = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:gone"
    ended = run(sfn, machine({"A": task(gone)}, gone))
    assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.ResourceNotFoundException")


def test_a_role_that_does_not_trust_step_functions_makes_no_machine(cloud, sfn):
    role = make_role(cloud, ACCOUNT, service="lambda.amazonaws.com")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    with pytest.raises(ClientError, match="Neither the global service principal"):
        sfn.create_state_machine(name=unique("machine"), definition=definition, roleArn=role)


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ({"A": {"Type": "Pass", "Next": "B"}}, "Missing 'Next' target: B at /States/A/Next"),
        ({"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}, 'State \\"B\\" is not reachable|State "B"'),
        ({"A": {"Type": "Pass", "End": True, "ResultPth": "$"}}, "'ResultPth' is not supported"),
        ({"A": {"Type": "Map", "End": True}}, "no state of type Map is known"),
        ({"A": {"Type": "Pass"}}, "either 'Next' or 'End'"),
        ({"A": task("arn:aws:states:::sqs:sendMessage")}, "sqs:sendMessage is not known"),
    ],
)
def test_a_definition_that_makes_no_sense_or_is_not_modelled_is_refused(machine, states, told):
    with pytest.raises(ClientError, match=told) as refused:
        machine(states)
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"


def test_a_name_runs_once_with_one_input(sfn, machine):
    arn, name = machine({"A": {"Type": "Wait", "Seconds": 300, "End": True}}), unique("run")
    first = sfn.start_execution(stateMachineArn=arn, name=name, input='{"x":1}')
    again = sfn.start_execution(stateMachineArn=arn, name=name, input='{"x":1}')
    assert (again["executionArn"], again["startDate"]) == (first["executionArn"], first["startDate"])
    with pytest.raises(sfn.exceptions.ExecutionAlreadyExists):
        sfn.start_execution(stateMachineArn=arn, name=name, input='{"x":2}')
    sfn.stop_execution(executionArn=first["executionArn"])
    with pytest.raises(sfn.exceptions.ExecutionAlreadyExists):
        sfn.start_execution(stateMachineArn=arn, name=name, input='{"x":1}')


def test_without_a_name_every_start_is_another_execution(sfn, machine):
    arn = machine({"A": {"Type": "Succeed"}})
    ended = [run(sfn, arn)["executionArn"] for _ in range(2)]
    listed = sfn.list_executions(stateMachineArn=arn)["executions"]
    assert [execution["executionArn"] for execution in listed] == ended[::-1]
    assert {execution["status"] for execution in listed} == {"SUCCEEDED"}


def test_lists_are_read_page_by_page(sfn, machine):
    arn = machine({"A": {"Type": "Succeed"}})
    ended = {run(sfn, arn)["executionArn"] for _ in range(3)}
    pages = list(sfn.get_paginator("list_executions").paginate(stateMachineArn=arn, maxResults=2))
    assert [len(page["executions"]) for page in pages] == [2, 1]
    assert {execution["executionArn"] for page in pages for execution in page["executions"]} == ended
    assert not sfn.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]


def test_a_stopped_execution_is_aborted_at_once_and_stays_so(sfn, machine, function, tmp_path):
    states = {"A": task(function, Next="B"), "B": {"Type": "Pass", "End": True}}
    arn = machine(states, function)
    signal = tmp_path / "go on"
    document = json.dumps({"do": "wait", "for": str(signal)})
    execution = sfn.start_execution(stateMachineArn=arn, input=document)["executionArn"]
    sfn.stop_execution(executionArn=execution, error="Operator", cause="enough")
    stopped = sfn.describe_execution(executionArn=execution)
    assert (stopped["status"], stopped["error"], stopped["cause"]) == ("ABORTED", "Operator", "enough")
    signal.touch()

    def history():
        events = sfn.get_execution_history(executionArn=execution, reverseOrder=True)["events"]
        return [event["type"] for event in events]

    wait_for(lambda: history()[0] == "ExecutionAborted")
    assert "PassStateEntered" not in history()
    assert sfn.describe_execution(executionArn=execution)["status"] == "ABORTED"


def test_an_execution_may_be_stopped_at_any_moment(sfn, machine, function):
    arn = machine({"A": task(function, Next="B"), "B": {"Type": "Pass", "End": True}}, function)
    stopped = []
    for number in range(20):
        started = sfn.start_execution(stateMachineArn=arn, input="{}")
        time.sleep(number / 4000)  # the moment differs: before, in and between the steps of a state
        sfn.stop_execution(executionArn=started["executionArn"])
        stopped.append(started["executionArn"])

    def last(execution):
        events = sfn.get_execution_history(executionArn=execution, reverseOrder=True)["events"]
        return events[0]["type"]

    ends = {"ABORTED": "ExecutionAborted", "SUCCEEDED": "ExecutionSucceeded"}
    for execution in stopped:
        status = sfn.describe_execution(executionArn=execution)["status"]
        wait_for(lambda execution=execution, end=ends[status]: last(execution) == end, seconds=60)


def test_a_machine_that_takes_too_long_times_out(sfn, machine):
    ended = run(sfn, machine({"A": {"Type": "Wait", "Seconds": 1000, "End": True}}, TimeoutSeconds=1))
    assert ended["status"] == "TIMED_OUT"
    assert ended["stopDate"]


def test_only_what_the_deployed_role_of_a_caller_allows(cloud, machine):
    arn = machine({"A": {"Type": "Succeed"}})
    allowed = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": arn}
    code = """
import boto3

def handler(event, context):
    client = boto3.client("stepfunctions")
    try:
        getattr(client, event["operation"])(stateMachineArn=event["arn"])
        return "done"
    except client.exceptions.ClientError as error:
        return str(error)
"""
    role = make_role(cloud, ACCOUNT, service="lambda.amazonaws.com", statements=[allowed])
    name = make_function(cloud, ACCOUNT, code, Role=role)
    functions = cloud.clients.client("lambda", ACCOUNT)

    def call(operation):
        event = json.dumps({"operation": operation, "arn": arn})
        return json.loads(functions.invoke(FunctionName=name, Payload=event)["Payload"].read())

    assert call("start_execution") == "done"
    assert "not authorized to perform: states:ListExecutions" in call("list_executions")


def test_the_context_names_execution_input_and_start(sfn, machine, function):
    parameters = {
        "operation": "begin",
        "input.$": "$$.Execution.Input",
        "execution.$": "$$.Execution.Name",
        "started.$": "$$.Execution.StartTime",
        "try.$": "$$.State.RetryCount",
    }
    states = {
        "A": {
            "Type": "Pass",
            "InputPath": "$$.Execution.Name",
            "ResultPath": "$.execution",
            "Next": "B",
        },
        "B": task(function, Parameters=parameters),
    }
    ended = run(sfn, machine(states, function), {"x": 1}, name=unique("run"))
    event = json.loads(ended["output"])["event"]
    assert (event["input"], event["execution"], event["try"]) == ({"x": 1}, ended["name"], 0)
    started = dt.datetime.fromisoformat(event["started"])
    assert abs(started - ended["startDate"]) < dt.timedelta(milliseconds=1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["started"])


def test_an_execution_ends_when_its_time_is_over(sfn, machine):
    """A second, on the clock on which the wait takes all of its six."""
    states = {"A": {"Type": "Wait", "Seconds": 6, "Next": "B"}, "B": {"Type": "Pass", "End": True}}
    ended = run(sfn, machine(states, TimeoutSeconds=1))
    assert ended["status"] == "TIMED_OUT"
    history = sfn.get_execution_history(executionArn=ended["executionArn"])["events"]
    assert "ExecutionTimedOut" in {event["type"] for event in history}
    assert run(sfn, machine(states, TimeoutSeconds=60))["status"] == "SUCCEEDED"


def test_what_is_too_large_is_caught_by_its_name_only(cloud, sfn, machine):
    code = "def handler(event, context): return 'x' * 300_000"
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{make_function(cloud, ACCOUNT, code)}"

    def caught(error):
        catch = [{"ErrorEquals": [error], "Next": "B"}]
        return run(sfn, machine({"A": task(function, Catch=catch), "B": {"Type": "Succeed"}}, function))

    assert (caught("States.ALL")["status"], caught("States.ALL")["error"]) == (
        "FAILED",
        "States.DataLimitExceeded",
    )
    assert caught("States.DataLimitExceeded")["status"] == "SUCCEEDED"


@pytest.mark.parametrize("names", [[["States.ALL"], ["X"]], [["States.ALL", "X"]], [[]]])
def test_a_wildcard_of_errors_stands_alone_and_last(sfn, machine, function, names):
    retry = [{"ErrorEquals": listed} for listed in names]
    with pytest.raises(sfn.exceptions.InvalidDefinition, match=r"ErrorEquals|States\.ALL"):
        machine({"A": task(function, Retry=retry)}, function)


def test_without_reserved_concurrency_a_task_is_throttled(cloud, sfn, machine, function):
    client = cloud.clients.client("lambda", ACCOUNT)
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.invoke(FunctionName=function)
    ended = run(sfn, machine({"A": task(function)}, function))
    assert (ended["status"], ended["error"]) == ("FAILED", "Lambda.TooManyRequestsException")
    client.delete_function_concurrency(FunctionName=function)
    assert run(sfn, machine({"A": task(function)}, function))["status"] == "SUCCEEDED"
