"""Events that Rollcall cannot undo and only alerts: name, severity and next steps of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rollcall.model.levels import Severity

_ACCOUNT: Final = "account.amazonaws.com"
_ORGANIZATIONS: Final = "organizations.amazonaws.com"

#: The services whose delegation and trusted access Rollcall lives on.
OUR_PRINCIPALS: Final = frozenset({_ACCOUNT, "member.org.stacksets.cloudformation.amazonaws.com"})

#: The kind of policy that the guardrail is.
GUARDRAIL_TYPE: Final = "SERVICE_CONTROL_POLICY"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredEvent:
    """The alert of one event: `headline` is what happened.

    `ours_only`: only for a service of ours; `guardrail_only`: only if it may have been the guardrail.
    """

    severity: Severity
    headline: str
    next_step: str
    ours_only: bool = False
    guardrail_only: bool = False


_BLIND = (
    "Rollcall cannot read or set contacts any more. If nobody planned this, treat the principal above as "
)
_BLIND += "compromised; then run `rollcall setup` with credentials of the management account."

_UNGUARDED = (
    "Members may be able to change their own contacts now; Rollcall still undoes it. If nobody planned this, "
    "treat the principal above as compromised, and deploy RollcallManagement again."
)

MONITORED_EVENTS: Final = {
    (_ACCOUNT, "PutContactInformation"): MonitoredEvent(
        severity=Severity.MEDIUM,
        headline="primary contact changed",
        next_step="Rollcall does not manage the primary contact: look at it in the console of the account.",
    ),
    (_ACCOUNT, "StartPrimaryEmailUpdate"): MonitoredEvent(
        severity=Severity.HIGH,
        headline="change of the root e-mail started",
        next_step="Who owns the root e-mail can take the account. If nobody planned this, stop the principal "
        "above now, before the code is entered that AWS sent to the new address.",
    ),
    (_ACCOUNT, "AcceptPrimaryEmailUpdate"): MonitoredEvent(
        severity=Severity.HIGH,
        headline="root e-mail changed",
        next_step="Who owns the root e-mail can take the account. If nobody planned this, call AWS Support.",
    ),
    (_ACCOUNT, "EnableRegion"): MonitoredEvent(
        severity=Severity.LOW,
        headline="Region switched on",
        next_step="Ask whether it was meant: attackers use Regions that nobody watches.",
    ),
    (_ACCOUNT, "DisableRegion"): MonitoredEvent(
        severity=Severity.LOW,
        headline="Region switched off",
        next_step="Ask whether it was meant: what runs there cannot be reached any more.",
    ),
    (_ORGANIZATIONS, "CloseAccount"): MonitoredEvent(
        severity=Severity.MEDIUM,
        headline="account is being closed",
        next_step="It can be reopened for 90 days, if it was not meant.",
    ),
    (_ORGANIZATIONS, "AccountDepartedOrganization"): MonitoredEvent(
        severity=Severity.MEDIUM,
        headline="account left the organization",
        next_step="Rollcall does not reach it any more. If it was not meant, invite it again.",
    ),
    (_ORGANIZATIONS, "DeregisterDelegatedAdministrator"): MonitoredEvent(
        severity=Severity.CRITICAL,
        headline="Rollcall disarmed, its delegated administrator deregistered",
        next_step=_BLIND,
        ours_only=True,
    ),
    (_ORGANIZATIONS, "DisableAWSServiceAccess"): MonitoredEvent(
        severity=Severity.CRITICAL,
        headline="Rollcall disarmed, its trusted access switched off",
        next_step=_BLIND,
        ours_only=True,
    ),
    (_ORGANIZATIONS, "DetachPolicy"): MonitoredEvent(
        severity=Severity.CRITICAL,
        headline="guardrail detached",
        next_step=_UNGUARDED,
        guardrail_only=True,
    ),
    (_ORGANIZATIONS, "UpdatePolicy"): MonitoredEvent(
        severity=Severity.CRITICAL,
        headline="guardrail changed",
        next_step=_UNGUARDED,
        guardrail_only=True,
    ),
    (_ORGANIZATIONS, "DeletePolicy"): MonitoredEvent(
        severity=Severity.CRITICAL,
        headline="a policy deleted, maybe the guardrail",
        next_step="If it was the guardrail: " + _UNGUARDED[0].lower() + _UNGUARDED[1:],
        guardrail_only=True,
    ),
    (_ORGANIZATIONS, "DisablePolicyType"): MonitoredEvent(
        severity=Severity.CRITICAL,
        headline="guardrail switched off, and every other service control policy with it",
        next_step=_UNGUARDED + " What else was attached has to be attached anew.",
        guardrail_only=True,
    ),
}

#: The same by event name, which is all that an incident carries.
BY_NAME: Final = {name: watch for (_, name), watch in MONITORED_EVENTS.items()}
