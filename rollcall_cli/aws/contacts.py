"""Contacts as the command reads them, who can write them, and what helps against a refusal."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from rollcall.adapters.errors import FIXES, Denial
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Observation, Unreadable
from rollcall.model.well_known import MANAGEMENT_ROLE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rollcall.ports import AccountApi
    from rollcall_config.settings import Settings


class Reach(Enum):
    """Who can write the contacts of an account."""

    HUB = auto()
    ROLE_INSIDE = auto()
    NOBODY = auto()


#: The words for accounts that the hub does not write directly.
KEPT_BY: Final = {
    Reach.ROLE_INSIDE: f"the role {MANAGEMENT_ROLE_NAME} in this account, the management account",
    Reach.NOBODY: "no role: management_role is false in organization.yaml",
}
#: Why Rollcall cannot write the contacts of the management account.
NO_ROLE: Final = (
    "only the management account can change its own contacts, and there is no role in it: remove "
    "management_role: false from organization.yaml and deploy RollcallHub and RollcallManagement again"
)


def find_reach(account_id: str, settings: Settings) -> Reach:
    """Return who can write the contacts: those of the management account need a role in it."""
    if account_id != settings.management:
        return Reach.HUB
    return Reach.ROLE_INSIDE if settings.management_role else Reach.NOBODY


#: Fixes for a person at a terminal, where they differ from those for the role of a function.
OPERATOR_FIXES: Final = {
    Denial.POLICY: "the policies of these credentials do not allow account:GetAlternateContact here: "
    "allow it on arn:aws:account::MANAGEMENT:account/ORGANIZATION/* or, for the management account itself, "
    "on arn:aws:account::MANAGEMENT:account",
    Denial.SERVICE_CONTROL_POLICY: "a service control policy denies these credentials "
    "account:GetAlternateContact: exempt their role in it",
    Denial.MANAGEMENT_ACCOUNT: "only the management account can read its own contacts: run this "
    "command with credentials of the management account",
}
_BY_TEXT: Final = {FIXES[denial]: text for denial, text in OPERATOR_FIXES.items()}


def read_contacts(
    accounts: AccountApi, account_id: str, kinds: Iterable[ContactKind] = tuple(ContactKind)
) -> Mapping[ContactKind, Observation]:
    """Return the contacts of the account; RetryableError or CommandError if AWS does not answer."""
    return {kind: _rephrase(accounts.get(account_id, kind)) for kind in kinds}


def report_unreachable() -> Mapping[ContactKind, Observation]:
    """Return contacts of the management account as unreadable: AWS shows them to that account only."""
    reason = OPERATOR_FIXES[Denial.MANAGEMENT_ACCOUNT]
    return {kind: Unreadable(reason=reason, denied=True) for kind in ContactKind}


def _rephrase(found: Observation) -> Observation:
    if isinstance(found, Unreadable):
        return replace(found, reason=_BY_TEXT.get(found.reason, found.reason))
    return found
