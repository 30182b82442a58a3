"""What several tests of the local cloud need: small functions, rules and queues of their own."""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from localcloud.functions.polling import ROLE_ACTIONS
from localcloud.messaging.queues import find_queue
from localcloud.story.cdk import ROOT
from rollcall_cli.app import app
from rollcall_cli.aws import composition

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

    from rollcall.contact.record import ContactRecord
    from tests.support.state_table import WholeStateTable

REGION = "us-east-1"
#: What a stack with roles needs.
IAM = ["CAPABILITY_NAMED_IAM"]
#: How long the slowest machine may take. It costs nothing where all goes well.
PATIENCE_SECONDS = 120.0
_numbers = itertools.count()


def unique(name: str) -> str:
    return f"{name}-{next(_numbers)}"


def wait_for(condition, *, seconds: float = PATIENCE_SECONDS):
    """The first true answer of `condition`; fails when there is none in time.

    It asks less and less often: most conditions are calls, which take longer than what they wait for.
    """
    end, pause = time.monotonic() + seconds, 0.02
    while time.monotonic() < end:
        answer = condition()
        if answer:
            return answer
        time.sleep(pause)
        pause = min(1.2 * pause, 0.25)
    raise AssertionError(f"nothing within {seconds} s")


def run(command: list[str], *, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """A command run to its end, with what it wrote."""
    return subprocess.run(  # noqa: S603 -- this interpreter, the AWS CLI and a shell, with our own arguments
        command, check=check, capture_output=True, text=True, timeout=300, **options
    )


def python_module(name: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """`python -m name` with these arguments, in the project's directory."""
    return run([sys.executable, "-m", name, *arguments], check=check, cwd=ROOT)


def run_here(environment: dict[str, str], *arguments: str) -> Result:
    """`rollcall` in this process, which is much faster than one of its own: with no other settings of AWS."""
    for kept in (composition._open_session, composition._make_boto3_client):
        kept.cache_clear()
    ours: dict[str, str | None] = {name: None for name in os.environ if name.startswith("AWS_")}
    return CliRunner().invoke(app, arguments, env=ours | environment)


def zipped(files: dict[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return archive.getvalue()


def make_role(cloud, account: str, *, service: str, statements: list[dict[str, Any]] | None = None) -> str:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    iam, name = cloud.clients.client("iam", account), unique("role")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=document)
    return role["Role"]["Arn"]


def make_function(cloud, account: str, code: str, **options: Any) -> str:
    """Create a function whose only module is `code`; gives its name."""
    name = unique("function")
    polls = {"Effect": "Allow", "Action": list(ROLE_ACTIONS), "Resource": "*"}
    role = options.pop("Role", None) or make_role(
        cloud, account, service="lambda.amazonaws.com", statements=[polls]
    )
    cloud.clients.client("lambda", account).create_function(
        FunctionName=name,
        Role=role,
        Handler="main.handler",
        Runtime="python3.13",
        Code={"ZipFile": zipped({"main.py": code})},
        **{"Timeout": 60, **options},
    )
    return name


def invoke(cloud, account: str, name: str, event: Any) -> tuple[Any, str | None]:
    """The payload, and what X-Amz-Function-Error says."""
    answer = cloud.clients.client("lambda", account).invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


def make_queue(cloud, account: str, **attributes: str) -> tuple[str, str]:
    """URL and ARN of a new queue."""
    name = unique("queue")
    url = cloud.clients.client("sqs", account).create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:{REGION}:{account}:{name}"


def admit_rule(cloud, account: str, url: str, arn: str, rule_arn: str) -> None:
    """Let one rule send to the queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    cloud.clients.client("sqs", account).set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def make_rule(
    cloud, account: str, pattern: dict[str, Any], target: dict[str, Any], bus: str = "default"
) -> str:
    """A rule with one target; gives its ARN."""
    events, name = cloud.clients.client("events", account), unique("rule")
    rule = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "target", **target}])
    return rule["RuleArn"]


def rule_to_queue(cloud, account: str, pattern: dict[str, Any], bus: str = "default") -> str:
    """A rule into a new queue that admits it; gives the queue's URL."""
    url, arn = make_queue(cloud, account)
    admit_rule(cloud, account, url, arn, make_rule(cloud, account, pattern, {"Arn": arn}, bus))
    return url


def messages(cloud, account: str, url: str) -> list[dict[str, Any]]:
    """What is visible in the queue now."""
    options = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "AttributeNames": ["All"]}
    return cloud.clients.client("sqs", account).receive_message(QueueUrl=url, **options).get("Messages", [])


def alerts(cloud) -> list[dict[str, Any]]:
    """The mails of Rollcall, whichever other topics tests of this cloud have written to."""
    return [mail for mail in cloud.mail.list_messages() if "cause" in mail["attributes"]]


def received(cloud, account: str, url: str) -> Any:
    """The body of the first message that arrives, parsed."""
    return json.loads(wait_for(lambda: messages(cloud, account, url))[0]["Body"])


def expire(url: str) -> None:
    """Show what was received and not deleted again, as when the visibility timeout of the queue has passed.

    Time would do that as well, but not before a slow machine has done what it does with the message.
    """
    for message in list(_find(url)._messages):
        message.change_visibility(0)


def forget(url: str) -> None:
    """Empty the queue, however recently that was done: SQS allows it once a minute."""
    queue = _find(url)
    queue._messages.clear()
    queue.pending_messages.clear()


def _find(url: str) -> Any:
    *_, account, name = url.split("/")
    return find_queue(f"arn:aws:sqs:{REGION}:{account}:{name}")


def outlive_workers(state: WholeStateTable, *, of: Callable[[ContactRecord], bool]) -> None:
    """As if so much time had passed that the workers of these open intents are surely gone."""
    for record in filter(of, state.list_pending()):
        if record.intent is not None:
            gone = replace(record.intent, until=record.intent.opened_at)
            assert state.save(replace(record, intent=gone), at=datetime.now(UTC))


def ended_by(process: subprocess.Popen[Any], signal_number: int) -> None:
    """End a process that a fixture has started, whatever state the tests have left it in."""
    if process.poll() is None:
        process.send_signal(signal_number)
    try:
        process.wait(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
