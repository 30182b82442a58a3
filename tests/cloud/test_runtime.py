"""Functions in processes of their own: what they are given, how they fail, and when they are started anew."""

import threading

import pytest

from localcloud.aws.published import POWERTOOLS_PARAMETER
from tests.cloud.tools import invoke, make_function, make_role, unique, wait_for, zipped

pytestmark = pytest.mark.cloud
MEMBER = "222222222222"

MANY = """
import os, time

def handler(event, context):
    what = event.get("do")
    if what == "sleep":
        time.sleep(event["seconds"])
    elif what == "meet":
        open(os.path.join(event["place"], str(os.getpid())), "w").close()
        while len(os.listdir(event["place"])) < event["number"]:
            time.sleep(0.01)
    elif what == "raise":
        raise ValueError("it broke")
    elif what == "exit":
        os._exit(7)
    elif what == "who":
        import boto3
        return boto3.client("sts").get_caller_identity()["Arn"]
    elif what == "import":
        return __import__(event["module"]).__name__
    print("ran", what)
    return {
        "pid": os.getpid(),
        "variable": os.environ.get("VARIABLE"),
        "left": context.get_remaining_time_in_millis(),
        "arn": context.invoked_function_arn,
    }
"""


@pytest.fixture(scope="module")
def function(cloud):
    return make_function(cloud, MEMBER, MANY, Timeout=60)


def run(cloud, function, **event):
    return invoke(cloud, MEMBER, function, event)


def test_the_same_process_is_used_again(cloud, function):
    first, second = run(cloud, function)[0], run(cloud, function)[0]
    assert first["pid"] == second["pid"]
    assert first["arn"] == f"arn:aws:lambda:us-east-1:{MEMBER}:function:{function}"
    assert 30_000 < first["left"] <= 60_000


def test_it_acts_as_its_role(cloud, function):
    arn, _ = run(cloud, function, do="who")
    assert arn.startswith(f"arn:aws:sts::{MEMBER}:assumed-role/role-")
    assert arn.endswith(f"/{function}")


def test_an_exception_is_the_answer(cloud, function):
    answer, error = run(cloud, function, do="raise")
    assert error == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("ValueError", "it broke")


def test_a_timeout_kills_the_process(cloud):
    function = make_function(cloud, MEMBER, MANY, Timeout=2)
    before = run(cloud, function)[0]["pid"]
    answer, error = run(cloud, function, do="sleep", seconds=300)
    assert error == "Unhandled"
    assert answer["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 2.00 seconds" in answer["errorMessage"]
    assert before not in cloud.functions.list_pids(function)
    assert run(cloud, function)[0]["pid"] != before


def test_a_crash_is_the_answer_and_the_next_invocation_works(cloud, function):
    answer, _ = run(cloud, function, do="exit")
    assert answer["errorType"] == "Runtime.ExitError"
    assert "exit status 7" in answer["errorMessage"]
    assert run(cloud, function)[1] is None


def test_invocations_at_the_same_time_get_their_own_processes(cloud, function, tmp_path):
    pids, meeting = [], {"do": "meet", "place": str(tmp_path), "number": 2}
    runs = [
        threading.Thread(target=lambda: pids.append(run(cloud, function, **meeting)[0]["pid"]))
        for _ in range(2)
    ]
    for thread in runs:
        thread.start()
    for thread in runs:
        thread.join()
    assert len(set(pids)) == 2


def test_killing_a_function_takes_its_processes(cloud, function):
    run(cloud, function)
    assert cloud.functions.kill(function) >= 1
    wait_for(lambda: not cloud.functions.list_pids(function))


def test_a_package_that_the_asset_lacks_is_missing(cloud, function):
    answer, _ = run(cloud, function, do="import", module="yaml")
    assert answer["errorType"] == "ModuleNotFoundError"


def test_powertools_are_there_only_with_their_layer(cloud, function):
    answer, _ = run(cloud, function, do="import", module="aws_lambda_powertools")
    assert answer["errorType"] == "ModuleNotFoundError"
    parameter = POWERTOOLS_PARAMETER
    layer = cloud.clients.client("ssm", MEMBER).get_parameter(Name=parameter)["Parameter"]["Value"]
    layered = make_function(cloud, MEMBER, MANY, Layers=[layer])
    assert run(cloud, layered, do="import", module="aws_lambda_powertools")[0] == "aws_lambda_powertools"


def test_an_error_while_importing_is_an_init_error(cloud):
    name = make_function(cloud, MEMBER, "import nothing_like_this\n")
    answer, error = run(cloud, name)
    assert error == "Unhandled"
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert "nothing_like_this" in answer["errorMessage"]


def test_new_code_and_a_new_environment_take_effect(cloud):
    name = make_function(cloud, MEMBER, MANY, Environment={"Variables": {"VARIABLE": "1"}})
    first = run(cloud, name)[0]
    functions = cloud.clients.client("lambda", MEMBER)
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"VARIABLE": "2"}})
    second = run(cloud, name)[0]
    assert (first["variable"], second["variable"]) == ("1", "2")
    assert first["pid"] not in cloud.functions.list_pids(name)
    code = zipped({"main.py": "def handler(event, context):\n    return 'new'\n"})
    functions.update_function_code(FunctionName=name, ZipFile=code)
    assert run(cloud, name) == ("new", None)


def test_what_it_prints_is_kept(cloud, function):
    word = unique("word")
    run(cloud, function, do=word)
    log = cloud.run_dir / "logs" / f"{function}.log"
    assert wait_for(lambda: f"ran {word}" in log.read_text())


def test_an_asynchronous_invocation_answers_at_once(cloud, function):
    word = unique("word")
    answer = cloud.clients.client("lambda", MEMBER).invoke(
        FunctionName=function, InvocationType="Event", Payload=f'{{"do": "{word}"}}'
    )
    assert answer["StatusCode"] == 202
    log = cloud.run_dir / "logs" / f"{function}.log"
    wait_for(lambda: f"ran {word}" in log.read_text())


def test_a_function_that_is_not_there_is_not_found(cloud):
    functions = cloud.clients.client("lambda", MEMBER)
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.invoke(FunctionName="nothing")


def test_an_answer_that_is_too_large_is_an_error(cloud):
    name = make_function(cloud, MEMBER, "def handler(event, context):\n    return 'x' * event\n")
    answer, error = invoke(cloud, MEMBER, name, 7_000_000)
    assert error == "Unhandled"
    assert answer["errorType"] == "Function.ResponseSizeTooLarge"
    assert invoke(cloud, MEMBER, name, 3) == ("xxx", None)


def test_a_request_that_is_too_large_or_no_json_is_refused(cloud, function):
    functions = cloud.clients.client("lambda", MEMBER)
    with pytest.raises(functions.exceptions.RequestTooLargeException):
        functions.invoke(FunctionName=function, Payload=b'"' + b"x" * 7_000_000 + b'"')
    with pytest.raises(functions.exceptions.InvalidRequestContentException):
        functions.invoke(FunctionName=function, Payload=b"{")
    assert functions.invoke(FunctionName=function, InvocationType="DryRun")["StatusCode"] == 204


def test_only_a_role_that_may_invoke_does(cloud, function):
    code = """
import boto3, json

def handler(event, context):
    client = boto3.client("lambda")
    try:
        return json.loads(client.invoke(FunctionName=event["function"])["Payload"].read())["arn"]
    except client.exceptions.ClientError as error:
        return str(error)
"""
    arn = f"arn:aws:lambda:us-east-1:{MEMBER}:function:{function}"
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn}
    service = {"service": "lambda.amazonaws.com"}
    allowed = make_role(cloud, MEMBER, **service, statements=[statement])
    one, other = (make_function(cloud, MEMBER, code, Role=role) for role in (allowed, None))
    assert invoke(cloud, MEMBER, one, {"function": function})[0] == arn
    denied = invoke(cloud, MEMBER, other, {"function": function})[0]
    assert "is not authorized to perform: lambda:InvokeFunction" in denied
