"""The alert topic, the chat topic and the intake queue."""

import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from rollcall.adapters.bus_and_queue import SqsQueue
from rollcall.adapters.sns import ChatTopic, SnsTopic
from rollcall.model.errors import RetryableError
from rollcall.notify.topics import render_chat, render_plain_text
from tests.support.samples import Refusing, client_error, message

ALONE: dict[str, Any] = {"thread": None, "follows": False}
BROKEN = pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException", 429),
        client_error("KMSAccessDeniedException"),
        client_error("InternalError", 500),
        EndpointConnectionError(endpoint_url="https://sns.us-east-1.amazonaws.com"),
    ],
    ids=str,
)


def test_an_alert_is_published_with_its_attributes(aws, topic_arn, inbox):
    assert SnsTopic(client=aws["sns"], topic_arn=topic_arn).send(message(), **ALONE) is None
    [got] = inbox.read()
    alert = render_plain_text(message())
    assert (got["Subject"], got["Message"]) == (alert.subject, alert.text)
    assert got["MessageAttributes"] == {
        name: {"Type": "String", "Value": value} for name, value in message().attributes.items()
    }


def test_a_notification_for_the_chat_is_json_with_the_same_attributes(aws, topic_arn, inbox):
    assert ChatTopic(client=aws["sns"], topic_arn=topic_arn).send(message(), **ALONE) is None
    [got] = inbox.read()
    assert json.loads(got["Message"]) == render_chat(message())
    assert got["MessageAttributes"]["severity"]["Value"] == "MEDIUM"


def test_subscribers_can_filter_by_attribute(aws, topic_arn, inbox):
    [subscription] = aws["sns"].list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]
    aws["sns"].set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName="FilterPolicy",
        AttributeValue='{"stage": ["closed"]}',
    )
    topic = SnsTopic(client=aws["sns"], topic_arn=topic_arn)
    topic.send(message("open"), **ALONE)
    topic.send(message("closed"), **ALONE)
    assert [got["MessageAttributes"]["stage"]["Value"] for got in inbox.read()] == ["closed"]


def test_a_missing_topic_is_tried_again(aws):
    topic = SnsTopic(client=aws["sns"], topic_arn="arn:aws:sns:us-east-1:123456789012:gone")
    with pytest.raises(RetryableError, match="the topic refused the alert: NotFound"):
        topic.send(message(), **ALONE)


@BROKEN
@pytest.mark.parametrize("kind", [SnsTopic, ChatTopic])
def test_a_refused_alert_is_tried_again(error, kind):
    with pytest.raises(RetryableError, match="the topic refused the alert"):
        kind(client=Refusing({"publish": error}), topic_arn="arn").send(message(), **ALONE)


def test_a_message_comes_back_when_it_is_told_to(aws, inbox):
    aws["sqs"].send_message(QueueUrl=inbox.url, MessageBody="{}")
    queue = SqsQueue(client=aws["sqs"], queue_url=inbox.url)
    [message] = aws["sqs"].receive_message(QueueUrl=inbox.url)["Messages"]
    queue.return_in(message["ReceiptHandle"], 900)
    assert "Messages" not in aws["sqs"].receive_message(QueueUrl=inbox.url)
    queue.return_in(message["ReceiptHandle"], 0)
    assert len(aws["sqs"].receive_message(QueueUrl=inbox.url)["Messages"]) == 1


def test_a_receipt_that_the_queue_does_not_know_is_refused(aws, inbox):
    with pytest.raises(RetryableError, match="ReceiptHandleIsInvalid"):
        SqsQueue(client=aws["sqs"], queue_url=inbox.url).return_in("no such receipt", 2)


@BROKEN
def test_a_queue_that_refuses_says_so(error):
    queue = SqsQueue(client=Refusing({"change_message_visibility": error}), queue_url="url")
    with pytest.raises(RetryableError, match="the queue refused"):
        queue.return_in("receipt", 2)
