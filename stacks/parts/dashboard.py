"""One page for whoever is woken: is it working, what happened, who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns

from rollcall.outcomes.metrics import Metric
from rollcall.outcomes.verdicts import Left, Verdict, select
from stacks.measures import PERIOD, Watched, every, name_of, ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

_WHOLE, _THIRD = 24, 8
_HEIGHT: Final = 6
_DAY: Final = Duration.days(1)
#: What the log says of contacts that are as they should be, or that the roster leaves alone.
_QUIET: Final = sorted(
    select(lambda meaning: meaning.severity == (None, None) and meaning.left in (Left.RIGHT, Left.ALONE))
    | {Verdict.EXEMPT}
)
_TOLD: Final = (
    'filter message = "outcome" and verdict not in [' + ", ".join(f'"{one}"' for one in _QUIET) + "]"
)


def add_dashboard(stack: Construct, watched: Watched) -> cloudwatch.Dashboard:
    """The dashboard of everything in the stack by now; the alarms must be there."""
    return cloudwatch.Dashboard(
        stack,
        "Dashboard",
        default_interval=Duration.days(7),
        widgets=[
            [_heading("Is it working?")],
            [_alarms(stack)],
            [_sweeps(), _restores(), _waiting(watched)],
            [_broken(watched), _dead_letters(watched), _told(stack)],
            [_heading("What happened?")],
            [_found()],
            [_latest(watched.workers["Reconcile"])],
            [_heading("Who did it?")],
            [_who(watched.workers["Reconcile"])],
        ],
    )


def _heading(text: str) -> cloudwatch.TextWidget:
    return cloudwatch.TextWidget(markdown=f"## {text}", width=_WHOLE, height=1)


def _alarms(stack: Construct) -> cloudwatch.AlarmStatusWidget:
    alarms = every(stack, cloudwatch.Alarm)
    return cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=_WHOLE, height=4)


def _graph(
    title: str, metrics: Sequence[cloudwatch.IMetric], *, stacked: bool = False
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title, left=list(metrics), stacked=stacked, width=_THIRD, height=_HEIGHT
    )


def _sweeps() -> cloudwatch.GraphWidget:
    return _graph(
        "Sweeps a day",
        [
            ours(Metric.SWEEP_FINISHED, period=_DAY, label="finished"),
            ours(Metric.SWEEP_FAILED, period=_DAY, label="with a failed step"),
            ours(Metric.SWEEP_HELD, period=_DAY, label="plans held"),
        ],
    )


def _restores() -> cloudwatch.GraphWidget:
    return _graph(
        "Time to restore (ms)",
        [ours(Metric.RESTORE_MILLISECONDS, statistic, label=statistic) for statistic in ("p50", "p99")],
    )


def _waiting(watched: Watched) -> cloudwatch.GraphWidget:
    return _graph(
        "Oldest message (s)",
        [
            queue.metric_approximate_age_of_oldest_message(
                statistic=cloudwatch.Stats.MAXIMUM, period=PERIOD, label=name
            )
            for name, (queue, _) in watched.waiting.items()
        ],
    )


def _broken(watched: Watched) -> cloudwatch.GraphWidget:
    return _graph(
        "Errors and throttles",
        [
            metric
            for name, function in watched.functions.items()
            for metric in (
                function.metric_errors(period=PERIOD, label=f"{name} errors"),
                function.metric_throttles(period=PERIOD, label=f"{name} throttles"),
            )
        ],
    )


def _dead_letters(watched: Watched) -> cloudwatch.GraphWidget:
    return _graph(
        "Dead letters",
        [
            queue.metric_approximate_number_of_messages_visible(
                statistic=cloudwatch.Stats.MAXIMUM, period=PERIOD, label=name
            )
            for name, queue in watched.dead_letters.items()
        ],
    )


def _told(stack: Construct) -> cloudwatch.GraphWidget:
    return _graph(
        "Alerts",
        [
            metric
            for topic in every(stack, sns.Topic)
            for metric in (
                topic.metric_number_of_messages_published(period=PERIOD, label=f"{name_of(topic)} published"),
                topic.metric_number_of_notifications_failed(
                    period=PERIOD, label=f"{name_of(topic)} refused by an address"
                ),
            )
        ],
    )


def _found() -> cloudwatch.SingleValueWidget:
    return cloudwatch.SingleValueWidget(
        title="Contacts in a day",
        metrics=[
            ours(Metric.RESTORE_MILLISECONDS, "SampleCount", period=_DAY, label="set back after a change"),
            ours(Metric.STANDOFFS, period=_DAY, label="changed again in a standoff"),
            ours(Metric.SWEEP_UNANNOUNCED, period=_DAY, label="found by the sweep, announced by no event"),
            ours(Metric.CONTACTS_UNREADABLE, period=_DAY, label="not readable"),
        ],
        width=_WHOLE,
        height=3,
    )


def _latest(reconcile: lambda_.Function) -> cloudwatch.LogQueryWidget:
    return _query(
        "Latest outcomes",
        reconcile,
        "fields @timestamp, account_id, kind, verdict, actor, incident_id",
        _TOLD,
        "sort @timestamp desc",
        "limit 50",
    )


def _who(reconcile: lambda_.Function) -> cloudwatch.LogQueryWidget:
    return _query(
        "Changes by whom",
        reconcile,
        _TOLD,
        "stats count(*) as contacts, count_distinct(account_id) as accounts, max(@timestamp) as latest"
        " by actor, actor_kind, verdict",
        "sort contacts desc",
        "limit 50",
    )


def _query(title: str, function: lambda_.Function, *lines: str) -> cloudwatch.LogQueryWidget:
    return cloudwatch.LogQueryWidget(
        title=title,
        log_group_names=[function.log_group.log_group_name],
        query_lines=list(lines),
        view=cloudwatch.LogQueryVisualizationType.TABLE,
        width=_WHOLE,
        height=_HEIGHT,
    )
