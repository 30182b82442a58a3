"""What one account must know of another before it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws
from aws_cdk import aws_events as events

from rollcall.model.well_known import INTAKE_BUS_NAME, MANAGEMENT_ROLE_NAME, RECONCILE_ROLE_NAME

if TYPE_CHECKING:
    from constructs import Construct

    from rollcall_config.settings import Settings


def intake_bus_of(scope: Construct, settings: Settings, *, hub: str | None = None) -> events.IEventBus:
    """The hub's intake bus as another account or stack names it; `hub` is an expression for its account."""
    return events.EventBus.from_event_bus_arn(scope, "IntakeBus", intake_bus_arn(settings, hub=hub))


def intake_bus_arn(settings: Settings, *, hub: str | None = None) -> str:
    """The hub's intake bus."""
    return f"arn:{Aws.PARTITION}:events:{settings.region}:{hub or settings.hub}:event-bus/{INTAKE_BUS_NAME}"


def reconcile_role_arn(settings: Settings) -> str:
    """The role that writes contacts, as the management account names it."""
    return f"arn:{Aws.PARTITION}:iam::{settings.hub}:role/{RECONCILE_ROLE_NAME}"


def management_role_arn(settings: Settings) -> str:
    """The role for the management account's own contacts, whether it exists or not."""
    return f"arn:{Aws.PARTITION}:iam::{settings.management}:role/{MANAGEMENT_ROLE_NAME}"
