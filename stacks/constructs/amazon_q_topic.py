"""The topic that Amazon Q Developer in chat applications subscribes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.nag import accept

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms


class AmazonQTopic(Construct):
    """A topic for custom notifications only: Amazon Q drops every other body without an error.

    Without a channel that it is connected to, subscribe Amazon Q to the topic by hand.
    """

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey | None) -> None:
        super().__init__(scope, id_)
        self.topic = sns.Topic(self, "Topic", display_name="Rollcall", master_key=key, enforce_ssl=True)
        accept(
            self.topic,
            pack="Serverless",
            rule="SNSRedrivePolicy",
            reason="Amazon Q takes what the topic has; each alert is also on the alert topic.",
        )

    def connect_slack(self, *, workspace: str, channel: str) -> None:
        """Send what is published to a Slack channel; both are ids."""
        chatbot.SlackChannelConfiguration(
            self,
            "Configuration",
            slack_channel_configuration_name="rollcall",
            slack_workspace_id=workspace,
            slack_channel_id=channel,
            notification_topics=[self.topic],
            guardrail_policies=[self._make_guardrail()],
            role=self._add_role(),
            user_role_required=False,
        )

    def connect_teams(self, *, tenant: str, team: str, channel: str) -> None:
        """Send what is published to a channel of Microsoft Teams; all are ids."""
        chatbot.CfnMicrosoftTeamsChannelConfiguration(
            self,
            "Configuration",
            configuration_name="rollcall-teams",
            teams_tenant_id=tenant,
            team_id=team,
            teams_channel_id=channel,
            sns_topic_arns=[self.topic.topic_arn],
            guardrail_policies=[self._make_guardrail().managed_policy_arn],
            iam_role_arn=self._add_role().role_arn,
            user_role_required=False,
        )

    def _make_guardrail(self) -> iam.IManagedPolicy:
        # Members of the channel may only read: the role allows nothing, and the guardrail denies
        # everything that is added to the role later.
        return iam.ManagedPolicy.from_aws_managed_policy_name("AWSDenyAll")

    def _add_role(self) -> iam.Role:
        return iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"))
