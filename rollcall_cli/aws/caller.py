"""Whose credentials a command runs with: the hub's, the management account's, or the wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from rollcall_config.settings import Settings


class Position(StrEnum):
    """Where the caller stands in the organization."""

    HUB = "hub"
    MANAGEMENT = "management"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who calls. `arn` is AWS's name for them."""

    account: str
    position: Position
    arn: str

    @property
    def partition(self) -> str:
        """That of the credentials: aws, aws-cn or aws-us-gov."""
        return self.arn.split(":", 2)[1]


def identify(sts: Any, settings: Settings) -> Identity:
    """Ask AWS who calls; CommandError if it is neither the hub nor the management account."""
    answer = sts.get_caller_identity()
    account = str(answer["Account"])
    positions = {settings.hub: Position.HUB, settings.management: Position.MANAGEMENT}
    if account not in positions:
        raise CommandError(
            f"these are credentials of account {account}",
            fix=f"use credentials of the hub account {settings.hub} or of the management account "
            f"{settings.management}, for example with --profile; if {account} is one of them, correct "
            "organization.yaml",
        )
    return Identity(account=account, position=positions[account], arn=str(answer["Arn"]))
