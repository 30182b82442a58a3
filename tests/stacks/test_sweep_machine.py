"""The sweep's state machine, run from the template: it goes where the run says, and around what fails."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from rollcall.sweep.run import Step
from tests.stacks.template import arn
from tests.support.clients import client_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.stacks.template import Template

FUNCTION = "arn:aws:lambda:us-east-1:333333333333:function:"
ACCOUNT = "123456789012"
ROLE = "arn:aws:iam::333333333333:role/machine"
#: What a run that restores drift does.
WHOLE = {
    "begin": "prepare",
    "prepare": "observe",
    "observe": "gate",
    "gate": "settle",
    "apply": "report",
    "report": "end",
}
#: One invocation, and one more for each retry.
TRIES = 5


def definition(template: Template, machine: str) -> str:
    """As CloudFormation would hand it over, with the logical ids of functions as their names."""
    text = template.one("AWS::StepFunctions::StateMachine", machine)[1]["DefinitionString"]
    parts = text["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else FUNCTION + arn(part)[1:-5] for part in parts)


class Script:
    """The functions: each step answers with the run whose next step the script names.

    A step in `broken` raises as often as it says there.
    """

    def __init__(self, following: dict[str, str], broken: dict[str, int] | None = None) -> None:
        self.following, self.broken = following, broken or {}
        self.calls: list[tuple[str, str]] = []
        self.payloads: list[dict[str, Any]] = []
        self.ending: str | None = None

    @property
    def steps(self) -> list[str]:
        return [step for _, step in self.calls]

    def __call__(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        step = payload["operation"]
        self.calls.append((function, step))
        self.payloads.append(payload)
        if self.broken.get(step, 0) > 0:
            self.broken[step] -= 1
            raise RuntimeError(f"{step} is broken")
        if step == "fail":
            return {}
        run = payload.get("run", {"id": "run", "failed": {}})
        return run | {"next": self.following[step], "ending": self.ending}


@pytest.fixture(scope="module", autouse=True)
def _parsed_once() -> Iterator[None]:
    """Moto parses a definition twice for each execution, which takes it longer than all else."""
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser  # noqa: PLC0415  # below

    with pytest.MonkeyPatch.context() as patch:
        parse = cache(AmazonStateLanguageParser.parse)
        patch.setattr(AmazonStateLanguageParser, "parse", staticmethod(parse))
        yield


@pytest.fixture
def waits() -> list[float]:
    """Seconds that each Wait state waited until now, were they not skipped."""
    return []


@pytest.fixture
def execute(
    hub: Template, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> Callable[..., dict[str, Any]]:
    """Runs a machine of the template to its end and describes the execution."""
    # They read all of moto, which takes seconds: here, and not in every worker that collects.
    from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl  # noqa: PLC0415
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils  # noqa: PLC0415
    from moto.stepfunctions.parser.asl.component.state.wait.wait_function import wait_function  # noqa: PLC0415

    def run(script: Callable[[str, dict[str, Any]], Any], asked: Any, machine: str = "SweepMachine") -> Any:
        def invoke(env: Any, parameters: dict[str, Any], **_: Any) -> None:
            function = str(parameters["FunctionName"]).removeprefix(FUNCTION)
            try:
                answer = script(function, json.loads(parameters["Payload"]))
            except RuntimeError as error:
                text = json.dumps({"errorType": "RuntimeError", "errorMessage": str(error)})
                raise lambda_eval_utils.LambdaFunctionErrorException("Unhandled", text) from error
            env.stack.append({"Payload": answer})

        monkeypatch.setattr(lambda_eval_utils, "execute_lambda_function_integration", invoke)
        monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=lambda _seconds: None))
        monkeypatch.setattr(
            wait_function.WaitFunction,
            "_wait_interval",
            lambda *_, wait_seconds, **__: waits.append(wait_seconds),
        )
        with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
            client = client_of("stepfunctions", ACCOUNT, "us-east-1")
            made = client.create_state_machine(
                name="machine", definition=definition(hub, machine), roleArn=ROLE
            )
            started = client.start_execution(
                stateMachineArn=made["stateMachineArn"], name="name", input=json.dumps(asked)
            )
            for _ in range(1000):
                found = client.describe_execution(executionArn=started["executionArn"])
                if found["status"] != "RUNNING":
                    return found
                time.sleep(0.01)
            raise AssertionError("the machine does not end")

    return run


ASKED = {"trigger": "schedule", "by": None, "plan": None}


def test_local_cloud_and_aws_take_the_definitions(hub: Template) -> None:
    from localcloud.state_machines.definitions import check_definition  # noqa: PLC0415  # same

    for machine in ("SweepMachine", "ControlMachine"):
        check_definition(definition(hub, machine))


def test_a_run_goes_through_its_steps(execute: Any) -> None:
    script = Script(WHOLE)
    found = execute(script, ASKED)
    assert found["status"] == "SUCCEEDED"
    assert script.steps == ["begin", "prepare", "observe", "gate", "apply", "report"]
    first, *others = script.payloads
    assert first["input"] == ASKED
    assert first["execution"] == "name"
    assert first["started"].startswith("20")
    assert set(first) == {"operation", "input", "execution", "started"}
    assert all(set(payload) == {"operation", "run"} for payload in others)
    assert others[-1]["run"] == {"id": "run", "failed": {}, "next": "report", "ending": None}


def test_only_the_steps_that_write_run_as_the_function_that_writes(execute: Any) -> None:
    script = Script(WHOLE)
    execute(script, ASKED)
    writing = {step for function, step in script.calls if function.startswith("Apply")}
    assert writing == {"prepare", "apply"}
    assert {step for function, step in script.calls if function.startswith("Sweep")} == set(WHOLE) - writing


def test_a_roster_that_needs_nobody_is_approved_by_control_which_is_told_the_machine(execute: Any) -> None:
    script = Script(WHOLE | {"gate": "approve", "approve": "apply"})
    assert execute(script, ASKED)["status"] == "SUCCEEDED"
    assert [step for function, step in script.calls if function.startswith("Control")] == ["approve"]
    (asked,) = [payload for payload in script.payloads if payload["operation"] == "approve"]
    assert asked["execution"].endswith(":execution:machine:name")
    assert set(asked) == {"operation", "execution", "run"}


def test_what_releases_a_contact_is_stored_by_the_role_that_writes(execute: Any) -> None:
    answer: dict[str, Any] = {"done": True, "kind": "SECURITY", "release": {"by": "alice"}}
    calls: list[tuple[str, dict[str, Any]]] = []

    def call(function: str, payload: dict[str, Any]) -> dict[str, Any]:
        calls.append((function[:5], payload))
        return answer if function.startswith("Control") else {"done": True}

    found = execute(call, {"operation": "release"}, machine="ControlMachine")
    assert json.loads(found["output"]) == {"done": True}
    assert calls[-1] == ("Apply", {"operation": "release", "answer": answer})
    # What an operator says of a release is no answer of `control`.
    calls.clear()
    answer = {"done": True}
    execute(call, {"release": {"by": "mallory"}}, machine="ControlMachine")
    assert [function for function, _ in calls] == ["Contr"]


def test_every_step_of_a_run_is_known_to_the_machine(hub: Template) -> None:
    states = json.loads(definition(hub, "SweepMachine"))["States"]
    choices = json.dumps(states["Next?"]["Choices"])
    assert not [step for step in Step if f'"StringEquals": "{step}"' not in choices]


def test_drift_is_looked_at_again_ten_seconds_after_the_gate_and_once(
    execute: Any, waits: list[float]
) -> None:
    script, waited = Script(WHOLE, {"apply": 1}), list[tuple[str, list[float]]]()
    following = iter(["apply", "report"])

    def call(function: str, payload: dict[str, Any]) -> dict[str, Any]:
        waited.append((payload["operation"], list(waits)))
        answer = script(function, payload)
        return answer | {"next": next(following)} if payload["operation"] == "apply" else answer

    assert execute(call, ASKED)["status"] == "SUCCEEDED"
    assert waited[3:] == [("gate", []), *[("apply", [10])] * 3, ("report", [10])]


def test_changes_of_a_roster_are_applied_at_once(execute: Any, waits: list[float]) -> None:
    script = Script(WHOLE | {"gate": "approve", "approve": "apply"})
    assert execute(script, ASKED)["status"] == "SUCCEEDED"
    assert waits == []


def test_a_run_loops_until_a_step_is_done(execute: Any) -> None:
    script = Script(WHOLE)
    again = iter(["observe", "observe", "gate"])
    steps = script.following | {}

    def call(function: str, payload: dict[str, Any]) -> dict[str, Any]:
        if payload["operation"] == "observe":
            script.following = steps | {"observe": next(again)}
        return script(function, payload)

    assert execute(call, ASKED)["status"] == "SUCCEEDED"
    assert script.steps.count("observe") == 3


def test_a_run_that_must_wait_begins_again_with_what_was_asked(execute: Any, waits: list[float]) -> None:
    script = Script(WHOLE | {"begin": "wait"})
    begun = iter(["wait", "wait", "report"])

    def call(function: str, payload: dict[str, Any]) -> dict[str, Any]:
        if payload["operation"] == "begin":
            script.following = WHOLE | {"begin": next(begun)}
        return script(function, payload)

    assert execute(call, ASKED)["status"] == "SUCCEEDED"
    assert (script.steps, waits) == (["begin", "begin", "begin", "report"], [60, 60])
    assert [payload["input"] for payload in script.payloads[:3]] == [ASKED] * 3
    assert len({payload["started"] for payload in script.payloads[:3]}) == 1


@pytest.mark.parametrize("machine", ["SweepMachine", "ControlMachine"])
def test_a_step_waits_for_its_turn_while_the_account_has_no_concurrency_left(
    hub: Template, machine: str
) -> None:
    states = json.loads(definition(hub, machine))["States"].values()
    tasks = [state for state in states if state["Type"] == "Task"]
    assert tasks
    for task in tasks:
        throttled, other = task["Retry"]
        assert throttled["ErrorEquals"] == ["Lambda.TooManyRequestsException"]
        waits = [
            min(2 * 2**number, throttled["MaxDelaySeconds"]) for number in range(throttled["MaxAttempts"])
        ]
        assert 300 < sum(waits) < 600, "longer than batches take, shorter than a command may"
        assert other["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize("step", WHOLE)
def test_a_step_that_fails_once_is_tried_again(execute: Any, step: str) -> None:
    script = Script(WHOLE, {step: 1})
    assert execute(script, ASKED)["status"] == "SUCCEEDED"
    assert script.steps.count(step) == 2
    assert all(not payload.get("run", {"failed": {}})["failed"] for payload in script.payloads)


@pytest.mark.parametrize(
    ("step", "after"),
    [
        ("prepare", ["observe", "gate", "apply", "report"]),
        ("observe", ["report"]),
        ("gate", ["report"]),
        ("approve", ["report"]),
        ("apply", ["report"]),
    ],
)
def test_the_rest_is_done_without_a_step_that_is_given_up_and_the_run_knows(
    execute: Any, step: str, after: list[str]
) -> None:
    whole = WHOLE | ({"gate": "approve", "approve": "apply"} if step == "approve" else {})
    script = Script(whole, {step: TRIES})
    assert execute(script, ASKED)["status"] == "SUCCEEDED"
    assert script.steps[: -len(after)].count(step) == TRIES
    assert script.steps[-len(after) :] == after
    failure = script.payloads[-1]["run"]["failed"]
    assert set(failure) == {step}
    assert failure[step]["Error"] == "RuntimeError"


def test_a_run_that_cannot_begin_is_told_and_fails(execute: Any) -> None:
    script = Script(WHOLE, {"begin": TRIES})
    assert execute(script, ASKED)["status"] == "FAILED"
    assert script.steps == ["begin"] * TRIES + ["fail"]
    told = script.payloads[-1]
    assert (told["step"], told["execution"], told["input"]) == ("begin", "name", ASKED)
    assert told["failure"]["Error"] == "RuntimeError"


def test_a_run_that_cannot_report_is_told_and_fails(execute: Any) -> None:
    script = Script(WHOLE, {"report": TRIES})
    assert execute(script, ASKED)["status"] == "FAILED"
    assert script.steps[-1] == "fail"
    told = script.payloads[-1]
    assert (told["step"], told["execution"]) == ("report", "name")
    assert told["failure"]["Error"] == "RuntimeError"


def test_the_machine_fails_even_if_nobody_could_be_told(execute: Any) -> None:
    script = Script(WHOLE, {"begin": TRIES, "fail": TRIES})
    assert execute(script, ASKED)["status"] == "FAILED"
    assert script.steps == ["begin"] * TRIES + ["fail"] * TRIES


def test_a_run_that_ended_failed_fails_the_execution(execute: Any) -> None:
    script = Script(WHOLE)
    script.ending = "failed"
    assert execute(script, ASKED)["status"] == "FAILED"
    assert script.steps[-1] == "report"


def test_a_step_that_nobody_knows_fails_the_execution(execute: Any) -> None:
    assert execute(Script(WHOLE | {"gate": "elsewhere"}), ASKED)["status"] == "FAILED"


def test_a_command_is_handed_on_with_the_arn_of_its_execution(execute: Any) -> None:
    command: dict[str, Any] = {
        "operation": "pause",
        "proof": {},
        "reason": "why",
        "plan": None,
        "execution": "forged",
        "started": "forged",
    }
    given = []

    def call(function: str, payload: dict[str, Any]) -> dict[str, Any]:
        given.append((function[:7], payload))
        return {"done": True}

    found = execute(call, command, machine="ControlMachine")
    assert json.loads(found["output"]) == {"done": True}
    execution = f"arn:aws:states:us-east-1:{ACCOUNT}:execution:machine:name"
    ((function, payload),) = given
    assert function == "Control"
    started = datetime.fromisoformat(payload["started"])
    assert timedelta() <= datetime.now(UTC) - started < timedelta(minutes=5)
    assert payload == command | {"execution": execution, "started": payload["started"]}
