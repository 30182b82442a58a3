"""The key `channels` of `config/organization.yaml`."""

# No postponed annotations here: pydantic reads them, and ruff would move what they name out of reach.
from typing import Annotated

from pydantic import Field

from rollcall_config.channel_values import ChannelId, MinSeverity, PageUrl, SecretArn, WorkspaceId
from rollcall_config.validation import Strict


class SnsChannel(Strict):
    """The alert topic."""

    min_severity: MinSeverity = "INFO"


class ChatChannel(Strict):
    """A topic of custom notifications, and with a workspace the configuration of Amazon Q for it."""

    workspace: WorkspaceId | None = None
    channel: ChannelId | None = None
    min_severity: MinSeverity = "INFO"


class SlackChannel(Strict):
    """Slack itself, by a webhook or a bot's token in the secret."""

    secret: SecretArn
    channel: ChannelId | None = None
    min_severity: MinSeverity = "INFO"


class Channels(Strict):
    """Each channel, and where the runbook can be read on the web."""

    runbook: PageUrl | None = None
    sns: Annotated[SnsChannel, Field(description="min_severity: INFO")] = SnsChannel()
    chat: Annotated[ChatChannel, Field(description="workspace, channel and min_severity")] | None = None
    slack: Annotated[SlackChannel, Field(description="secret, channel and min_severity")] | None = None
