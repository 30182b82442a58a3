"""EventBridge refuses rules that cannot work, and one that is wrong all the same stops no other."""

import json

import pytest
from botocore.exceptions import ClientError
from moto.events.models import events_backends

from tests.cloud.tools import REGION, admit_rule, make_queue, make_role, make_rule, received, unique

pytestmark = pytest.mark.cloud
HUB, MEMBER, OUTSIDER = "333333333333", "222222222222", "888888888888"


def put_event(cloud, account, source):
    entry = {"Source": source, "DetailType": "x", "Detail": "{}"}
    cloud.clients.client("events", account).put_events(Entries=[entry])


@pytest.mark.parametrize(
    "pattern", ['{"detail": {"a": [{"like": "x"}]}}', '{"detail": {"a": []}}', '{"source": "x"}', "no", "{}"]
)
def test_an_invalid_pattern_is_refused(cloud, pattern):
    events = cloud.clients.client("events", MEMBER)
    with pytest.raises(events.exceptions.InvalidEventPatternException):
        events.put_rule(Name=unique("rule"), EventPattern=pattern)


def test_a_rule_has_no_impossible_schedule(cloud):
    events = cloud.clients.client("events", MEMBER)
    for expression in ("cron(0 25 * * ? *)", "at(2026-12-01T06:00:00)"):
        with pytest.raises(ClientError, match="ScheduleExpression is not valid"):
            events.put_rule(Name=unique("rule"), ScheduleExpression=expression)


def test_a_broken_rule_stops_no_other(cloud):
    """However it came to be: here in moto itself."""
    source = unique("source")
    url, arn = make_queue(cloud, MEMBER)
    broken = make_rule(cloud, MEMBER, {"source": [source]}, {"Arn": arn})
    rules = events_backends[MEMBER][REGION].event_buses["default"].rules
    rule = rules[broken.rpartition("/")[2]]
    rule.event_pattern._pattern = {"source": [{"like": "x"}]}
    admit_rule(cloud, MEMBER, url, arn, make_rule(cloud, MEMBER, {"source": [source]}, {"Arn": arn}))
    put_event(cloud, MEMBER, source)
    assert received(cloud, MEMBER, url)["source"] == source
    del rules[rule.name]


def test_a_rule_has_no_bus_that_does_not_exist_or_admits_it_never(cloud):
    hub, name = cloud.clients.client("events", HUB), unique("bus")
    bus = hub.create_event_bus(Name=name)["EventBusArn"]
    statement = {
        "Sid": "it",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": bus,
        "Condition": {
            "StringEquals": {
                "aws:PrincipalOrgID": cloud.simulation.organization.id,
                "events:source": "any.of.mine",
            }
        },
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    hub.put_permission(EventBusName=name, Policy=policy)
    for account in (MEMBER, OUTSIDER):
        with pytest.raises(ClientError, match="does not exist"):
            make_rule(cloud, account, {"source": ["x"]}, {"Arn": f"{bus}-none"})
    role = make_role(cloud, OUTSIDER, service="events.amazonaws.com")
    with pytest.raises(ClientError, match=f"does not allow events:PutEvents to account {OUTSIDER}"):
        make_rule(cloud, OUTSIDER, {"source": ["x"]}, {"Arn": bus, "RoleArn": role})
    role = make_role(cloud, MEMBER, service="events.amazonaws.com")
    assert make_rule(cloud, MEMBER, {"source": ["x"]}, {"Arn": bus, "RoleArn": role})
