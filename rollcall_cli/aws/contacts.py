"""Contacts as the command reads them, who can write them, and what helps against a refusal."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from rollcall.adapters.errors import FIXES, Denial
from rollcall.model.contact import ALTERNATE_KINDS, ContactKind
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


_READ, _READ_PRIMARY = "account:GetAlternateContact", "account:GetContactInformation"
#: Fixes for a person at a terminal, where they differ from those for the role of a function. They name the
#: call that reads alternate contacts.
OPERATOR_FIXES: Final = {
    Denial.POLICY: f"the policies of these credentials do not allow {_READ} here: "
    "allow it on arn:aws:account::MANAGEMENT:account/ORGANIZATION/* or, for the management account itself, "
    "on arn:aws:account::MANAGEMENT:account",
    Denial.SERVICE_CONTROL_POLICY: f"a service control policy denies these credentials {_READ}: "
    "exempt their role in it",
    Denial.MANAGEMENT_ACCOUNT: "only the management account can read its own contacts: run this "
    "command with credentials of the management account",
}
_BY_TEXT: Final = {FIXES[denial]: text for denial, text in OPERATOR_FIXES.items()}


def read_contacts(
    accounts: AccountApi | None, account_id: str, kinds: Iterable[ContactKind]
) -> Mapping[ContactKind, Observation]:
    """Return the contacts of the account; RetryableError or CommandError if AWS does not answer.

    Without an API, those of the management account are unreadable: AWS shows them to that account only.
    """
    if accounts is None:
        reason = OPERATOR_FIXES[Denial.MANAGEMENT_ACCOUNT]
        return {kind: Unreadable(reason=reason, denied=True) for kind in kinds}
    return {kind: _rephrase(accounts.get(account_id, kind), kind) for kind in kinds}


def _rephrase(found: Observation, kind: ContactKind) -> Observation:
    if not isinstance(found, Unreadable):
        return found
    reason = _BY_TEXT.get(found.reason, found.reason)
    primary = kind not in ALTERNATE_KINDS
    return replace(found, reason=reason.replace(_READ, _READ_PRIMARY) if primary else reason)
