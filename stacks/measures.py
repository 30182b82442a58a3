"""Metrics that alarms and the dashboard look at: our own, and AWS's of what the hub is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from aws_cdk import Duration, Fn
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
_COUNTS: Final = ("FailedInvocations", "InvocationsFailedToBeSentToDlq")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What there is to watch in the hub, by the names that people know it by.

    `tasks` are functions that a state machine invokes, `workers` those that work off a queue; `waiting` are
    these queues with the age of a message that is too much.
    """

    workers: Mapping[str, lambda_.Function]
    tasks: Mapping[str, lambda_.Function]
    waiting: Mapping[str, tuple[sqs.Queue, Duration]]
    dead_letters: Mapping[str, sqs.Queue]
    sweep: sfn.StateMachine

    @property
    def functions(self) -> dict[str, lambda_.Function]:
        """All of them."""
        return {**self.workers, **self.tasks}


def ours(
    metric: Metric, statistic: str = "Sum", *, period: Duration = PERIOD, label: str | None = None
) -> cloudwatch.Metric:
    """A metric that the functions write."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric,
        dimensions_map={DIMENSION: SERVICES[metric]},
        statistic=statistic,
        period=period,
        label=label,
    )


def every(stack: Construct, kind: type[_Node]) -> list[_Node]:
    """All constructs of a kind in the stack: what none of its parts names is watched, too."""
    return [node for node in stack.node.find_all() if isinstance(node, kind)]


def name_of(node: Construct) -> str:
    """What a construct of a part is called, which is the part's own name in the stack."""
    return str(node.node.path.split("/")[1])


def undelivered(rule: events.Rule) -> dict[str, cloudwatch.IMetric]:
    """Events that a rule matched and that its target, or even its dead-letter queue, did not take.

    One expression of an alarm may have ten metrics, so that there is one for each rule.
    """
    return {f"m{number}": _of_rule(rule, name) for number, name in enumerate(_COUNTS)}


def _of_rule(rule: events.Rule, name: str) -> cloudwatch.Metric:
    """EventBridge names the bus of a rule in its metrics unless that is the default bus.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    """
    resource = rule.node.default_child
    if not isinstance(resource, events.CfnRule):
        raise TypeError(f"{rule.node.path} is no rule")
    bus = resource.event_bus_name
    # The ARN ends in rule/NAME, or in rule/BUS/NAME; what Ref gives is for CloudFormation alone.
    parts = Fn.split("/", resource.attr_arn)
    return cloudwatch.Metric(
        namespace="AWS/Events",
        metric_name=name,
        dimensions_map={"EventBusName": bus, "RuleName": Fn.select(2, parts)}
        if bus
        else {"RuleName": Fn.select(1, parts)},
        statistic="Sum",
        period=PERIOD,
        label=f"{name_of(rule)}: {name}",
    )
