"""The hub as another account names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws
from aws_cdk import aws_events as events

from rollcall.names import INTAKE_BUS_NAME

if TYPE_CHECKING:
    from constructs import Construct

    from stacks.settings import Settings


def intake_bus_of(scope: Construct, settings: Settings) -> events.IEventBus:
    """The hub's intake bus as another account or stack names it."""
    return events.EventBus.from_event_bus_arn(
        scope,
        "IntakeBus",
        f"arn:{Aws.PARTITION}:events:{settings.region}:{settings.hub}:event-bus/{INTAKE_BUS_NAME}",
    )
