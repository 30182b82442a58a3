"""What `rollcall drill --json` saw of AWS, in `captured/`: the simulation answers the same.

To add what your organization showed, put the file of a drill there. Where it differs, change the default of
the simulation, and say so in docs/architecture.md.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rollcall.contact.record import SKEW
from rollcall.model.contact import Contact, ContactKind
from rollcall.write.look import STALE
from rollcall_cli.drill import questions
from rollcall_cli.drill.edits import DrillEdit
from rollcall_cli.drill.questions import Evidence, answer_questions
from rollcall_cli.drill.timeline import MadeEdit
from simulation import Caller
from simulation.cloudtrail import HIDDEN, ApiCall, Recorder
from simulation.errors import ApiError
from simulation.ids import Ids

CAPTURED = sorted((Path(__file__).parent / "captured").glob("*.json"))
HUB, MEMBER = "333333333333", "222222222222"
DRILL = Caller.role(MEMBER, "Admin", "drill")
VALUES = Contact(name="Rollcall drill", title="Drill", email="drill@example.com", phone="+1 206 555 0100")
#: What depends on the moment is held to what the code relies on.
SECONDS = {questions.DELIVERED, questions.LISTED, questions.STALE}


def ask_simulation(world, *, central: bool) -> dict[str, str]:
    """What a drill sees of it."""
    caller = Caller.role(HUB, "Admin", "drill") if central else DRILL
    client = world.cloud.client("account", caller)
    target = {"AlternateContactType": "SECURITY"} | ({"AccountId": MEMBER} if central else {})
    edits = (
        DrillEdit(kind=ContactKind.SECURITY, contact=VALUES),
        DrillEdit(kind=ContactKind.SECURITY, contact=None),
    )
    values = {
        "Name": VALUES.name,
        "Title": VALUES.title,
        "EmailAddress": VALUES.email,
        "PhoneNumber": VALUES.phone,
    }
    answers = [
        client.put_alternate_contact(**target, **values),
        client.delete_alternate_contact(**target),
    ]
    own = [event["detail"] for account, event in world.events if account == caller.account_id]
    made = [
        MadeEdit(
            edit=edit,
            request_id=answer["ResponseMetadata"]["RequestId"],
            incident_id="",
            at=datetime.now(UTC),
        )
        for edit, answer in zip(edits, answers, strict=True)
    ]
    restoring = Caller.role(HUB, "rollcall-reconcile", "reconcile")
    world.cloud.client("account", restoring).put_alternate_contact(**target | {"AccountId": MEMBER}, **values)
    copies = [
        event["detail"]
        for account, event in world.events
        if account == MEMBER and event["detail"]["userIdentity"]["arn"] == restoring.arn
    ]
    evidence = Evidence(
        records=list(zip(made, own, strict=False)),
        home=caller.account_id,
        copies=None if central else copies,
        reads=[read_nothing(world)],
    )
    return {one["question"]: one["observed"] for one in answer_questions(evidence)}


def read_nothing(world) -> dict[str, Any]:
    """The record of a read of a contact that is not there: the simulation sends events of writes only."""
    with pytest.raises(ClientError) as raised:
        world.cloud.client("account", DRILL).get_alternate_contact(AlternateContactType="BILLING")
    answer = raised.value.response
    error = ApiError(
        answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]
    )
    call = ApiCall(
        service="account",
        operation="GetAlternateContact",
        params={"AlternateContactType": "BILLING"},
        caller=DRILL,
        request_id="r",
        at=world.clock.now(),
        body={},
        error=error,
    )
    recorder = Recorder(ids=Ids(1), region="us-east-1", spelling="camel", redact=False)
    detail: dict[str, Any] = recorder.record_call(call, recipient=MEMBER)["detail"]
    return detail


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def test_there_is_something_captured():
    assert CAPTURED


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
def test_the_simulation_answers_as_was_captured(world, path):
    found = read(path)
    simulated = ask_simulation(world, central=found["central"])
    captured = {
        one["question"]: one["observed"]
        for one in found["questions"]
        if one["observed"] != questions.UNKNOWN and one["question"] not in SECONDS
    }
    assert len(captured) >= 6
    assert {question: simulated[question] for question in captured} == captured


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
def test_the_code_waits_as_long_as_was_captured(path):
    observed = {one["question"]: one["observed"] for one in read(path)["questions"]}
    stale = [float(one) for one in observed[questions.STALE].split(", ")]
    assert max(stale) < STALE.total_seconds()
    assert SKEW < STALE


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
def test_nothing_captured_names_anybody(path):
    text = path.read_text(encoding="utf-8")
    assert not any(mark in text for mark in ("@", "arn:", "assumed-role", "AKIA", "ASIA"))


@pytest.mark.parametrize(
    ("options", "question", "observed"),
    [
        ({"spelling": "pascal"}, questions.KEYS, "PascalCase"),
        ({"redact": True}, questions.VALUES, "name redacted, title redacted, email redacted, phone redacted"),
        ({"copies_to_target": True}, questions.COPY, "one"),
    ],
)
def test_another_answer_would_be_seen(build, options, question, observed):
    simulated = ask_simulation(build(**options), central=False)
    assert simulated[question] == observed
    assert ask_simulation(build(), central=False)[question] != observed
    assert HIDDEN not in json.dumps(simulated)
