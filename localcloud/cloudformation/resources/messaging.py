"""SQS and SNS."""

from collections.abc import Callable
from typing import Any

from localcloud.cloudformation.resource import MadeResource
from localcloud.cloudformation.rows import REQUIRED, ResourceContext, ResourceType

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


def _apply_queue(c: ResourceContext) -> MadeResource:
    fifo = str(c.properties.get("FifoQueue", False)).lower() == "true"
    if c.made:
        url, name = c.made.id, c.made.attributes["QueueName"]
        c.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=c.pick(*_QUEUE))
    else:
        name = c.get_name("QueueName", limit=80, suffix=".fifo" if fifo else "")
        attributes = c.pick(*_QUEUE, *(["FifoQueue", "ContentBasedDeduplication"] if fifo else []))
        url = c.call("sqs", "create_queue", QueueName=name, Attributes=attributes)["QueueUrl"]
    return MadeResource(
        id=url, attributes={"Arn": c.build_arn("sqs", name), "QueueName": name, "QueueUrl": url}
    )


def _apply_topic(c: ResourceContext) -> MadeResource:
    if c.made:
        arn = c.made.id
        for key, value in c.pick(*_TOPIC).items():
            c.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName=key, AttributeValue=value)
    else:
        name = c.get_name("TopicName", limit=256)
        arn = c.call("sns", "create_topic", Name=name, Attributes=c.pick(*_TOPIC))["TopicArn"]
    return MadeResource(id=arn, attributes={"TopicArn": arn, "TopicName": arn.rsplit(":", 1)[1]})


def _apply_subscription(c: ResourceContext) -> MadeResource:
    attributes = c.pick(*_SUBSCRIPTION)
    if c.made:
        for key, value in attributes.items():
            name = {"AttributeName": key, "AttributeValue": value}
            c.call("sns", "set_subscription_attributes", SubscriptionArn=c.made.id, **name)
        return c.made
    where = c.pick("TopicArn", "Protocol", "Endpoint")
    answer = c.call("sns", "subscribe", **where, Attributes=attributes, ReturnSubscriptionArn=True)
    return MadeResource(id=answer["SubscriptionArn"], attributes={"Arn": answer["SubscriptionArn"]})


def _make_policy_row(targets: str, put: Callable[[ResourceContext, str, Any], Any]) -> ResourceType:
    """The type of a policy resource, which names the queues or topics that it is for."""

    def apply(c: ResourceContext) -> MadeResource:
        for target in c.previous.get(targets, []):
            if target not in c.properties[targets]:
                put(c, target, "")
        for target in c.properties[targets]:
            put(c, target, c.properties["PolicyDocument"])
        return MadeResource(id=c.get_name(), attributes={"Id": c.get_name()})

    def delete(c: ResourceContext) -> None:
        for target in c.properties[targets]:
            put(c, target, "")

    return ResourceType(apply=apply, delete=delete, mutable={"PolicyDocument": REQUIRED, targets: REQUIRED})


def _put_queue_policy(c: ResourceContext, url: str, policy: Any) -> None:
    c.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": policy})


def _put_topic_policy(c: ResourceContext, arn: str, policy: Any) -> None:
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
    "AWS::SQS::Queue": ResourceType(
        apply=_apply_queue,
        delete=lambda c: c.call("sqs", "delete_queue", QueueUrl=c.get_name()),
        fixed=frozenset({"QueueName", "FifoQueue", "ContentBasedDeduplication"}),
        mutable=_QUEUE,
    ),
    "AWS::SQS::QueuePolicy": _make_policy_row("Queues", _put_queue_policy),
    "AWS::SNS::Topic": ResourceType(
        apply=_apply_topic,
        delete=lambda c: c.call("sns", "delete_topic", TopicArn=c.get_name()),
        fixed=frozenset({"TopicName"}),
        mutable=_TOPIC,
    ),
    "AWS::SNS::TopicPolicy": _make_policy_row("Topics", _put_topic_policy),
    "AWS::SNS::Subscription": ResourceType(
        apply=_apply_subscription,
        delete=lambda c: c.call("sns", "unsubscribe", SubscriptionArn=c.get_name()),
        fixed=frozenset({"TopicArn", "Protocol", "Endpoint"}),
        mutable=_SUBSCRIPTION,
    ),
}
