"""What values under `channels` that are each right get wrong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall_config.partitions import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollcall_config.document import Document
    from rollcall_config.faults import Fault


def channel_faults(document: Document, data: Mapping[str, Any], region: Any) -> Iterator[Fault]:
    """Faults of the channels in this Region."""
    channels = data.get("channels")
    if not isinstance(channels, dict):
        return
    yield from _chat(document, channels.get("chat"), region)
    slack = channels.get("slack")
    secret = slack.get("secret") if isinstance(slack, dict) else None
    if isinstance(secret, str) and secret.startswith("arn:") and f":secretsmanager:{region}:" not in secret:
        yield document.fault(
            ("channels", "slack", "secret"), f"is in another Region than {region}, where it is read"
        )


def _chat(document: Document, chat: Any, region: Any) -> Iterator[Fault]:
    if not isinstance(chat, dict):
        return
    if ("workspace" in chat) != ("channel" in chat):
        missing = "channel" if "workspace" in chat else "workspace"
        yield document.fault(
            ("channels", "chat"), f"has no {missing}: give both, or none to subscribe the topic by hand"
        )
    if "workspace" in chat and isinstance(region, str) and PARTITIONS.get(region, "aws") != "aws":
        yield document.fault(
            ("channels", "chat", "workspace"), f"Amazon Q in chat applications is not known to be in {region}"
        )
