"""The channels to people: each has its own queue, dead letters, function and role.

A channel that is down delays no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from rollcall.model.well_known import INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE, OUTCOME_SOURCE
from rollcall.runtime.environment import NotifyEnvironment
from rollcall_config.settings import BATCHES
from stacks import grants
from stacks.arns import get_redrive_role_arn
from stacks.constructs.amazon_q_topic import AmazonQTopic
from stacks.constructs.bus_to_queue import BusToQueue
from stacks.constructs.closed_queue import close_queue
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.function_role import FunctionRole
from stacks.constructs.inbox import Inbox
from stacks.constructs.worker import Worker

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns

    from rollcall_config.settings import SlackSettings
    from stacks.parts.common import Common

# Ten messages to an endpoint that does not answer take 50 seconds; a lock on an incident lasts 90.
_TIMEOUT: Final = Duration.seconds(60)
#: Five hours of tries, at most 15 minutes apart: a channel that is down for a night loses nothing, and
#: messages that are then in its dead letters can be redriven.
_TRIES: Final = 30


class Channels(Construct):
    """The channel of the alert topic, which always exists, and the channels that the settings name."""

    def __init__(self, scope: Construct, id_: str, *, common: Common) -> None:
        super().__init__(scope, id_)
        settings = common.settings.channels
        self.notify = self._add_alert_topic(common)
        self.all = [self.notify]
        self.chat_topic: sns.Topic | None = None
        if settings.chat:
            topic = self._add_amazon_q(common, "Chat", min_severity=settings.chat.min_severity)
            if settings.chat.workspace and settings.chat.channel:
                topic.connect_slack(workspace=settings.chat.workspace, channel=settings.chat.channel)
            self.chat_topic = topic.topic
        if settings.teams:
            teams = settings.teams
            topic = self._add_amazon_q(common, "Teams", min_severity=teams.min_severity)
            topic.connect_teams(tenant=teams.tenant, team=teams.team, channel=teams.channel)
        if settings.slack:
            self._add_slack(common, settings.slack)

    def _add_alert_topic(self, common: Common) -> ChannelPath:
        channel = ChannelPath(
            self,
            "Notify",
            common=common,
            channel="sns",
            target=common.topic.topic_arn,
            min_severity=common.settings.channels.sns_min_severity,
            content="alerts",
        )
        grants.publish_alerts(channel.role, topic=common.topic)
        return channel

    def _add_amazon_q(self, common: Common, name: str, *, min_severity: str) -> AmazonQTopic:
        topic = AmazonQTopic(self, f"{name}Topic", key=common.topic.master_key)
        channel = ChannelPath(
            self,
            name,
            common=common,
            channel=name.lower(),
            target=topic.topic.topic_arn,
            min_severity=min_severity,
            content=f"alerts for {name}",
        )
        grants.publish_alerts(channel.role, topic=topic.topic)
        self.all.append(channel)
        return topic

    def _add_slack(self, common: Common, slack: SlackSettings) -> None:
        channel = ChannelPath(
            self,
            "Slack",
            common=common,
            channel="slack",
            target=slack.secret,
            slack=slack,
            min_severity=slack.min_severity,
            content="alerts for Slack",
        )
        channel.role.add_to_policy(
            iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[slack.secret])
        )
        self.all.append(channel)


class ChannelPath(Construct):
    """Outcome bus -> rule -> queue -> function -> one channel.

    `target` is the ARN of a topic, or of the secret with Slack's credential. `content` names the messages
    in the text of the dead-letter alarm.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        common: Common,
        channel: str,
        target: str,
        slack: SlackSettings | None = None,
        min_severity: str,
        content: str,
    ) -> None:
        super().__init__(scope, id_)
        self.name = id_
        self.dead_letters = DeadLetters(
            self,
            "DeadLetters",
            content=content,
            alert_topic=common.topic,
            runbook=common.get_runbook_link("DeadLetters"),
        ).queue
        self.queue = Inbox(
            self,
            "Queue",
            consumer_timeout=_TIMEOUT,
            max_receive_count=_TRIES,
            dead_letters=self.dead_letters,
        ).queue
        rule = BusToQueue(
            self,
            "Incidents",
            bus=common.outcomes,
            pattern=events.EventPattern(
                source=[OUTCOME_SOURCE], detail_type=[INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE]
            ),
            queue=self.queue,
            dead_letters=self.dead_letters,
        ).rule
        close_queue(self.queue, sources=[rule.rule_arn], roles=[get_redrive_role_arn(common.settings)])
        close_queue(self.dead_letters, sources=[rule.rule_arn, self.queue.queue_arn])
        self.role = FunctionRole(self, "Role").role
        self.function = Worker(
            self,
            "Function",
            handler="notify.handler.handler",
            bundle=common.bundle,
            role=self.role,
            environment=NotifyEnvironment(
                state_table=common.state.table_name,
                queue_url=self.queue.queue_url,
                channel=channel,
                target=target,
                slack_channel=(slack and slack.channel) or "none",
                slack_mention=(slack and slack.mention) or "none",
                min_severity=min_severity,
                runbook=common.settings.channels.runbook,
                access_portal=common.settings.access_portal or "none",
            ).as_variables(),
            inboxes={self.queue: BATCHES},
            timeout=_TIMEOUT,
        ).function
        # What one channel sent is no other's to know, or to claim.
        grants.use_items(
            self.role, table=common.state, items={f"alert#{channel}#*": ("PutItem", "UpdateItem")}
        )
