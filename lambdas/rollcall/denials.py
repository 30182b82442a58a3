"""Tells the causes of AccessDeniedException apart by AWS's texts, into messages that name the fix.

AWS answers at least six different faults with one code; the texts were seen live in September 2026,
that of a service control policy is AWS's documented wording.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Denial(StrEnum):
    """Why the Account API denied a call."""

    TRUSTED_ACCESS = "trusted-access"
    MANAGEMENT_ACCOUNT = "management-account"
    SERVICE_CONTROL_POLICY = "service-control-policy"
    POLICY = "policy"
    CONTACT_TYPE = "contact-type"
    NOT_DELEGATED = "not-delegated"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    fragment: str
    denial: Denial


_TEXTS = (
    _Text(fragment="must first enable trusted access", denial=Denial.TRUSTED_ACCESS),
    _Text(fragment="can only be managed using the standalone context", denial=Denial.MANAGEMENT_ACCOUNT),
    _Text(fragment="explicit deny in a service control policy", denial=Denial.SERVICE_CONTROL_POLICY),
    _Text(fragment="no service control policy allows", denial=Denial.SERVICE_CONTROL_POLICY),
    _Text(fragment="policy allows the account:", denial=Denial.POLICY),
    _Text(fragment="explicit deny", denial=Denial.POLICY),
    _Text(fragment="invalid Alternate Contact type", denial=Denial.CONTACT_TYPE),
)

FIXES = {
    Denial.TRUSTED_ACCESS: "trusted access is off: in the management account run `aws organizations "
    "enable-aws-service-access --service-principal account.amazonaws.com`",
    Denial.MANAGEMENT_ACCOUNT: "the management account's own contacts can only be reached from inside it: "
    "deploy RollcallManagement there",
    Denial.SERVICE_CONTROL_POLICY: "a service control policy denies the hub account this call: "
    "exempt the role rollcall-reconcile in it",
    Denial.POLICY: "the role's policy does not allow this call on this account: deploy RollcallHub again "
    "with the right organization and management ids",
    Denial.CONTACT_TYPE: "AWS does not know this kind of contact: upgrade Rollcall",
    Denial.NOT_DELEGATED: "the hub is not the delegated administrator of account.amazonaws.com, or the "
    "account is not in the organization: in the management account run `aws organizations "
    "register-delegated-administrator --service-principal account.amazonaws.com --account-id HUB`",
}


def denial_of(message: str) -> Denial:
    """The cause behind the text of an AccessDeniedException.

    A text that names nothing is what a caller without any right over the account gets.
    """
    return next((text.denial for text in _TEXTS if text.fragment in message), Denial.NOT_DELEGATED)
