"""CloudTrail: the Event history of an account, and no event without a trail."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from tests.cloud.tools import messages, received, rule_to_queue, wait_for

pytestmark = pytest.mark.cloud
MANAGEMENT, MEMBER = "111111111111", "222222222222"
CONTACT = {
    "Name": "SOC",
    "Title": "Duty",
    "EmailAddress": "soc@example.com",
    "PhoneNumber": "+1 206 555 0100",
}
PATTERN = {"source": ["aws.account"], "detail": {"requestParameters": {"title": ["Of a trail"]}}}


def look_up(cloud, name, **more):
    attributes = [{"AttributeKey": "EventName", "AttributeValue": name}]
    found = cloud.clients.client("cloudtrail", MEMBER).lookup_events(LookupAttributes=attributes, **more)
    return [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]


def put(cloud, title):
    account = cloud.clients.client("account", MEMBER, role="mary")
    answer = account.put_alternate_contact(AlternateContactType="BILLING", **CONTACT | {"Title": title})
    return answer["ResponseMetadata"]["RequestId"]


def test_the_event_history_has_writes_and_reads_with_their_errors(cloud):
    account = cloud.clients.client("account", MEMBER, role="mary")
    request_id = put(cloud, "In the history")
    (first, *_) = wait_for(lambda: look_up(cloud, "PutAlternateContact", MaxResults=1))
    assert (first["requestID"], first["recipientAccountId"]) == (request_id, MEMBER)
    account.delete_alternate_contact(AlternateContactType="BILLING")
    with pytest.raises(ClientError):
        account.get_alternate_contact(AlternateContactType="BILLING")
    (read, *_) = look_up(cloud, "GetAlternateContact")
    assert (read["errorCode"], read["readOnly"]) == ("ResourceNotFoundException", True)
    account.get_contact_information()
    (primary, *_) = look_up(cloud, "GetContactInformation")
    assert (primary["readOnly"], primary["recipientAccountId"]) == (True, MEMBER)
    assert look_up(cloud, "CreateOrganization") == []


def test_the_event_history_is_paged_and_takes_one_attribute(cloud):
    put(cloud, "One")
    put(cloud, "Two")
    client = cloud.clients.client("cloudtrail", MEMBER)
    first = client.lookup_events(MaxResults=1)
    second = client.lookup_events(MaxResults=1, NextToken=first["NextToken"])
    assert first["Events"][0]["EventId"] != second["Events"][0]["EventId"]
    with pytest.raises(ClientError, match="InvalidLookupAttributes"):
        client.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name} for name in ("A", "B")]
        )


def test_without_a_trail_that_logs_there_is_no_event(cloud):
    url = rule_to_queue(cloud, MEMBER, PATTERN)
    trails = cloud.clients.client("cloudtrail", MANAGEMENT)
    trails.stop_logging(Name="organization")
    try:
        put(cloud, "Of a trail")
        time.sleep(0.5)
        assert messages(cloud, MEMBER, url) == []
    finally:
        trails.start_logging(Name="organization")
    put(cloud, "Of a trail")
    assert received(cloud, MEMBER, url)["detail"]["eventName"] == "PutAlternateContact"


def test_members_see_whether_the_organizations_trail_logs_and_cannot_stop_it(cloud):
    client = cloud.clients.client("cloudtrail", MEMBER)
    (trail,) = [one for one in client.describe_trails()["trailList"] if one["IsOrganizationTrail"]]
    assert client.get_trail_status(Name=trail["TrailARN"])["IsLogging"]
    with pytest.raises(ClientError, match="AccessDenied"):
        client.stop_logging(Name=trail["TrailARN"])
