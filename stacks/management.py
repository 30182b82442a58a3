"""What the management account runs: service-managed StackSets never reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Environment, LegacyStackSynthesizer, Stack

from stacks.addresses import intake_bus_of
from stacks.constructs.forwarder import Forwarder
from stacks.sources import SOURCES

if TYPE_CHECKING:
    from constructs import Construct

    from stacks.settings import Settings


class ManagementStack(Stack):
    """Account, organization and Control Tower events to the hub.

    New and moved accounts show up only on the management account's default bus.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings) -> None:
        super().__init__(
            scope,
            id_,
            description="Rollcall: forwards account and organization events to the hub",
            env=Environment(account=settings.management, region=settings.region),
            synthesizer=LegacyStackSynthesizer(),
        )
        Forwarder(
            self,
            "Forwarder",
            sources=SOURCES,
            intake_bus=intake_bus_of(self, settings),
        )
