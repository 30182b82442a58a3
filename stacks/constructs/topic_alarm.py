"""An alarm that tells people."""

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
    """At `threshold` or above, or `below` it, for so many `periods` in a row; `missing` counts as fine."""

    threshold: float = 1
    periods: int = 1
    below: bool = False
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING


class TopicAlarm(Construct):
    """Tells `topic` about `metric`; `says` is for the people who get it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        metric: cloudwatch.IMetric,
        when: When,
        says: str,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, id_)
        operators = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            "Alarm",
            metric=metric,
            alarm_description=says,
            threshold=when.threshold,
            evaluation_periods=when.periods,
            comparison_operator=operators.LESS_THAN_THRESHOLD
            if when.below
            else operators.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=when.missing,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))
