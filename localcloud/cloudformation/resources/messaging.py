"""SQS and SNS."""

from collections.abc import Callable
from typing import Any

from localcloud.cloudformation.resource import Made
from localcloud.cloudformation.rows import REQUIRED, Context, Row

_QUEUE = {
    "DelaySeconds": 0,
    "KmsDataKeyReusePeriodSeconds": 300,
    "KmsMasterKeyId": "",
    "MaximumMessageSize": 1_048_576,
    "MessageRetentionPeriod": 345_600,
    "ReceiveMessageWaitTimeSeconds": 0,
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": True,
    "VisibilityTimeout": 30,
}
_TOPIC = {"DisplayName": "", "KmsMasterKeyId": "", "SignatureVersion": "1"}
_SUBSCRIPTION = {
    "FilterPolicy": "{}",
    "FilterPolicyScope": "MessageAttributes",
    "RawMessageDelivery": False,
    "RedrivePolicy": "",
}


def _queue(c: Context) -> Made:
    fifo = str(c.properties.get("FifoQueue", False)).lower() == "true"
    if c.made:
        url, name = c.made.id, c.made.attributes["QueueName"]
        c.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=c.pick(*_QUEUE))
    else:
        name = c.name("QueueName", limit=80, suffix=".fifo" if fifo else "")
        attributes = c.pick(*_QUEUE, *(["FifoQueue", "ContentBasedDeduplication"] if fifo else []))
        url = c.call("sqs", "create_queue", QueueName=name, Attributes=attributes)["QueueUrl"]
    return Made(id=url, attributes={"Arn": c.arn("sqs", name), "QueueName": name, "QueueUrl": url})


def _topic(c: Context) -> Made:
    if c.made:
        arn = c.made.id
        for key, value in c.pick(*_TOPIC).items():
            c.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName=key, AttributeValue=value)
    else:
        name = c.name("TopicName", limit=256)
        arn = c.call("sns", "create_topic", Name=name, Attributes=c.pick(*_TOPIC))["TopicArn"]
    return Made(id=arn, attributes={"TopicArn": arn, "TopicName": arn.rsplit(":", 1)[1]})


def _subscription(c: Context) -> Made:
    attributes = c.pick(*_SUBSCRIPTION)
    if c.made:
        for key, value in attributes.items():
            name = {"AttributeName": key, "AttributeValue": value}
            c.call("sns", "set_subscription_attributes", SubscriptionArn=c.made.id, **name)
        return c.made
    where = c.pick("TopicArn", "Protocol", "Endpoint")
    answer = c.call("sns", "subscribe", **where, Attributes=attributes, ReturnSubscriptionArn=True)
    return Made(id=answer["SubscriptionArn"], attributes={"Arn": answer["SubscriptionArn"]})


def _policy_of(targets: str, put: Callable[[Context, str, Any], Any]) -> Row:
    """A policy resource that names the queues or topics it is put on."""

    def apply(c: Context) -> Made:
        for target in c.previous.get(targets, []):
            if target not in c.properties[targets]:
                put(c, target, "")
        for target in c.properties[targets]:
            put(c, target, c.properties["PolicyDocument"])
        return Made(id=c.name(), attributes={"Id": c.name()})

    def delete(c: Context) -> None:
        for target in c.properties[targets]:
            put(c, target, "")

    return Row(apply=apply, delete=delete, mutable={"PolicyDocument": REQUIRED, targets: REQUIRED})


def _put_queue_policy(c: Context, url: str, policy: Any) -> None:
    c.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": policy})


def _put_topic_policy(c: Context, arn: str, policy: Any) -> None:
    # A topic is never without one: what it had at first admits its own account.
    value = policy or {
        "Version": "2008-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["SNS:Publish", "SNS:Subscribe"],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": arn.split(":")[4]}},
            }
        ],
    }
    c.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName="Policy", AttributeValue=value)


ROWS = {
    "AWS::SQS::Queue": Row(
        apply=_queue,
        delete=lambda c: c.call("sqs", "delete_queue", QueueUrl=c.name()),
        fixed=frozenset({"QueueName", "FifoQueue", "ContentBasedDeduplication"}),
        mutable=_QUEUE,
    ),
    "AWS::SQS::QueuePolicy": _policy_of("Queues", _put_queue_policy),
    "AWS::SNS::Topic": Row(
        apply=_topic,
        delete=lambda c: c.call("sns", "delete_topic", TopicArn=c.name()),
        fixed=frozenset({"TopicName"}),
        mutable=_TOPIC,
    ),
    "AWS::SNS::TopicPolicy": _policy_of("Topics", _put_topic_policy),
    "AWS::SNS::Subscription": Row(
        apply=_subscription,
        delete=lambda c: c.call("sns", "unsubscribe", SubscriptionArn=c.name()),
        fixed=frozenset({"TopicArn", "Protocol", "Endpoint"}),
        mutable=_SUBSCRIPTION,
    ),
}
