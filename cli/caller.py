"""Whose credentials a command runs with: the hub's, the management account's, or the wrong ones."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cli.problems import CommandError

if TYPE_CHECKING:
    from stacks.settings import Settings


class Position(StrEnum):
    """Where the caller stands in the organization."""

    HUB = "hub"
    MANAGEMENT = "management"


def position_of(sts: Any, settings: Settings) -> Position:
    """Ask AWS who calls; CommandError if it is neither the hub nor the management account."""
    account = str(sts.get_caller_identity()["Account"])
    positions = {settings.hub: Position.HUB, settings.management: Position.MANAGEMENT}
    if account not in positions:
        raise CommandError(
            f"these are credentials of account {account}",
            fix=f"use credentials of the hub account {settings.hub} or of the management account "
            f"{settings.management}, for example with --profile; if {account} is one of them, correct "
            "organization.yaml",
        )
    return positions[account]
