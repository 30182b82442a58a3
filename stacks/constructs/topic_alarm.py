"""A CloudWatch alarm that notifies an SNS topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The condition of an alarm: the metric is at `threshold` or above it, for `periods` in a row.

    With `below` it is below the threshold. `missing` says how periods without data count.
    """

    threshold: float = 1
    periods: int = 1
    below: bool = False
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING


class TopicAlarm(Construct):
    """Notifies `topic` about `metric`; `description` is the text of the notification."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        metric: cloudwatch.IMetric,
        when: When,
        description: str,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, id_)
        operators = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            "Alarm",
            metric=metric,
            alarm_description=description,
            threshold=when.threshold,
            evaluation_periods=when.periods,
            comparison_operator=operators.LESS_THAN_THRESHOLD
            if when.below
            else operators.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=when.missing,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))
