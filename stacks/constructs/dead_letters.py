"""A dead-letter queue with an alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.nag import accept

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns


class DeadLetters(Construct):
    """A dead-letter queue. Its first message raises an alarm on `alert_topic`.

    `content` names the messages in the alarm's text; `runbook` is the URL of its runbook section.
    """

    def __init__(
        self, scope: Construct, id_: str, *, content: str, alert_topic: sns.ITopic, runbook: str
    ) -> None:
        super().__init__(scope, id_)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # The longest that SQS keeps a message: a weekend and a holiday must not lose one.
            retention_period=Duration.days(14),
        )
        no_redrive = "This is the last queue: its alarm alerts people, who redrive it."
        accept(self.queue, pack="Serverless", rule="SQSRedrivePolicy", reason=no_redrive)
        accept(self.queue, pack="AwsSolutions", rule="SQS3", reason=no_redrive)
        waiting = self.queue.metric_approximate_number_of_messages_visible(
            statistic=cloudwatch.Stats.MAXIMUM, period=Duration.minutes(1)
        )
        waiting.create_alarm(
            self,
            "Alarm",
            alarm_description=f"Rollcall gave up on {content}: look into the dead-letter queue, redrive it."
            f" {runbook}",
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            # SQS stops publishing for a queue that is idle for six hours; nothing waits in it then.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        ).add_alarm_action(actions.SnsAction(alert_topic))
