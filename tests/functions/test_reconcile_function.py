"""The real handlers from an event on the queue to the message in somebody's mailbox."""

import json

import pytest

import reconcile.handler
from rollcall.decide.intent import GRACE, WORK, WriteState
from rollcall.model.contact import ContactKind
from simulation import ApiError, Caller
from tests.functions.deployment import api_values, assert_no_contact_details
from tests.support.moto_aws import BUCKET, TABLE
from tests.support.record_samples import make_record
from tests.support.samples import FOUND, HUB, MEMBER, WANTED, Refusing, alert_leaks, leaks


def verdicts(deployment):
    return [line["verdict"] for line in deployment.lines() if line["message"] == "outcome"]


def open_intent(deployment):
    return deployment.state.load(MEMBER, ContactKind.SECURITY).intent


def test_an_edited_contact_is_restored_recorded_and_told(deployment):
    deployment.edit(FOUND)
    deployment.run()
    assert deployment.security_contact() == api_values(WANTED)
    keys = sorted(deployment.ledger())
    assert [key.rpartition("/")[2] for key in keys] == ["intent.json", "outcome.json"]
    assert len({key.rpartition("/")[0] for key in keys}) == 1
    intent, outcome = (deployment.ledger()[key] for key in keys)
    assert intent["found"]["contact"] == FOUND.as_document()
    assert intent["wanted"]["contact"] == WANTED.as_document()
    assert (outcome["state"], outcome["reason"]) == ("written", "set the contact of the roster")
    assert outcome["request_id"]
    assert outcome["intent_id"] == intent["id"]
    [alert] = deployment.alerts()
    assert alert["MessageAttributes"]["stage"]["Value"] == "closed"
    assert alert["MessageAttributes"]["severity"]["Value"] == "MEDIUM"
    assert "assumed-role/Dev/mary" in alert["Message"]
    assert "intruder.example" in alert["Message"]
    assert alert_leaks(alert["Message"] + alert["Subject"]) == []
    assert open_intent(deployment) is None


def test_the_writer_role_without_a_recorded_intent_is_a_stolen_role(deployment):
    thief = deployment.cloud.client("account", Caller.role(HUB, "rollcall-reconcile", "thief"))
    thief.put_alternate_contact(AccountId=MEMBER, AlternateContactType="SECURITY", **api_values(FOUND))
    deployment.run()
    [alert] = deployment.alerts()
    assert alert["MessageAttributes"]["severity"]["Value"] == "CRITICAL"
    assert deployment.security_contact() == api_values(WANTED)


def test_a_ledger_that_refuses_stops_the_write_and_not_the_alert(deployment, monkeypatch):
    monkeypatch.setenv("ROLLCALL_LEDGER_BUCKET", "no-such-bucket")
    deployment.edit(FOUND)
    assert len(deployment.intake.deliver()) == 1
    deployment.incidents.deliver()
    assert deployment.security_contact() == api_values(FOUND)
    # Whoever comes next may finish it, and knows that nothing was sent.
    assert open_intent(deployment).is_expired(deployment.clock.now())
    assert open_intent(deployment).answer.state is WriteState.NOT_SENT
    [opened] = deployment.alerts()
    assert opened["MessageAttributes"]["stage"]["Value"] == "open"
    monkeypatch.setenv("ROLLCALL_LEDGER_BUCKET", BUCKET)
    reconcile.handler._function.cache_clear()
    assert deployment.intake.again() == []
    deployment.run()
    assert deployment.security_contact() == api_values(WANTED)
    assert open_intent(deployment) is None
    ends = [record["state"] for key, record in deployment.ledger().items() if "outcome" in key]
    # What never came to the ledger was never sent: it is forgotten.
    assert ends == ["written"]
    assert len(deployment.ledger()) == 2
    [closed] = deployment.alerts()
    assert closed["MessageAttributes"]["stage"]["Value"] == "closed"
    assert closed["MessageAttributes"]["incident"] == opened["MessageAttributes"]["incident"]


def test_a_worker_killed_after_the_put_is_finished_by_the_redelivery(deployment, monkeypatch):
    class Killed(BaseException):
        """The process is gone: nothing may catch it."""

    def killed(*_, **__):
        raise Killed

    deployment.edit(FOUND)
    with monkeypatch.context() as patched:
        patched.setattr("rollcall.adapters.ledger.LedgerBucket.record_outcome", killed)
        with pytest.raises(Killed):
            deployment.intake.deliver()
    assert deployment.security_contact() == api_values(WANTED)
    assert deployment.alerts() == []
    assert open_intent(deployment).answer is None
    # Nobody finishes it before the worker is surely gone: neither its own message nor the event of its put.
    assert len(deployment.echoes.deliver()) == 1
    assert len(deployment.intake.again()) == 1
    assert open_intent(deployment) is not None
    deployment.clock.sleep((WORK + GRACE).total_seconds())
    deployment.intake.return_waiting()
    deployment.echoes.return_waiting()
    deployment.run()
    assert open_intent(deployment) is None
    # No answer was seen, and the event of the put says that it was made.
    states = {key.rpartition("/")[2]: record.get("state") for key, record in deployment.ledger().items()}
    assert states == {"intent.json": None, "outcome.json": "unconfirmed", "confirmation.json": "written"}
    [alert] = deployment.alerts()
    assert alert["MessageAttributes"]["verdict"]["Value"] == "set"
    assert set(verdicts(deployment)) == {"set", "compliant", "own-write"}


def test_a_value_that_aws_refuses_is_told_without_the_value(deployment):
    text = f'[ECMA 262 regex "^[+]$" does not match input string "{WANTED.phone}", "{WANTED.email}"]'
    deployment.edit(FOUND)
    deployment.cloud.account.fail_next("PutAlternateContact", ApiError("ValidationException", text, 400))
    deployment.run()
    [alert] = deployment.alerts()
    assert alert["MessageAttributes"]["verdict"]["Value"] == "failed"
    assert "ValidationException" in alert["Message"]
    assert_no_contact_details(deployment.log.getvalue())
    assert alert_leaks(alert["Message"]) == []
    [outcome] = [record for key, record in deployment.ledger().items() if key.endswith("outcome.json")]
    assert (outcome["state"], outcome["reason"]) == (
        "refused",
        "the Account API answered ValidationException",
    )


def test_throttling_goes_back_to_the_queue_and_is_done_later(deployment):
    busy = ApiError("TooManyRequestsException", "Too many requests", 429)
    deployment.edit(FOUND)
    deployment.cloud.account.fail_next("GetAlternateContact", busy, account=MEMBER)
    [message_id] = deployment.intake.deliver()
    [line] = deployment.lines()
    assert (line["level"], line["message_id"], line["retry_seconds"]) == ("WARNING", message_id, 2)
    assert line["error"] == "RetryableError"
    assert "TooManyRequestsException" in line["reason"]
    assert deployment.intake.again() == []
    assert deployment.security_contact() == api_values(WANTED)


def test_a_message_that_can_never_succeed_is_visible_again_at_once(deployment):
    bad = deployment.intake.send("{}")
    for receives in range(1, 4):
        assert deployment.intake.deliver() == [bad]
        line = deployment.lines()[-1]
        assert (line["error"], line["retry_seconds"]) == ("MalformedEventError", 0)
        assert line["receives"] == receives


class TestLogs:
    """Contact details are personal data: no line holds any (the fixture looks once more after every test)."""

    def test_of_a_restore_hold_keys_and_no_values(self, deployment):
        deployment.edit(FOUND)
        deployment.run()
        outcome = deployment.lines()[0]
        assert (outcome["account_id"], outcome["kind"], outcome["verdict"]) == (MEMBER, "SECURITY", "set")
        assert {"incident_id", "event_id", "intent_id"} <= set(outcome)
        assert_no_contact_details(deployment.log.getvalue())

    @pytest.mark.parametrize("operation", ["get_alternate_contact", "put_alternate_contact"])
    def test_of_an_unexpected_exception_name_it_and_not_its_text(self, deployment, operation):
        class Surprise(Exception):  # noqa: N818  # the log shows this name
            pass

        surprise = Surprise(FOUND.as_document(), WANTED.as_document())
        deployment.clients["account"] = Refusing({operation: surprise}, deployment.client("account"))
        deployment.edit(FOUND)
        [message_id] = deployment.intake.deliver()
        [line] = deployment.lines()
        assert (line["message_id"], line["error"], line["reason"]) == (message_id, "Surprise", "unexpected")
        assert_no_contact_details(deployment.log.getvalue())

    def test_of_a_broken_intent_name_the_error_and_not_its_text(self, deployment):
        deployment.state.open_intent(make_record(), at=deployment.clock.now())
        deployment.aws["dynamodb"].update_item(
            TableName=TABLE,
            Key={"pk": {"S": f"contact#{MEMBER}#SECURITY"}, "sk": {"S": "record"}},
            UpdateExpression="SET #document = :broken",
            ExpressionAttributeNames={"#document": "document"},
            ExpressionAttributeValues={
                ":broken": {"S": json.dumps(make_record().as_document() | {"kind": FOUND.email})}
            },
        )
        deployment.edit(FOUND)
        assert len(deployment.intake.deliver()) == 1
        [line] = deployment.lines()
        assert (line["error"], line["reason"]) == ("ValueError", "unexpected")
        assert_no_contact_details(deployment.log.getvalue())

    def test_of_a_message_that_is_no_event_do_not_quote_it(self, deployment):
        deployment.intake.send(json.dumps(FOUND.as_document()))
        deployment.intake.send(json.dumps(WANTED.as_document())[:-9])
        assert len(deployment.intake.deliver()) == 2
        assert_no_contact_details(deployment.log.getvalue())

    def test_the_search_itself_finds_what_it_is_to_find(self):
        for contact in (FOUND, WANTED):
            for value in contact.as_document().values():
                assert leaks(f'{{"reason": "{value}"}}') == [value] or leaks(value)
                assert leaks(value.upper())
                assert leaks(json.dumps({"x": value}))
        assert leaks("phone 4915770314159")
        assert leaks("mail q.xylander@elsewhere.example")
        assert leaks("nothing of the kind, +49 and roster.example") == []
