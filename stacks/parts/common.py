"""What all parts of the hub share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_events as events
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns

    from rollcall_config.settings import Settings
    from stacks.bundle import Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The roles of the functions that tell what they did. `writer` is the only one that writes contacts."""

    writer: iam.Role
    sweep: iam.Role
    control: iam.Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What all parts of the hub share. `roster` is the compiled candidate."""

    settings: Settings
    roster: Mapping[str, Any]
    bundle: Bundle
    topic: sns.Topic
    state: dynamodb.Table
    ledger: s3.Bucket
    reports: s3.Bucket
    outcomes: events.EventBus
    roles: Roles

    def section(self, alarm: str) -> str:
        """Where the runbook is about an alarm: about `NoSweep` at `#alarm-no-sweep`."""
        words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in alarm)
        return f"{self.settings.channels.runbook}#alarm{words}"
