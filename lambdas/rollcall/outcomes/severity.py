"""How loud an incident is. The tables are the policy; the code below only reads them."""

from __future__ import annotations

from rollcall.events.monitored import BY_NAME
from rollcall.events.signal import TAMPERING, Cause, Signal
from rollcall.model.levels import Severity
from rollcall.outcomes.verdicts import Verdict

_AFTER_AN_EDIT = {
    Verdict.SET: Severity.MEDIUM,
    Verdict.UNDONE: Severity.MEDIUM,
    Verdict.WOULD_SET: Severity.MEDIUM,
    Verdict.PENDING: Severity.MEDIUM,
    Verdict.UNREADABLE: Severity.MEDIUM,
    Verdict.UNREACHABLE: Severity.MEDIUM,
    Verdict.BLOCKED: Severity.HIGH,
    Verdict.FAILED: Severity.HIGH,
    Verdict.EXEMPT: Severity.LOW,
    Verdict.DENIED: Severity.LOW,
    Verdict.UNRECORDED_WRITE: Severity.CRITICAL,
}

_AFTER_A_ROSTER_CHANGE = {
    Verdict.SET: Severity.INFO,
    Verdict.WOULD_SET: Severity.INFO,
    Verdict.PENDING: Severity.MEDIUM,
    Verdict.UNREADABLE: Severity.MEDIUM,
    Verdict.UNREACHABLE: Severity.MEDIUM,
    Verdict.BLOCKED: Severity.HIGH,
    Verdict.FAILED: Severity.HIGH,
    Verdict.NOTIFIED: Severity.INFO,
    Verdict.DENIED: Severity.LOW,
}

#: Drift that is at least HIGH when silence was bought, or by somebody who may do anything.
_LOUD = frozenset(_AFTER_AN_EDIT) - {Verdict.EXEMPT, Verdict.DENIED}
#: Reverted like anyone's, but expected: nobody is woken for an authorised changer.
_EXPECTED = frozenset({Verdict.SET, Verdict.UNDONE, Verdict.WOULD_SET, Verdict.PENDING})


def find_severity(
    *, signal: Signal, verdict: Verdict, management_account: str, authorised: bool
) -> Severity | None:
    """Severity of one outcome, None if nobody needs to be told."""
    if signal.cause is Cause.SWEPT:
        return None  # one notice sums up the run
    if signal.cause is Cause.MONITORED:
        return (
            BY_NAME[signal.event.name].severity
            if verdict is Verdict.NOTIFIED
            else _AFTER_AN_EDIT.get(verdict)
        )
    if signal.cause not in TAMPERING:
        renamed = signal.cause is Cause.ACCOUNT_RENAMED and verdict is Verdict.NOTIFIED
        return Severity.LOW if renamed else _AFTER_A_ROSTER_CHANGE.get(verdict)
    if authorised and verdict in _EXPECTED:
        return Severity.INFO
    base = _AFTER_AN_EDIT.get(verdict)
    if base is None or verdict not in _LOUD:
        return base
    loud = (
        signal.cause is Cause.CONTACT_DELETED or signal.actor.root or signal.account_id == management_account
    )
    return max(base, Severity.HIGH) if loud else base


def is_alerted(signal: Signal, verdict: Verdict, *, authorised: bool) -> bool:
    """Whether people are told of such an outcome at all, in whatever account."""
    loud = find_severity(signal=signal, verdict=verdict, management_account="", authorised=authorised)
    return loud is not None
