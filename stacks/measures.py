"""Metrics that alarms and the dashboard show: Rollcall's own, and AWS's of the hub's resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from aws_cdk import Duration, Fn, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events

from rollcall.outcomes.metrics import DIMENSION, NAMESPACE, SERVICES, Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn
    from constructs import Construct

_Node = TypeVar("_Node")

PERIOD: Final = Duration.minutes(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredResources:
    """Resources of the hub that alarms and the dashboard cover, by display name."""

    #: Functions that read a queue.
    workers: Mapping[str, lambda_.Function]
    #: Functions that a state machine invokes.
    tasks: Mapping[str, lambda_.Function]
    #: Queues of the workers, each with the age of the oldest message that raises an alarm.
    #: Without one, messages that are visible for ten minutes do.
    waiting: Mapping[str, tuple[sqs.Queue, Duration | None]]
    dead_letters: Mapping[str, sqs.Queue]
    #: Each fails when a step of it was tried five times.
    machines: Mapping[str, sfn.StateMachine]

    @property
    def functions(self) -> dict[str, lambda_.Function]:
        """Workers and tasks."""
        return {**self.workers, **self.tasks}


def make_metric(
    metric: Metric, statistic: str = "Sum", *, period: Duration = PERIOD, label: str | None = None
) -> cloudwatch.Metric:
    """Return a metric that the functions write."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric,
        dimensions_map={DIMENSION: SERVICES[metric]},
        statistic=statistic,
        period=period,
        label=label,
    )


def find_all(scope: Construct, kind: type[_Node]) -> list[_Node]:
    """Return all constructs of a kind in the stack of `scope`."""
    return [node for node in Stack.of(scope).node.find_all() if isinstance(node, kind)]


def get_name(node: Construct) -> str:
    """Return the ids of the construct's parents in its stack, joined: `SweepStarts`."""
    path = node.node.path.removeprefix(f"{Stack.of(node).node.path}/")
    return "".join(path.split("/")[:-1])


def make_throttles_metric() -> cloudwatch.Metric:
    """Count the throttles of all functions of the account in the Region, who share its concurrency.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    return cloudwatch.Metric(namespace="AWS/Lambda", metric_name="Throttles", statistic="Sum", period=PERIOD)


def make_undelivered_metric(rule: events.Rule) -> cloudwatch.Metric:
    """Count events that a rule matched and its target did not take, whether a dead-letter queue did or not.

    EventBridge names the bus of a rule in its metrics unless that is the default bus.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    """
    resource = rule.node.default_child
    if not isinstance(resource, events.CfnRule):
        raise TypeError(f"{rule.node.path} is no rule")
    bus = resource.event_bus_name
    # The ARN ends in rule/NAME, or in rule/BUS/NAME; Ref gives a value that only CloudFormation uses.
    parts = Fn.split("/", resource.attr_arn)
    return cloudwatch.Metric(
        namespace="AWS/Events",
        metric_name="FailedInvocations",
        dimensions_map={"EventBusName": bus, "RuleName": Fn.select(2, parts)}
        if bus
        else {"RuleName": Fn.select(1, parts)},
        statistic="Sum",
        period=PERIOD,
    )
