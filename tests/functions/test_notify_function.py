"""The real `notify` handler: incidents in, one message each out."""

from dataclasses import replace

import pytest

from rollcall.outcomes.documents import build_incident_document
from tests.functions.deployment import Context, assert_no_contact_details
from tests.support.samples import FOUND, INCIDENT, MANAGEMENT, NOW, Refusing, client_error


def incident(number=0, **changes):
    document = build_incident_document(
        replace(INCIDENT, id=f"RC-{number:012}"), management_account=MANAGEMENT, at=NOW
    )
    return {
        "source": "rollcall",
        "detail-type": "Rollcall Incident",
        "detail": {**(document or {}), **changes},
    }


def stages(deployment):
    return [alert["MessageAttributes"]["stage"]["Value"] for alert in deployment.alerts()]


def test_every_incident_of_a_batch_is_told(undeployed):
    for number in range(5):
        undeployed.incidents.send(incident(number))
    assert undeployed.incidents.deliver() == []
    told = {alert["MessageAttributes"]["incident"]["Value"] for alert in undeployed.alerts()}
    assert told == {f"RC-{number:012}" for number in range(5)}
    lines = [
        tuple(map(line.get, ("decision", "incident_id", "step", "channel"))) for line in undeployed.lines()
    ]
    assert all(step.startswith("closed#") for _, _, step, _ in lines)
    assert sorted(line[:2] + line[3:] for line in lines) == [
        ("send", f"RC-{number:012}", "sns") for number in range(5)
    ]


def test_the_same_incident_ten_times_is_one_message(undeployed):
    for _ in range(10):
        undeployed.incidents.send(incident())
    assert undeployed.incidents.deliver() == []
    assert stages(undeployed) == ["closed"]


def test_a_message_that_is_no_incident_harms_nobody_else_and_is_not_quoted(undeployed):
    bad = [
        undeployed.incidents.send(body)
        for body in (
            "{",
            {},
            {"detail": FOUND.as_document()},
            incident(cause=FOUND.email),
            incident(version=FOUND.name),
        )
    ]
    undeployed.incidents.send(incident())
    assert sorted(undeployed.incidents.deliver()) == sorted(bad)
    assert stages(undeployed) == ["closed"]
    errors = [line["error"] for line in undeployed.lines() if line["level"] == "WARNING"]
    assert errors == ["MalformedEventError"] * 5
    assert_no_contact_details(undeployed.log.getvalue())


@pytest.mark.parametrize("service", ["sns", "dynamodb"])
def test_a_service_that_refuses_sends_the_message_back(undeployed, service):
    error = client_error("ThrottlingException", message=FOUND.email)
    undeployed.clients[service] = Refusing({"publish": error, "update_item": error}, undeployed.aws[service])
    message_id = undeployed.incidents.send(incident())
    assert undeployed.incidents.deliver() == [message_id]
    [line] = undeployed.lines()
    assert (line["error"], line["message_id"]) == ("RetryableError", message_id)
    assert "ThrottlingException" in line["reason"]
    assert_no_contact_details(undeployed.log.getvalue())
    assert stages(undeployed) == []


def test_a_crash_after_sending_repeats_the_message_at_most_once(undeployed):
    real = undeployed.aws["dynamodb"]
    undeployed.clients["dynamodb"] = Refusing({"put_item": client_error("InternalServerError", 500)}, real)
    undeployed.incidents.send(incident())
    assert len(undeployed.incidents.deliver()) == 1
    assert stages(undeployed) == ["closed"]
    # While it is held nobody sends it again.
    assert len(undeployed.incidents.again()) == 1
    assert stages(undeployed) == []


def test_both_handlers_answer_an_empty_batch(undeployed):
    for queue in (undeployed.incidents, undeployed.intake):
        assert queue.handler({"Records": []}, Context(queue.clock)) == {"batchItemFailures": []}


def test_a_handler_without_its_environment_raises(undeployed, monkeypatch):
    monkeypatch.delenv("ROLLCALL_STATE_TABLE")
    for queue in (undeployed.incidents, undeployed.intake):
        with pytest.raises(RuntimeError, match="ROLLCALL_STATE_TABLE"):
            queue.handler({"Records": []}, Context(queue.clock))
