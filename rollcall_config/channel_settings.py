"""Where alerts go, as the stacks need to know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollcall_config.channel_model import Channels

#: Where the runbook is if nobody says where it can be read on the web.
RUNBOOK = "docs/operations.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """Amazon Q's: `workspace` and `channel` are None where somebody subscribes the topic by hand."""

    min_severity: str
    workspace: str | None
    channel: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """Slack's: the ARN of a secret, and the channel of a bot."""

    min_severity: str
    secret: str
    channel: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """All channels; those that are None are not deployed."""

    runbook: str = RUNBOOK
    sns_min_severity: str = "INFO"
    chat: ChatSettings | None = None
    slack: SlackSettings | None = None

    @classmethod
    def of(cls, model: Channels) -> ChannelSettings:
        """From the checked file."""
        chat, slack = model.chat, model.slack
        return cls(
            runbook=model.runbook or RUNBOOK,
            sns_min_severity=model.sns.min_severity,
            chat=ChatSettings(min_severity=chat.min_severity, workspace=chat.workspace, channel=chat.channel)
            if chat
            else None,
            slack=SlackSettings(min_severity=slack.min_severity, secret=slack.secret, channel=slack.channel)
            if slack
            else None,
        )
