"""The dashboard: is Rollcall working, what happened, who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from rollcall.outcomes.metrics import Metric
from rollcall.outcomes.verdicts import Left, Verdict, select
from stacks.measures import PERIOD, MonitoredResources, find_all, get_name, make_metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_lambda as lambda_

_WHOLE, _THIRD = 24, 8
_HEIGHT: Final = 6
_DAY: Final = Duration.days(1)
#: Verdicts in the log on contacts that are compliant, or that the roster does not manage.
_QUIET: Final = sorted(
    select(lambda meaning: meaning.severity == (None, None) and meaning.left in (Left.RIGHT, Left.ALONE))
    | {Verdict.EXEMPT}
)
_ALERTED: Final = (
    'filter message = "outcome" and verdict not in [' + ", ".join(f'"{one}"' for one in _QUIET) + "]"
)


class Dashboard(Construct):
    """Graphs of all resources of the stack. Create it last, after the alarms."""

    def __init__(self, scope: Construct, id_: str, *, monitored: MonitoredResources) -> None:
        super().__init__(scope, id_)
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            default_interval=Duration.days(7),
            widgets=[
                [_make_heading("Is it working?")],
                [_show_alarms(self)],
                [_show_sweeps(), _show_restores(), _show_waiting(monitored)],
                [_show_errors(monitored), _show_dead_letters(monitored), _show_alerts(self)],
                [_make_heading("What happened?")],
                [_show_contacts()],
                [_show_outcomes(monitored.workers["Reconcile"])],
                [_make_heading("Who did it?")],
                [_show_actors(monitored.workers["Reconcile"])],
            ],
        )


def _make_heading(text: str) -> cloudwatch.TextWidget:
    return cloudwatch.TextWidget(markdown=f"## {text}", width=_WHOLE, height=1)


def _show_alarms(scope: Construct) -> cloudwatch.AlarmStatusWidget:
    alarms = find_all(scope, cloudwatch.Alarm)
    return cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=_WHOLE, height=4)


def _make_graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=_THIRD, height=_HEIGHT)


def _show_sweeps() -> cloudwatch.GraphWidget:
    return _make_graph(
        "Sweeps a day",
        [
            make_metric(Metric.SWEEP_FINISHED, period=_DAY, label="finished"),
            make_metric(Metric.SWEEP_FAILED, period=_DAY, label="with a failed step"),
            make_metric(Metric.SWEEP_HELD, period=_DAY, label="plans pending approval"),
        ],
    )


def _show_restores() -> cloudwatch.GraphWidget:
    return _make_graph(
        "Time to restore (ms)",
        [
            make_metric(Metric.RESTORE_MILLISECONDS, statistic, label=statistic)
            for statistic in ("p50", "p99")
        ],
    )


def _show_waiting(monitored: MonitoredResources) -> cloudwatch.GraphWidget:
    return _make_graph(
        "Oldest message (s)",
        [
            queue.metric_approximate_age_of_oldest_message(
                statistic=cloudwatch.Stats.MAXIMUM, period=PERIOD, label=name
            )
            for name, (queue, _) in monitored.waiting.items()
        ],
    )


def _show_errors(monitored: MonitoredResources) -> cloudwatch.GraphWidget:
    return _make_graph(
        "Errors and throttles",
        [
            metric
            for name, function in monitored.functions.items()
            for metric in (
                function.metric_errors(period=PERIOD, label=f"{name} errors"),
                function.metric_throttles(period=PERIOD, label=f"{name} throttles"),
            )
        ],
    )


def _show_dead_letters(monitored: MonitoredResources) -> cloudwatch.GraphWidget:
    return _make_graph(
        "Dead letters",
        [
            queue.metric_approximate_number_of_messages_visible(
                statistic=cloudwatch.Stats.MAXIMUM, period=PERIOD, label=name
            )
            for name, queue in monitored.dead_letters.items()
        ],
    )


def _show_alerts(scope: Construct) -> cloudwatch.GraphWidget:
    return _make_graph(
        "Alerts",
        [
            metric
            for topic in find_all(scope, sns.Topic)
            for metric in (
                topic.metric_number_of_messages_published(
                    period=PERIOD, label=f"{get_name(topic)} published"
                ),
                topic.metric_number_of_notifications_failed(
                    period=PERIOD, label=f"{get_name(topic)} refused by the endpoint"
                ),
            )
        ],
    )


def _show_contacts() -> cloudwatch.SingleValueWidget:
    return cloudwatch.SingleValueWidget(
        title="Contacts in a day",
        metrics=[
            make_metric(
                Metric.RESTORE_MILLISECONDS, "SampleCount", period=_DAY, label="restored after an edit"
            ),
            make_metric(Metric.REPEATED_EDITS, period=_DAY, label="edited repeatedly"),
            make_metric(Metric.SWEEP_DRIFT, period=_DAY, label="found by the sweep only"),
            make_metric(Metric.CONTACTS_UNREADABLE, period=_DAY, label="not readable"),
        ],
        width=_WHOLE,
        height=3,
    )


def _show_outcomes(reconcile: lambda_.Function) -> cloudwatch.LogQueryWidget:
    return _make_query(
        "Latest outcomes",
        reconcile,
        "fields @timestamp, account_id, kind, verdict, actor, incident_id",
        _ALERTED,
        "sort @timestamp desc",
        "limit 50",
    )


def _show_actors(reconcile: lambda_.Function) -> cloudwatch.LogQueryWidget:
    return _make_query(
        "Changes by principal",
        reconcile,
        _ALERTED,
        "stats count(*) as contacts, count_distinct(account_id) as accounts, max(@timestamp) as latest"
        " by actor, actor_kind, verdict",
        "sort contacts desc",
        "limit 50",
    )


def _make_query(title: str, function: lambda_.Function, *lines: str) -> cloudwatch.LogQueryWidget:
    return cloudwatch.LogQueryWidget(
        title=title,
        log_group_names=[function.log_group.log_group_name],
        query_lines=list(lines),
        view=cloudwatch.LogQueryVisualizationType.TABLE,
        width=_WHOLE,
        height=_HEIGHT,
    )
