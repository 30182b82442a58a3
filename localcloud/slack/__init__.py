"""Slack, as far as alerts go there: a receiver on loopback, as strict as Slack or as broken as it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.slack import secret
from localcloud.slack.receiver import Receiver

if TYPE_CHECKING:
    from localcloud.server import LocalCloud

MESSAGES_FILE = "slack.jsonl"


def install(cloud: LocalCloud) -> None:
    """Listen on a port of its own, which a secret in the hub names; messages go into slack.jsonl."""
    cloud.slack = Receiver(cloud.run_dir / MESSAGES_FILE)
    cloud.on_stop(cloud.slack.close)
    secret.keep(cloud)
