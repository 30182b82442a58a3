"""What subscribers of a topic receive."""

import json

import pytest

from tests.cloud.tools import unique

pytestmark = pytest.mark.cloud
MEMBER = "222222222222"


def test_a_message_is_recorded_for_each_address_as_delivered(cloud):
    sns = cloud.clients.client("sns", MEMBER)
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    for address in ("one@example.com", "two@example.com"):
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    loud = {"severity": {"DataType": "String", "StringValue": "HIGH"}}
    sns.publish(TopicArn=topic, Subject="Look", Message="at this", MessageAttributes=loud)
    mail = [message for message in cloud.mail.list_messages() if message["topic"] == topic]
    assert [message["address"] for message in mail] == ["one@example.com", "two@example.com"]
    assert [(m["subject"], m["message"], m["attributes"]) for m in mail] == [
        ("Look", "at this", {"severity": "HIGH"})
    ] * 2
    lines = [json.loads(line) for line in cloud.mail.path.read_text().splitlines()]
    assert [line for line in lines if line["topic"] == topic] == mail


def test_a_filter_keeps_a_message_from_an_address(cloud):
    sns = cloud.clients.client("sns", MEMBER)
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    wanted = {"FilterPolicy": json.dumps({"severity": ["HIGH"]})}
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="one@example.com", Attributes=wanted)
    for severity in ("LOW", "HIGH"):
        attributes = {"severity": {"DataType": "String", "StringValue": severity}}
        sns.publish(TopicArn=topic, Message=severity, MessageAttributes=attributes)
    assert [m["message"] for m in cloud.mail.list_messages() if m["topic"] == topic] == ["HIGH"]
