"""From the outcome bus to people: each channel with its own queue, dead letters, function and role.

One that is down delays nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam

from rollcall.model.well_known import INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE, OUTCOME_SOURCE
from rollcall.runtime.environment import NotifyEnvironment
from stacks import grants
from stacks.constructs.bus_to_queue import BusToQueue
from stacks.constructs.channel_chat_topic import ChatTopic
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.function_role import FunctionRole
from stacks.constructs.inbox import Inbox
from stacks.constructs.worker import Worker

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from rollcall_config.channel_settings import ChatSettings, SlackSettings
    from stacks.parts.common import Common

# Ten messages to somebody who does not answer take 50 seconds; a hold on an incident lasts 90.
_TIMEOUT: Final = Duration.seconds(60)
#: Five hours of tries, at most 15 minutes apart: a channel that is down for a night loses nothing, and
#: what is then in its dead letters can be redriven.
_TRIES: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What tells people on one channel; `name` is how its constructs begin."""

    name: str
    function: lambda_.Function
    role: iam.Role
    queue: sqs.Queue
    dead_letters: sqs.Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channel:
    """One channel: what its function is told, and what its constructs are called."""

    channel: str
    target: str
    minimum: str
    slack_channel: str = "none"
    function: str
    queue: str
    rule: str
    content: str


def channels(stack: Construct, common: Common) -> list[Telling]:
    """Make the alert topic's channel, which is always there, and those that the settings name."""
    settings = common.settings.channels
    told = [_alert_topic(stack, common)]
    if settings.chat and common.topic.master_key:
        told.append(_chat(stack, common, settings.chat, common.topic.master_key))
    if settings.slack:
        told.append(_slack(stack, common, settings.slack))
    return told


def _alert_topic(stack: Construct, common: Common) -> Telling:
    told = _channel(
        stack,
        common,
        _Channel(
            channel="sns",
            target=common.topic.topic_arn,
            minimum=common.settings.channels.sns_min_severity,
            function="Notify",
            queue="Notifications",
            rule="Incidents",
            content="alerts",
        ),
    )
    grants.alert(told.role, topic=common.topic)
    return told


def _chat(stack: Construct, common: Common, chat: ChatSettings, key: kms.IKey) -> Telling:
    topic = ChatTopic(stack, "ChatTopic", key=key, workspace=chat.workspace, channel=chat.channel).topic
    told = _channel(
        stack,
        common,
        _Channel(
            channel="chat",
            target=topic.topic_arn,
            minimum=chat.min_severity,
            function="Chat",
            queue="ChatMessages",
            rule="ChatIncidents",
            content="alerts for the chat",
        ),
    )
    grants.alert(told.role, topic=topic)
    CfnOutput(stack, "ChatTopicArn", value=topic.topic_arn)
    return told


def _slack(stack: Construct, common: Common, slack: SlackSettings) -> Telling:
    told = _channel(
        stack,
        common,
        _Channel(
            channel="slack",
            target=slack.secret,
            minimum=slack.min_severity,
            slack_channel=slack.channel or "none",
            function="Slack",
            queue="SlackMessages",
            rule="SlackIncidents",
            content="alerts for Slack",
        ),
    )
    told.role.add_to_policy(
        iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[slack.secret])
    )
    return told


def _channel(stack: Construct, common: Common, one: _Channel) -> Telling:
    """Outcome bus -> rule -> queue -> function -> channel."""
    dead_letters = DeadLetters(
        stack,
        f"{one.function}DeadLetters",
        content=one.content,
        alert_topic=common.topic,
        runbook=common.section("DeadLetters"),
    ).queue
    queue = Inbox(
        stack, one.queue, consumer_timeout=_TIMEOUT, max_receive_count=_TRIES, dead_letters=dead_letters
    ).queue
    BusToQueue(
        stack,
        one.rule,
        bus=common.outcomes,
        pattern=events.EventPattern(
            source=[OUTCOME_SOURCE], detail_type=[INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE]
        ),
        queue=queue,
        dead_letters=dead_letters,
    )
    role = FunctionRole(stack, f"{one.function}Role").role
    function = Worker(
        stack,
        one.function,
        handler="notify.handler.handler",
        bundle=common.bundle,
        role=role,
        environment=NotifyEnvironment(
            state_table=common.state.table_name,
            queue_url=queue.queue_url,
            channel=one.channel,
            target=one.target,
            slack_channel=one.slack_channel,
            min_severity=one.minimum,
            runbook=common.settings.channels.runbook,
        ).as_variables(),
        inbox=queue,
        timeout=_TIMEOUT,
    ).function
    common.state.grant(role, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
    return Telling(name=one.function, function=function, role=role, queue=queue, dead_letters=dead_letters)
