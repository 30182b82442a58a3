"""Slack: a receiver on loopback that is as strict as Slack, or fails as a test asks it to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.slack import secret
from localcloud.slack.receiver import SlackReceiver

if TYPE_CHECKING:
    from localcloud.cloud.interface import Cloud

MESSAGES_FILE = "slack.jsonl"


def install(cloud: Cloud) -> SlackReceiver:
    """Listen on a port of its own, which a secret in the hub names; messages go into slack.jsonl."""
    receiver = SlackReceiver(cloud.run_dir / MESSAGES_FILE)
    cloud.on_stop(receiver.close)
    secret.install(cloud, receiver)
    return receiver
