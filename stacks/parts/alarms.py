"""What wakes people although nobody touched a contact: Rollcall itself does not work, or waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from constructs import Construct

from rollcall.outcomes.metrics import Metric
from stacks.constructs.topic_alarm import TopicAlarm, When
from stacks.measures import PERIOD, Watched, every, name_of, ours, undelivered

if TYPE_CHECKING:
    from stacks.parts.common import Common

#: Half a day later than a daily sweep is due. CloudWatch looks back 7 days at most, and at periods of an hour
#: or more if it is longer than a day.
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
_HOURS_WITHOUT_SWEEP: Final = 36
#: A step is invoked once and tried four times more; then the sweep goes on without it.
_TRIES: Final = 5
_SLOW: Final = Duration.minutes(5)
_ONCE: Final = When()
#: One data point for each run, which holds until the next one.
_PER_RUN: Final = When(missing=cloudwatch.TreatMissingData.IGNORE)


class Alarms:
    """Makes the alarms, each with the section of the runbook that says what to do."""

    def __init__(self, stack: Construct, common: Common) -> None:
        self._stack, self._scope = stack, Construct(stack, "Alarms")
        self._topic = common.topic
        self._section = common.section

    def watch(self, watched: Watched) -> None:
        """Make every alarm but those of the dead-letter queues, which bring their own."""
        self._sweep(watched)
        self._contacts()
        self._functions(watched)
        self._deliveries(watched)

    def _sweep(self, watched: Watched) -> None:
        self._add(
            "SweepFailed",
            watched.sweep.metric_failed(period=PERIOD),
            "A sweep failed: it ended without its report, or a step of it was given up.",
        )
        self._add(
            "SweepTimedOut",
            watched.sweep.metric_timed_out(period=PERIOD),
            "A sweep was still running after 24 hours and was stopped.",
        )
        self._add(
            "NoSweep",
            ours(Metric.SWEEP_FINISHED, period=Duration.hours(1)),
            f"No sweep has finished for {_HOURS_WITHOUT_SWEEP} hours: what no event announced is not found."
            " Expected once, between the first deployment and the end of the first sweep.",
            when=When(
                below=True,
                periods=_HOURS_WITHOUT_SWEEP,
                missing=cloudwatch.TreatMissingData.BREACHING,
            ),
        )
        self._add(
            "SweepHeld",
            ours(Metric.SWEEP_HELD),
            "A plan waits for somebody to approve it: rollcall status.",
            when=_PER_RUN,
        )

    def _contacts(self) -> None:
        self._add(
            "ContactsUnreadable",
            ours(Metric.CONTACTS_UNREADABLE),
            "The last sweep could not read some contacts: whether they are right is not known.",
            when=_PER_RUN,
        )
        self._add(
            "Standoff",
            ours(Metric.STANDOFFS),
            "Somebody keeps changing a contact back: it is set back again, later each time.",
        )
        self._add(
            "SlowRestores",
            ours(Metric.RESTORE_MILLISECONDS, "p99"),
            f"Contacts were set back later than {_SLOW.to_minutes()} minutes after they had been changed.",
            when=When(threshold=_SLOW.to_milliseconds()),
        )

    def _functions(self, watched: Watched) -> None:
        for name, function in watched.functions.items():
            tries = _TRIES if name in watched.tasks else 1
            self._add(
                f"{name}Errors",
                function.metric_errors(period=PERIOD),
                f"The function {name} broke off. What it was at is tried again, or told as given up.",
                anchor="Errors",
                when=When(threshold=tries),
            )
            self._add(
                f"{name}Throttles",
                function.metric_throttles(period=PERIOD),
                f"Lambda does not let the function {name} run: the account's concurrency is used up.",
                anchor="Throttles",
                when=When(periods=3),
            )

    def _deliveries(self, watched: Watched) -> None:
        for name, (queue, age) in watched.waiting.items():
            self._add(
                f"{name}Waits",
                queue.metric_approximate_age_of_oldest_message(
                    statistic=cloudwatch.Stats.MAXIMUM, period=PERIOD
                ),
                f"A message for {name} has waited for more than {age.to_minutes()} minutes.",
                anchor="Waits",
                when=When(threshold=age.to_seconds()),
            )
        for rule in every(self._stack, events.Rule):
            metrics = undelivered(rule)
            self._add(
                f"{name_of(rule)}Undelivered",
                cloudwatch.MathExpression(
                    expression=f"SUM([{', '.join(metrics)}])", using_metrics=metrics, period=PERIOD
                ),
                f"EventBridge gave up on events of the rule {name_of(rule)}. What it could keep of them is in"
                " the dead letters.",
                anchor="UndeliveredEvents",
            )
        for topic in every(self._stack, sns.Topic):
            self._add(
                f"{name_of(topic)}Refused",
                topic.metric_number_of_notifications_failed(period=PERIOD),
                "SNS could not deliver alerts: an address or an endpoint refuses them.",
                anchor="UndeliveredAlerts",
            )

    def _add(
        self,
        id_: str,
        metric: cloudwatch.IMetric,
        says: str,
        *,
        anchor: str | None = None,
        when: When = _ONCE,
    ) -> None:
        says = f"Rollcall: {says} {self._section(anchor or id_)}"
        TopicAlarm(self._scope, id_, metric=metric, when=when, says=says, topic=self._topic)
