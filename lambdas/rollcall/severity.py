"""How loud an incident is. The table is the policy; the code below only reads it."""

from __future__ import annotations

from enum import IntEnum

from rollcall.plan import Verdict
from rollcall.signals import TAMPERING, Cause, Signal


class Severity(IntEnum):
    """In order, so that the loudest of several is their maximum."""

    INFO = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5


_TAMPERED = {
    Verdict.SET: Severity.MEDIUM,
    Verdict.WOULD_SET: Severity.MEDIUM,
    Verdict.PENDING: Severity.MEDIUM,
    Verdict.UNREADABLE: Severity.MEDIUM,
    Verdict.UNREACHABLE: Severity.MEDIUM,
    Verdict.FAILED: Severity.HIGH,
    Verdict.EXEMPT: Severity.LOW,
    Verdict.DENIED: Severity.LOW,
    Verdict.UNRECORDED_WRITE: Severity.CRITICAL,
}

_ROSTER_CHANGED = {
    Verdict.SET: Severity.INFO,
    Verdict.WOULD_SET: Severity.INFO,
    Verdict.PENDING: Severity.MEDIUM,
    Verdict.UNREADABLE: Severity.MEDIUM,
    Verdict.UNREACHABLE: Severity.MEDIUM,
    Verdict.FAILED: Severity.HIGH,
}

#: Drift that is at least HIGH: silence bought, or somebody who may do anything.
_LOUD = frozenset(_TAMPERED) - {Verdict.EXEMPT, Verdict.DENIED}


def severity(*, signal: Signal, verdict: Verdict, management_account: str) -> Severity | None:
    """Severity of one outcome, None if nobody needs to be told."""
    if signal.cause not in TAMPERING:
        return _ROSTER_CHANGED.get(verdict)
    base = _TAMPERED.get(verdict)
    if base is None or verdict not in _LOUD:
        return base
    loud = (
        signal.cause is Cause.CONTACT_DELETED or signal.actor.root or signal.account_id == management_account
    )
    return max(base, Severity.HIGH) if loud else base
