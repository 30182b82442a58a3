"""Outcome bus -> rule -> notify queue -> notify -> topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from aws_cdk import Duration
from aws_cdk import aws_events as events

from rollcall.environment import NotifyEnvironment
from rollcall.names import INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE, OUTCOME_SOURCE
from stacks import grants
from stacks.constructs.bus_to_queue import BusToQueue
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.function_role import FunctionRole
from stacks.constructs.inbox import Inbox
from stacks.constructs.worker import Worker

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from stacks.parts.common import Common

_TIMEOUT: Final = Duration.seconds(30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Who tells people, what waits for it, and what it gave up."""

    function: lambda_.Function
    queue: sqs.Queue
    dead_letters: sqs.Queue

    @classmethod
    def of(cls, stack: Construct, common: Common) -> Self:
        """Make rule, queues and function in the stack."""
        dead_letters = DeadLetters(
            stack, "NotifyDeadLetters", content="alerts", alert_topic=common.topic
        ).queue
        queue = Inbox(
            stack,
            "Notifications",
            consumer_timeout=_TIMEOUT,
            max_receive_count=10,
            dead_letters=dead_letters,
        ).queue
        BusToQueue(
            stack,
            "Incidents",
            bus=common.outcomes,
            pattern=events.EventPattern(
                source=[OUTCOME_SOURCE], detail_type=[INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE]
            ),
            queue=queue,
            dead_letters=dead_letters,
        )
        role = FunctionRole(stack, "NotifyRole").role
        function = Worker(
            stack,
            "Notify",
            handler="notify.handler.handler",
            bundle=common.bundle,
            role=role,
            environment=NotifyEnvironment(
                state_table=common.state.table_name, alert_topic_arn=common.topic.topic_arn
            ).as_variables(),
            inbox=queue,
            timeout=_TIMEOUT,
        ).function
        common.state.grant(
            role, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"
        )
        grants.alert(role, topic=common.topic)
        return cls(function=function, queue=queue, dead_letters=dead_letters)
