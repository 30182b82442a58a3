"""How Rollcall gets to the contacts of an account: from the hub, or for one account from inside it."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from rollcall.model.well_known import MANAGEMENT_ROLE_NAME

if TYPE_CHECKING:
    from rollcall_config.settings import Settings


class Reach(Enum):
    """Who may write the contacts of an account."""

    HUB = auto()
    ROLE_INSIDE = auto()
    NOBODY = auto()


#: What is said of accounts that are not like all others.
KEPT_BY: Final = {
    Reach.ROLE_INSIDE: f"the role {MANAGEMENT_ROLE_NAME} in this account, the management account",
    Reach.NOBODY: "nobody: management_role is false in organization.yaml",
}
#: Why nothing is done where nobody may write.
NO_ROLE: Final = (
    "the management account's own contacts can only be reached from inside it: leave out "
    "management_role: false in organization.yaml and deploy RollcallManagement and RollcallHub again"
)


def reach_of(account_id: str, settings: Settings) -> Reach:
    """AWS lets only the management account at its own contacts: a role in it keeps them, if it is wanted."""
    if account_id != settings.management:
        return Reach.HUB
    return Reach.ROLE_INSIDE if settings.management_role else Reach.NOBODY
