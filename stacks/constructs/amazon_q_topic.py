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

    `workspace` and `channel` are Slack ids. Without them, subscribe Amazon Q to the topic by hand.
    """

    def __init__(
        self, scope: Construct, id_: str, *, key: kms.IKey | None, workspace: str | None, channel: str | None
    ) -> None:
        super().__init__(scope, id_)
        self.topic = sns.Topic(self, "Topic", display_name="Rollcall", master_key=key, enforce_ssl=True)
        accept(
            self.topic,
            pack="Serverless",
            rule="SNSRedrivePolicy",
            reason="Amazon Q takes what the topic has; each alert is also on the alert topic.",
        )
        if workspace and channel:
            self._configure(workspace, channel)

    def _configure(self, workspace: str, channel: str) -> None:
        # Members of the channel may only read: the role allows nothing, and the guardrail denies
        # everything that is added to the role later.
        nothing = iam.ManagedPolicy.from_aws_managed_policy_name("AWSDenyAll")
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"))
        chatbot.SlackChannelConfiguration(
            self,
            "Configuration",
            slack_channel_configuration_name="rollcall",
            slack_workspace_id=workspace,
            slack_channel_id=channel,
            notification_topics=[self.topic],
            guardrail_policies=[nothing],
            role=role,
            user_role_required=False,
        )
