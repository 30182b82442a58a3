"""Events that Rollcall cannot undo and tells people of: what each is called, how loud it is, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rollcall.levels import Severity

_ACCOUNT: Final = "account.amazonaws.com"
_ORGANIZATIONS: Final = "organizations.amazonaws.com"

#: The services whose delegation and trusted access Rollcall lives on.
OUR_PRINCIPALS: Final = frozenset({_ACCOUNT, "member.org.stacksets.cloudformation.amazonaws.com"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How one event is told; `headline` takes the account. `ours_only`: only for a service of ours."""

    severity: Severity
    headline: str
    next_step: str
    ours_only: bool = False


_BLIND = (
    "Rollcall cannot read or set contacts any more. If nobody planned this, treat the principal above as "
)
_BLIND += "compromised; then run the setup of the delegated administrator again."

WATCHED: Final = {
    (_ACCOUNT, "PutContactInformation"): Watch(
        severity=Severity.MEDIUM,
        headline="Primary contact of {account} changed",
        next_step="Rollcall does not manage the primary contact: look at it in the console of the account.",
    ),
    (_ACCOUNT, "StartPrimaryEmailUpdate"): Watch(
        severity=Severity.HIGH,
        headline="Change of the root e-mail of {account} was started",
        next_step="Whoever owns the root e-mail can take the account. If nobody planned this, stop it now.",
    ),
    (_ACCOUNT, "AcceptPrimaryEmailUpdate"): Watch(
        severity=Severity.HIGH,
        headline="Root e-mail of {account} was changed",
        next_step="Whoever owns the root e-mail can take the account. If nobody planned this, call AWS Support.",
    ),
    (_ACCOUNT, "PutAccountName"): Watch(
        severity=Severity.LOW,
        headline="Account {account} was renamed",
        next_step="Nothing, unless contacts carry the account's name.",
    ),
    (_ACCOUNT, "EnableRegion"): Watch(
        severity=Severity.LOW,
        headline="A Region was switched on in {account}",
        next_step="Ask whether it was meant: attackers use Regions that nobody watches.",
    ),
    (_ACCOUNT, "DisableRegion"): Watch(
        severity=Severity.LOW,
        headline="A Region was switched off in {account}",
        next_step="Ask whether it was meant: what runs there cannot be reached any more.",
    ),
    (_ORGANIZATIONS, "CloseAccount"): Watch(
        severity=Severity.MEDIUM,
        headline="Account {account} is being closed",
        next_step="It can be reopened for 90 days, if it was not meant.",
    ),
    (_ORGANIZATIONS, "AccountDepartedOrganization"): Watch(
        severity=Severity.MEDIUM,
        headline="Account {account} left the organization",
        next_step="Rollcall does not reach it any more. If it was not meant, its owner must be invited again.",
    ),
    (_ORGANIZATIONS, "DeregisterDelegatedAdministrator"): Watch(
        severity=Severity.CRITICAL,
        headline="Rollcall was disarmed: a delegated administrator was deregistered",
        next_step=_BLIND,
        ours_only=True,
    ),
    (_ORGANIZATIONS, "DisableAWSServiceAccess"): Watch(
        severity=Severity.CRITICAL,
        headline="Rollcall was disarmed: trusted access was switched off",
        next_step=_BLIND,
        ours_only=True,
    ),
}

#: The same by event name, which is all that an incident carries.
BY_NAME: Final = {name: watch for (_, name), watch in WATCHED.items()}
