"""Starting the sweep's machine, over moto and with refusals."""

from __future__ import annotations

import json

import pytest

from rollcall.adapters.runs import StepFunctionsMachine
from rollcall.model.errors import RetryableError
from tests.support.samples import Refusing, client_error

ASKED = {"trigger": "approval", "by": "arn:aws:iam::333333333333:user/alice", "plan": "ab" * 32}
NAME = "approval-abababababab-1795262526"


@pytest.fixture
def stepfunctions(aws):
    return aws["stepfunctions"]


@pytest.fixture
def arn(stepfunctions):
    return stepfunctions.create_state_machine(
        name="Sweep", definition="{}", roleArn="arn:aws:iam::333333333333:role/machine"
    )["stateMachineArn"]


def test_an_execution_has_the_name_and_the_input(stepfunctions, arn):
    StepFunctionsMachine(client=stepfunctions, machine_arn=arn).start(NAME, ASKED)
    (execution,) = stepfunctions.list_executions(stateMachineArn=arn)["executions"]
    assert execution["name"] == NAME
    found = stepfunctions.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(found["input"]) == ASKED


def test_one_of_the_same_name_is_the_same_one(stepfunctions, arn):
    machine = StepFunctionsMachine(client=stepfunctions, machine_arn=arn)
    machine.start(NAME, ASKED)
    machine.start(NAME, ASKED)
    machine.start(NAME, {**ASKED, "by": None})
    assert len(stepfunctions.list_executions(stateMachineArn=arn)["executions"]) == 1


def test_a_refusal_is_tried_again_and_names_its_code_alone(arn):
    client = Refusing({"start_execution": client_error("ThrottlingException")})
    machine = StepFunctionsMachine(client=client, machine_arn=arn)
    with pytest.raises(RetryableError, match=r"^the sweep could not be started: ThrottlingException$"):
        machine.start(NAME, ASKED)
