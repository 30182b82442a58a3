"""Settings and resources that all parts of the hub share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollcall.model.display import Masks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_events as events
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns

    from rollcall_config.settings import Settings
    from stacks.bundle import Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """Settings and resources that all parts of the hub share."""

    settings: Settings
    #: The compiled candidate.
    roster: Mapping[str, Any]
    bundle: Bundle
    #: The alert topic.
    topic: sns.Topic
    state: dynamodb.Table
    ledger: s3.Bucket
    reports: s3.Bucket
    #: The bus that carries outcomes, incidents and notices.
    outcomes: events.EventBus

    @property
    def masks(self) -> str:
        """What alerts mask."""
        return str((Masks.EVERYTHING if self.settings.mask_roster_contacts else Masks.FOREIGN).value)

    def get_runbook_link(self, alarm: str) -> str:
        """Return the runbook's section about an alarm: `NoSweep` is at `#alarm-no-sweep`."""
        words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in alarm)
        return f"{self.settings.channels.runbook}#alarm{words}"
