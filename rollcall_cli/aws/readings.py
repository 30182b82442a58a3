"""What the contacts are now. Refusals name what the person at the terminal can do about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rollcall.adapters.errors import FIXES, Denial
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Observation, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rollcall.ports import AccountApi

#: Where the fix for a person at a terminal is another one than that for the role of a function.
FOR_A_PERSON: Final = {
    Denial.POLICY: "the policies of these credentials do not allow account:GetAlternateContact here: "
    "allow it on arn:aws:account::MANAGEMENT:account/ORGANIZATION/* or, for the management account itself, "
    "on arn:aws:account::MANAGEMENT:account",
    Denial.SERVICE_CONTROL_POLICY: "a service control policy denies these credentials "
    "account:GetAlternateContact: exempt their role in it",
    Denial.MANAGEMENT_ACCOUNT: "the management account's own contacts are only shown to itself: run this "
    "command with credentials of the management account",
}
_BY_TEXT: Final = {FIXES[denial]: text for denial, text in FOR_A_PERSON.items()}


def read(
    accounts: AccountApi, account_id: str, kinds: Iterable[ContactKind] = tuple(ContactKind)
) -> Mapping[ContactKind, Observation]:
    """Contacts of the account; RetryableError or CommandError if AWS could not be asked."""
    return {kind: _for_a_person(accounts.get(account_id, kind)) for kind in kinds}


def out_of_reach() -> Mapping[ContactKind, Observation]:
    """The contacts of the management account, seen from anywhere else: AWS refuses, so nobody asks."""
    reason = FOR_A_PERSON[Denial.MANAGEMENT_ACCOUNT]
    return {kind: Unreadable(reason=reason, denied=True) for kind in ContactKind}


def _for_a_person(found: Observation) -> Observation:
    if isinstance(found, Unreadable):
        return replace(found, reason=_BY_TEXT.get(found.reason, found.reason))
    return found
