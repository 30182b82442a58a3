"""The stack of member accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import LegacyStackSynthesizer, Stack
from aws_cdk import aws_events as events

from stacks.arns import get_intake_bus_arn
from stacks.constructs.forwarder import Forwarder
from stacks.constructs.members_only import MembersOnly
from stacks.sources import MEMBER_SERVICES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from rollcall_config.settings import Settings


class ForwarderStack(Stack):
    """Account events to the hub, but in no account of `excluded`.

    No assets, no bootstrap and no account in it: any tool can deploy it into any account.
    Hence the legacy synthesizer: the others name deploy roles of a bootstrap (even BootstraplessSynthesizer).
    """

    def __init__(
        self, scope: Construct, id_: str, *, settings: Settings, excluded: Sequence[str] = ()
    ) -> None:
        super().__init__(
            scope,
            id_,
            stack_name="RollcallForwarder",
            description="Rollcall: forwards account events to the hub",
            synthesizer=LegacyStackSynthesizer(),
        )
        bus = events.EventBus.from_event_bus_arn(self, "IntakeBus", get_intake_bus_arn(settings))
        Forwarder(self, "Forwarder", services=MEMBER_SERVICES, intake_bus=bus)
        if excluded:
            MembersOnly(self, "MembersOnly", excluded=excluded)
