"""The SNS topic that people and paging services subscribe to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.nag import accept

if TYPE_CHECKING:
    from collections.abc import Sequence


class AlertTopic(Construct):
    """An encrypted topic. CloudWatch alarms of this account and granted roles publish to it.

    AWS sends each of `addresses` a confirmation mail first.
    """

    def __init__(self, scope: Construct, id_: str, *, addresses: Sequence[str]) -> None:
        super().__init__(scope, id_)
        key = kms.Key(
            self,
            "Key",
            description="Alerts of Rollcall",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        self.topic = sns.Topic(self, "Topic", display_name="Rollcall", master_key=key, enforce_ssl=True)
        for address in addresses:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))
        accept(
            self.topic,
            pack="Serverless",
            rule="SNSRedrivePolicy",
            reason="An alarm on mail that was refused would be sent to the same mailbox; each alert is also"
            " an event on the outcome bus, and an alarm counts what was not delivered.",
        )
        self._admit_alarms(key)

    def _admit_alarms(self, key: kms.Key) -> None:
        # An alarm on a topic with the AWS-managed key is dropped without a trace; with our key CloudWatch
        # must be let in by the key and by the topic. CloudWatch sends aws:SourceAccount to both.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        cloudwatch = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        of_this_account = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsEncrypt",
                principals=[cloudwatch],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # in a key policy: this key
                conditions=of_this_account,
            )
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[cloudwatch],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions=of_this_account,
            )
        )
