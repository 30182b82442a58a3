"""The outcome bus: incidents first, everything masked, nothing lost silently."""

import json
from dataclasses import replace

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.adapters.bus_and_queue import EventBridgeOutcomeBus
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Absent, Present, Unreadable
from rollcall.model.errors import RetryableError
from rollcall.outcomes.outcome import Incident
from rollcall.outcomes.verdicts import Verdict
from tests.support.cases import check_each
from tests.support.samples import (
    INCIDENT,
    INTENT,
    MANAGEMENT,
    NOW,
    OUTCOME,
    Recording,
    Refusing,
    alert_leaks,
    client_error,
)

BUS = "outcomes"
QUIET = replace(OUTCOME, verdict=Verdict.COMPLIANT)


def bus_over(client):
    return EventBridgeOutcomeBus(client=client, bus=BUS, management_account=MANAGEMENT)


def incident_of(*outcomes):
    return replace(INCIDENT, outcomes=outcomes)


def test_people_are_told_before_anything_is_counted():
    client = Recording([{"FailedEntryCount": 0, "Entries": []}])
    bus_over(client).publish(incident_of(QUIET, OUTCOME), NOW)
    [(operation, parameters)] = client.calls
    assert operation == "put_events"
    assert [entry["DetailType"] for entry in parameters["Entries"]] == [
        "Rollcall Incident",
        "Rollcall Outcome",
        "Rollcall Outcome",
    ]
    assert {(entry["Source"], entry["EventBusName"]) for entry in parameters["Entries"]} == {
        ("rollcall", BUS)
    }


def test_what_is_put_arrives(events, inbox):
    bus_over(events).publish(INCIDENT, NOW)
    incident, outcome = inbox.read()
    assert incident["detail-type"] == "Rollcall Incident"
    assert incident["source"] == outcome["source"] == "rollcall"
    assert incident["detail"]["incident_id"] == INCIDENT.id
    assert incident["detail"]["stage"] == "closed"
    assert incident["detail"]["severity"] == outcome["detail"]["severity"] == "MEDIUM"
    assert outcome["detail-type"] == "Rollcall Outcome"
    assert outcome["detail"]["verdict"] == "set"
    assert outcome["detail"]["decided_at"] == NOW.isoformat()


def test_an_opening_is_exactly_what_publishing_sends(events, inbox):
    """It is stored before it is published, and published again if nobody knows that it was."""
    bus = bus_over(events)
    opening = bus.write_opening(INCIDENT, NOW)
    assert not alert_leaks(opening)
    bus.publish(INCIDENT, NOW)
    [published, _] = inbox.read()
    bus.publish_opening(opening)
    [again] = inbox.read()
    parts = ("detail-type", "source", "detail")
    assert [again[part] for part in parts] == [published[part] for part in parts]
    assert json.loads(opening) == published["detail"]


def test_an_opening_of_what_nobody_need_know_is_none(events, inbox):
    assert bus_over(events).write_opening(incident_of(QUIET), NOW) is None
    assert inbox.read() == []


def test_an_outcome_that_nobody_need_know_of_is_no_incident(events, inbox):
    bus_over(events).publish(incident_of(QUIET), NOW)
    [outcome] = inbox.read()
    assert (outcome["detail-type"], outcome["detail"]["severity"]) == ("Rollcall Outcome", None)


def test_an_event_of_no_account_is_an_outcome_too(events, inbox):
    ignored = replace(OUTCOME, verdict=Verdict.IGNORED, kind=None, found=None, wanted=None)
    incident = Incident(id="RC-0", event=INCIDENT.event, signal=None, account=None, outcomes=(ignored,))
    bus_over(events).publish(incident, NOW)
    [outcome] = inbox.read()
    detail = outcome["detail"]
    assert (detail["cause"], detail["actor"], detail["kind"]) == (None, None, None)
    assert detail["account"] == {"id": None, "name": None, "ou": None}


def test_more_than_ten_entries_go_in_several_calls(events, inbox):
    bus_over(events).publish(incident_of(*[OUTCOME] * 25), NOW)
    kinds = [event["detail-type"] for event in inbox.read()]
    assert (kinds.count("Rollcall Incident"), kinds.count("Rollcall Outcome")) == (1, 25)


@pytest.mark.parametrize("outcomes", [9, 10, 19])
def test_no_call_has_more_than_ten_entries_or_none(outcomes):
    client = Recording([{"FailedEntryCount": 0, "Entries": []}] * 3)
    bus_over(client).publish(incident_of(*[OUTCOME] * outcomes), NOW)
    sizes = [len(parameters["Entries"]) for _, parameters in client.calls]
    assert all(1 <= size <= 10 for size in sizes)
    assert sum(sizes) == outcomes + 1


@pytest.mark.parametrize("outcomes", [[], [replace(OUTCOME, verdict=Verdict.OWN_WRITE)]])
def test_neither_an_incident_without_outcomes_nor_the_event_of_our_own_write_puts_anything(outcomes):
    client = Recording([])
    bus_over(client).publish(incident_of(*outcomes), NOW)
    assert client.calls == []


def test_the_event_of_our_own_write_closes_what_was_alerted_as_open(events, inbox):
    incident = incident_of(replace(OUTCOME, verdict=Verdict.OWN_WRITE))
    bus_over(events).publish(replace(incident, opened=True), NOW)
    [closing] = inbox.read()
    assert (closing["detail-type"], closing["detail"]["action"]) == ("Rollcall Incident", "resolve")


@check_each(
    "found",
    [
        INTENT.found,
        Absent(),
        Unreadable(reason="the Account API answered ValidationException"),
        None,
        Present(contact=Contact(name="", title=" ", email="", phone="")),
    ],
)
@check_each("verdict", [verdict for verdict in Verdict if verdict is not Verdict.OWN_WRITE])
def test_nothing_leaves_unmasked(found, verdict):
    client = Recording([{"FailedEntryCount": 0, "Entries": []}])
    outcome = replace(OUTCOME, verdict=verdict, found=found, kind=ContactKind.SECURITY)
    bus_over(client).publish(incident_of(outcome), NOW)
    [(_, parameters)] = client.calls
    assert parameters["Entries"]
    for entry in parameters["Entries"]:
        assert not alert_leaks(entry["Detail"])
        assert "roster.example" in entry["Detail"]
        assert json.loads(entry["Detail"])["version"] == 1


def test_a_partly_refused_call_is_tried_again():
    entries = [{"EventId": "1"}, {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}]
    client = Recording([{"FailedEntryCount": 1, "Entries": entries}])
    with pytest.raises(RetryableError, match="the outcome bus refused: ThrottlingException"):
        bus_over(client).publish(INCIDENT, NOW)


def test_a_refused_first_call_ends_it():
    entries = [{"ErrorCode": "InternalFailure"}] * 10
    client = Recording([{"FailedEntryCount": 10, "Entries": entries}])
    with pytest.raises(RetryableError, match=r"InternalFailure$"):
        bus_over(client).publish(incident_of(*[OUTCOME] * 12), NOW)
    assert len(client.calls) == 1


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDeniedException", 403),
        client_error("InternalException", 500),
        EndpointConnectionError(endpoint_url="https://events.us-east-1.amazonaws.com"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "publish",
    [lambda bus: bus.publish(INCIDENT, NOW), lambda bus: bus.publish_opening('{"version": 1}')],
    ids=["incident", "opening"],
)
def test_a_refused_call_is_tried_again(publish, error):
    with pytest.raises(RetryableError, match="the outcome bus refused"):
        publish(bus_over(Refusing({"put_events": error})))


def test_a_refused_opening_counts_as_not_published():
    client = Recording([{"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}])
    with pytest.raises(RetryableError, match="the outcome bus refused: ThrottlingException"):
        bus_over(client).publish_opening('{"version": 1}')
