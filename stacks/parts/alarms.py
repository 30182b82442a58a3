"""Alarms about Rollcall itself: it fails, or it waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from constructs import Construct

from rollcall.outcomes.metrics import Metric
from stacks.constructs.topic_alarm import TopicAlarm, When
from stacks.measures import (
    PERIOD,
    MonitoredResources,
    find_all,
    get_name,
    make_metric,
    make_throttles_metric,
    make_undelivered_metric,
)

if TYPE_CHECKING:
    from stacks.parts.common import Common

#: Half a day later than a daily sweep is due. CloudWatch looks back 7 days at most, and at periods of an hour
#: or more if it is longer than a day.
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
_HOURS_WITHOUT_SWEEP: Final = 36
_SLOW: Final = Duration.minutes(5)
_ONCE: Final = When()
#: Periods in which a queue was never empty.
_BACKLOG: Final = When(periods=2)
#: One data point for each run, which holds until the next one.
_PER_RUN: Final = When(missing=cloudwatch.TreatMissingData.IGNORE)


class Alarms(Construct):
    """All alarms except those of the dead-letter queues, each with a link to its runbook section.

    Each metric of an alarm is paid by the month, in an expression too: none is there that another implies.
    """

    def __init__(self, scope: Construct, id_: str, *, common: Common, monitored: MonitoredResources) -> None:
        super().__init__(scope, id_)
        self._common = common
        self._add_machines(monitored)
        self._add_contacts()
        self._add_functions(monitored)
        self._add_deliveries(monitored)

    def _add_machines(self, monitored: MonitoredResources) -> None:
        for name, text in (
            ("Sweep", "A sweep failed: it ended without a report, or one of its steps failed five times."),
            ("Command", "A command, or a check of the pause and of overdue alerts, failed five times."),
        ):
            self._add(f"{name}Failed", monitored.machines[name].metric_failed(period=PERIOD), text)
        self._add(
            "NoSweep",
            make_metric(Metric.SWEEP_FINISHED, period=Duration.hours(1)),
            f"No sweep has finished for {_HOURS_WITHOUT_SWEEP} hours (one that hangs is stopped after 24):"
            " changes without an event are not found."
            " Expected once, between the first deployment and the end of the first sweep.",
            when=When(
                below=True,
                periods=_HOURS_WITHOUT_SWEEP,
                missing=cloudwatch.TreatMissingData.BREACHING,
            ),
        )
        self._add(
            "SweepHeld",
            make_metric(Metric.SWEEP_HELD),
            "A plan is pending approval. Run: rollcall status",
            when=_PER_RUN,
        )

    def _add_contacts(self) -> None:
        self._add(
            "ContactsUnreadable",
            make_metric(Metric.CONTACTS_UNREADABLE),
            "The last sweep could not read some contacts. It is not known whether they are compliant.",
            when=_PER_RUN,
        )
        self._add(
            "RepeatedEdits",
            make_metric(Metric.REPEATED_EDITS),
            "A contact is edited repeatedly. Rollcall restores it each time, after a longer backoff.",
        )
        self._add(
            "SlowRestores",
            make_metric(Metric.RESTORE_MILLISECONDS, "p99"),
            f"Contacts were restored more than {_SLOW.to_minutes()} minutes after the edit.",
            when=When(threshold=_SLOW.to_milliseconds()),
        )

    def _add_functions(self, monitored: MonitoredResources) -> None:
        for name, function in monitored.workers.items():
            self._add(
                f"{name}Errors",
                function.metric_errors(period=PERIOD),
                f"The function {name} ended with an error. Its work is retried, or reported as failed.",
                anchor="Errors",
            )
        self._add(
            "Throttles",
            make_throttles_metric(),
            "Lambda throttles functions of this account: it may have no concurrency left for Rollcall's.",
            when=When(periods=3),
        )

    def _add_deliveries(self, monitored: MonitoredResources) -> None:
        for name, (queue, age) in monitored.waiting.items():
            # Without an age: a message about a new or renamed account comes back for hours by design, and in
            # between it is not visible.
            self._add(
                f"{name}Waits",
                queue.metric_approximate_age_of_oldest_message(
                    statistic=cloudwatch.Stats.MAXIMUM, period=PERIOD
                )
                if age
                else queue.metric_approximate_number_of_messages_visible(
                    statistic=cloudwatch.Stats.MINIMUM, period=PERIOD
                ),
                f"A message for {name} has waited for more than {age.to_minutes()} minutes."
                if age
                else f"Messages for {name} have waited for {_BACKLOG.periods * 5} minutes.",
                anchor="Waits",
                when=When(threshold=age.to_seconds()) if age else _BACKLOG,
            )
        for rule in find_all(self, events.Rule):
            self._add(
                f"{get_name(rule)}Undelivered",
                make_undelivered_metric(rule),
                f"EventBridge could not deliver events of the rule {get_name(rule)}. It keeps what it can in"
                " the dead-letter queue.",
                anchor="UndeliveredEvents",
            )
        for topic in find_all(self, sns.Topic):
            self._add(
                f"{get_name(topic)}Refused",
                topic.metric_number_of_notifications_failed(period=PERIOD),
                "SNS could not deliver alerts: an address or an endpoint refuses them.",
                anchor="UndeliveredAlerts",
            )

    def _add(
        self,
        id_: str,
        metric: cloudwatch.IMetric,
        text: str,
        *,
        anchor: str | None = None,
        when: When = _ONCE,
    ) -> None:
        description = f"Rollcall: {text} {self._common.get_runbook_link(anchor or id_)}"
        TopicAlarm(self, id_, metric=metric, when=when, description=description, topic=self._common.topic)
