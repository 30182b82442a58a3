"""The example for PagerDuty: what its rules send is what Events API v2 takes.

https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from tests.stacks.patterns import matches
from tests.support.cases import check_each
from tests.support.examples import EVENTS, HUB, make_event, read_example

RESOURCES = read_example("pagerduty.yaml")["Resources"]
RULES = {name: one["Properties"] for name, one in RESOURCES.items() if one["Type"] == "AWS::Events::Rule"}
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
SEVERITIES = {"CRITICAL": "critical", "HIGH": "error", "MEDIUM": "warning"}


def transform(transformer: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """As EventBridge: a text gets quotes outside of quotes, and is not escaped within them.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    template, values = transformer["InputTemplate"], {}
    assert len(template) <= 8192
    for name, path in transformer["InputPathsMap"].items():
        value: Any = event
        for step in path.removeprefix("$.").split("."):
            value = value[step]
        values[name] = value
    # A quoted part that has placeholders, or a placeholder outside of quotes.
    made = re.sub(
        r'"(?:[^"\\]|\\.)*"|<(\w+)>',
        lambda found: (
            json.dumps(values[found[1]])
            if found[1]
            else re.sub(r"<(\w+)>", lambda inner: str(values[inner[1]]), found[0])
        ),
        template,
    )
    body: dict[str, Any] = json.loads(made)
    return body


class PagerDuty:
    """Events API v2: refuses what the documentation says, and keeps the state of each alert by its key."""

    def __init__(self) -> None:
        self.alerts: dict[str, str] = {}

    def enqueue(self, body: dict[str, Any]) -> None:
        assert len(json.dumps(body)) <= 512 * 1024
        assert set(body) <= {
            "routing_key",
            "event_action",
            "dedup_key",
            "payload",
            "client",
            "client_url",
            "images",
            "links",
        }
        assert len(body["routing_key"]) == 32
        assert body["event_action"] in {"trigger", "acknowledge", "resolve"}
        assert 1 <= len(body["dedup_key"]) <= 255
        if body["event_action"] == "trigger":
            payload = body["payload"]
            optional = {"timestamp", "component", "group", "class", "custom_details"}
            assert {"summary", "source", "severity"} <= set(payload)
            assert set(payload) <= {"summary", "source", "severity"} | optional
            assert 1 <= len(payload["summary"]) <= 1024
            assert payload["source"] == HUB
            assert payload["severity"] in {"critical", "error", "warning", "info"}
            assert datetime.fromisoformat(payload["timestamp"]).tzinfo
            self.alerts[body["dedup_key"]] = "triggered"
        elif body["dedup_key"] in self.alerts:
            self.alerts[body["dedup_key"]] = "resolved"


def send(event: dict[str, Any], service: PagerDuty | None = None) -> list[dict[str, Any]]:
    """What PagerDuty gets: the connection adds the routing key to each body."""
    bodies = [
        transform(rule["Targets"][0]["InputTransformer"], event) | {"routing_key": ROUTING_KEY}
        for rule in RULES.values()
        if matches(rule["EventPattern"], event)
    ]
    for body in bodies:
        (service or PagerDuty()).enqueue(body)
    return bodies


@check_each("name", EVENTS)
def test_every_event_leads_to_one_alert_of_its_severity_or_to_none(name: str) -> None:
    event = EVENTS[name]
    detail, bodies = event["detail"], send(event)
    if detail["action"] == "resolve":
        assert [body["event_action"] for body in bodies] == ["resolve"]
    elif detail["severity"] in SEVERITIES:
        (body,) = bodies
        assert body["payload"]["severity"] == SEVERITIES[detail["severity"]]
        assert body["payload"]["summary"] == detail["title"]
    else:
        assert bodies == []
    assert {body["dedup_key"] for body in bodies} <= {detail["incident_id"]}
    # A third party: nobody's name, address or contact.
    told = json.dumps(bodies)
    assert "@" not in told
    assert "arn:" not in told


def test_an_alert_is_resolved_by_the_end_of_its_incident() -> None:
    service, document = PagerDuty(), dict(next(iter(EVENTS.values()))["detail"])
    for action, state in (("open", "triggered"), ("update", "triggered"), ("resolve", "resolved")):
        send(make_event(document | {"action": action, "severity": "HIGH"}), service)
        assert service.alerts == {document["incident_id"]: state}


def test_outcomes_of_single_contacts_are_not_sent() -> None:
    event = next(iter(EVENTS.values())) | {"detail-type": "Rollcall Outcome"}
    assert send(event) == []


def test_both_service_regions_and_a_secret_that_no_template_shows() -> None:
    parameters = read_example("pagerduty.yaml")["Parameters"]
    assert parameters["Host"]["AllowedValues"] == ["events.pagerduty.com", "events.eu.pagerduty.com"]
    assert parameters["RoutingKey"]["NoEcho"] is True
    authorization = RESOURCES["Connection"]["Properties"]["AuthParameters"]
    (added,) = authorization["InvocationHttpParameters"]["BodyParameters"]
    assert (added["Key"], added["Value"], added["IsValueSecret"]) == (
        "routing_key",
        {"Ref": "RoutingKey"},
        True,
    )


def test_what_pagerduty_does_not_take_is_kept_and_alarmed() -> None:
    for rule in RULES.values():
        (target,) = rule["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
    assert RESOURCES["DeadLetters"]["Properties"]["MessageRetentionPeriod"] == 14 * 86_400
    assert RESOURCES["DeadLettersAlarm"]["Properties"]["AlarmActions"] == [{"Ref": "AlertTopicArn"}]
