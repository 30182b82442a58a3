"""Every alert that was mailed is also in Slack, no faster than Slack's rate limit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from localcloud.story.scene import DemoStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.story.scene import Scene

_PATIENCE_SECONDS = 180.0  # one message a second, and what came too early waits


def play_chat(scene: Scene) -> Iterator[DemoStep]:
    """Wait for as many messages in Slack as there were mails."""
    scene.stage.show("the same alerts in Slack")
    alerts, started = len(scene.cloud.mail.list_messages()), time.monotonic()
    scene.wait(lambda: len(scene.cloud.slack.list_messages()) >= alerts, _PATIENCE_SECONDS)
    expected, observed = f"{alerts} messages", f"{len(scene.cloud.slack.list_messages())} messages"
    yield DemoStep(
        name="the same alerts in Slack",
        expected=expected,
        observed=observed,
        seconds=round(time.monotonic() - started, 2),
        ok=observed == expected,
        alerts=(),
    )
