"""ARNs that follow from the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.model.well_known import INTAKE_BUS_NAME, RECONCILE_ROLE_NAME

if TYPE_CHECKING:
    from rollcall_config.settings import Settings


def intake_bus_arn(settings: Settings) -> str:
    """The hub's intake bus."""
    place = f"{settings.region}:{settings.hub}"
    return f"arn:{settings.partition}:events:{place}:event-bus/{INTAKE_BUS_NAME}"


def reconcile_role_arn(settings: Settings) -> str:
    """The role that writes contacts."""
    return f"arn:{settings.partition}:iam::{settings.hub}:role/{RECONCILE_ROLE_NAME}"
