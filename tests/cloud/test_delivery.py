"""EventBridge: who may put what on which bus, and where it ends."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.tools import (
    REGION,
    admit_rule,
    make_queue,
    make_role,
    make_rule,
    messages,
    received,
    rule_to_queue,
    unique,
    wait_for,
)

pytestmark = pytest.mark.cloud
HUB, MEMBER, OTHER = "333333333333", "222222222222", "444455556666"
STRANGER = "999988887777"  # of no organization


def put(cloud, account, **entry):
    """PutEvents with one entry; the entry's result."""
    events = cloud.clients.client("events", account)
    return events.put_events(Entries=[{"DetailType": "It", "Detail": "{}", **entry}])["Entries"][0]


def make_bus(cloud, account, **conditions):
    """A bus of that account that admits everybody under these conditions; its name and ARN."""
    events, name = cloud.clients.client("events", account), unique("bus")
    arn = events.create_event_bus(Name=name)["EventBusArn"]
    statement = {
        "Sid": "It",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": arn,
        "Condition": conditions,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    events.put_permission(EventBusName=name, Policy=document)
    return name, arn


def of_the_organization(source):
    return {
        "StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"},
        "Bool": {"events:eventBusInvocation": "true"},
        "ForAllValues:StringEquals": {"events:source": [source]},
        "Null": {"events:source": "false"},
    }


def forward(cloud, account, source, bus_arn, *, bus="default", role=None, **target):
    """A rule that sends `source` on to another bus."""
    allow = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus_arn}
    role = role or make_role(cloud, account, service="events.amazonaws.com", statements=[allow])
    return make_rule(cloud, account, {"source": [source]}, {"Arn": bus_arn, "RoleArn": role, **target}, bus)


def lost(cloud, event_id):
    return [entry.reason for entry in cloud.bridge.lost if entry.event["id"] == event_id]


def test_a_hop_to_another_account_keeps_the_envelope(cloud):
    source = unique("source")
    name, arn = make_bus(cloud, HUB, **of_the_organization(source))
    url = rule_to_queue(cloud, HUB, {"source": [source]}, name)
    forward(cloud, MEMBER, source, arn)
    event_id = put(cloud, MEMBER, Source=source, Detail='{"a": 1}')["EventId"]
    event = received(cloud, HUB, url)
    assert (event["id"], event["account"], event["region"]) == (event_id, MEMBER, REGION)
    assert event["detail"] == {"a": 1}


def test_an_account_of_another_organization_is_refused(cloud):
    source = unique("source")
    _, arn = make_bus(cloud, HUB, **of_the_organization(source))
    with pytest.raises(ClientError, match="does not allow events:PutEvents to account"):
        forward(cloud, STRANGER, source, arn)


def test_a_source_that_the_bus_does_not_name_is_refused(cloud):
    source = unique("source")
    _, arn = make_bus(cloud, HUB, **of_the_organization("another"))
    forward(cloud, MEMBER, source, arn)
    event_id = put(cloud, MEMBER, Source=source)["EventId"]
    assert "no resource-based policy allows" in wait_for(lambda: lost(cloud, event_id))[0]


def test_a_role_that_may_not_put_events_is_refused(cloud):
    source = unique("source")
    _, arn = make_bus(cloud, HUB, **of_the_organization(source))
    elsewhere = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": arn + "-other"}
    forward(
        cloud,
        MEMBER,
        source,
        arn,
        role=make_role(cloud, MEMBER, service="events.amazonaws.com", statements=[elsewhere]),
    )
    event_id = put(cloud, MEMBER, Source=source)["EventId"]
    assert "no identity-based policy allows" in wait_for(lambda: lost(cloud, event_id))[0]


def test_a_bus_target_without_a_role_is_refused(cloud):
    source = unique("source")
    _, arn = make_bus(cloud, HUB, **of_the_organization(source))
    make_rule(cloud, MEMBER, {"source": [source]}, {"Arn": arn})
    event_id = put(cloud, MEMBER, Source=source)["EventId"]
    assert "may not assume role (none)" in wait_for(lambda: lost(cloud, event_id))[0]


def test_a_role_that_eventbridge_is_not_trusted_by_is_refused(cloud):
    source = unique("source")
    _, arn = make_bus(cloud, HUB, **of_the_organization(source))
    allow = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": arn}
    role = make_role(cloud, MEMBER, service="lambda.amazonaws.com", statements=[allow])
    forward(cloud, MEMBER, source, arn, role=role)
    event_id = put(cloud, MEMBER, Source=source)["EventId"]
    assert "may not assume role" in wait_for(lambda: lost(cloud, event_id))[0]


def test_a_second_hop_is_refused_and_goes_to_the_dead_letter_queue(cloud):
    source = unique("source")
    last_name, last_arn = make_bus(cloud, OTHER, **of_the_organization(source))
    arrived = rule_to_queue(cloud, OTHER, {"source": [source]}, last_name)
    name, arn = make_bus(cloud, HUB, **of_the_organization(source))
    url, queue_arn = make_queue(cloud, HUB)
    dead_letters = {"DeadLetterConfig": {"Arn": queue_arn}}
    admit_rule(cloud, HUB, url, queue_arn, forward(cloud, HUB, source, last_arn, bus=name, **dead_letters))
    forward(cloud, MEMBER, source, arn)
    event_id = put(cloud, MEMBER, Source=source)["EventId"]
    message = wait_for(lambda: messages(cloud, HUB, url))[0]
    assert json.loads(message["Body"])["id"] == event_id
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "THIRD_ACCOUNT_HOP_DETECTED"
    assert messages(cloud, OTHER, arrived) == []


def test_a_queue_that_does_not_admit_the_rule_gets_nothing(cloud):
    source = unique("source")
    url, arn = make_queue(cloud, MEMBER)
    make_rule(cloud, MEMBER, {"source": [source]}, {"Arn": arn})
    event_id = put(cloud, MEMBER, Source=source)["EventId"]
    assert "NO_PERMISSIONS" in wait_for(lambda: lost(cloud, event_id))[0]
    assert messages(cloud, MEMBER, url) == []


def test_a_target_that_is_not_modelled_is_no_silent_success(cloud):
    source = unique("source")
    make_rule(cloud, MEMBER, {"source": [source]}, {"Arn": f"arn:aws:sns:{REGION}:{MEMBER}:topic"})
    event_id = put(cloud, MEMBER, Source=source)["EventId"]
    assert "NotImplementedError" in wait_for(lambda: lost(cloud, event_id))[0]


def test_a_disabled_rule_delivers_nothing(cloud):
    source = unique("source")
    disabled = rule_to_queue(cloud, MEMBER, {"source": [source]})
    events = cloud.clients.client("events", MEMBER)
    events.disable_rule(Name=events.list_rules(NamePrefix="rule")["Rules"][-1]["Name"])
    enabled = rule_to_queue(cloud, MEMBER, {"source": [source]})
    put(cloud, MEMBER, Source=source)
    received(cloud, MEMBER, enabled)
    assert messages(cloud, MEMBER, disabled) == []


def test_nobody_but_aws_uses_a_source_of_aws(cloud):
    url = rule_to_queue(cloud, MEMBER, {"source": ["aws.account"], "detail": {"forged": [True]}})
    result = put(cloud, MEMBER, Source="aws.account", Detail='{"forged": true}')
    assert result == {
        "ErrorCode": "NotAuthorizedForSourceException",
        "ErrorMessage": "Not authorized for the source.",
    }
    sentinel = unique("source")
    second = rule_to_queue(cloud, MEMBER, {"source": [sentinel]})
    put(cloud, MEMBER, Source=sentinel)
    received(cloud, MEMBER, second)
    assert messages(cloud, MEMBER, url) == []


def test_a_bus_that_denies_all_but_one_role_admits_that_role(cloud):
    events, name = cloud.clients.client("events", MEMBER), unique("bus")
    arn = events.create_event_bus(Name=name)["EventBusArn"]
    writer = f"arn:aws:iam::{MEMBER}:role/Writer"
    deny: dict[str, Any] = {
        "Sid": "NobodyElse",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "events:PutEvents",
    }
    deny |= {"Resource": arn, "Condition": {"ArnNotEquals": {"aws:PrincipalArn": [writer]}}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    events.put_permission(EventBusName=name, Policy=policy)
    with pytest.raises(ClientError, match="AccessDenied"):
        put(cloud, MEMBER, Source="mine", EventBusName=name)
    entry = {"Source": "mine", "DetailType": "It", "Detail": "{}", "EventBusName": name}
    answer = cloud.clients.client("events", MEMBER, role="Writer").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0


def test_a_client_cannot_pass_for_a_rule(cloud):
    _, arn = make_bus(cloud, HUB, **of_the_organization("mine"))
    with pytest.raises(ClientError, match="no resource-based policy allows"):
        put(cloud, MEMBER, Source="mine", EventBusName=arn)


def test_a_bus_may_admit_a_client_of_another_account(cloud):
    name, arn = make_bus(cloud, HUB, StringEquals={"aws:PrincipalOrgID": "o-exampleorgid"})
    url = rule_to_queue(cloud, HUB, {"source": ["mine"]}, name)
    put(cloud, MEMBER, Source="mine", EventBusName=arn)
    assert received(cloud, HUB, url)["account"] == MEMBER


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"Source": ""}, "InvalidArgument"),
        ({"Source": "mine", "DetailType": ""}, "InvalidArgument"),
        ({"Source": "mine", "Detail": "{"}, "MalformedDetail"),
        ({"Source": "mine", "Detail": "[]"}, "MalformedDetail"),
    ],
)
def test_an_entry_that_is_no_event_is_refused(cloud, entry, code):
    assert put(cloud, MEMBER, **entry)["ErrorCode"] == code
