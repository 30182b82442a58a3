"""Severity of an outcome: its verdict's, raised or lowered by what happened, where and who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.events.monitored import CLOUDFORMATION, Scope, get_monitored
from rollcall.events.signal import TAMPERING, Cause, Signal
from rollcall.model.contact import ContactKind
from rollcall.model.levels import Severity
from rollcall.outcomes.verdicts import VERDICTS, Left, Verdict

if TYPE_CHECKING:
    from rollcall.outcomes.outcome import Outcome


def find_severity(signal: Signal | None, outcome: Outcome, *, management_account: str) -> Severity | None:
    """Severity of one outcome of a signal, None if nobody is alerted."""
    if signal is None or signal.cause is Cause.SWEPT:
        return None  # nothing of ours happened, or one notice sums up the run
    verdict = outcome.verdict
    if signal.cause is Cause.MONITORED:
        if verdict is not Verdict.NOTIFIED:
            return VERDICTS[verdict].severity[0]
        monitored = get_monitored(signal.event.name)
        # Deployments of Rollcall do this, and so may a deployment of somebody else.
        deployed = monitored.scope is Scope.PART and signal.actor.via == CLOUDFORMATION
        return min(monitored.severity, Severity.MEDIUM) if deployed else monitored.severity
    if signal.cause not in TAMPERING:
        renamed = signal.cause is Cause.ACCOUNT_RENAMED and verdict is Verdict.NOTIFIED
        return Severity.LOW if renamed else VERDICTS[verdict].severity[1]
    if outcome.authorised and VERDICTS[verdict].expected and not outcome.beside_root:
        return Severity.INFO
    base = VERDICTS[verdict].severity[0]
    powerful = signal.actor.root or signal.account_id == management_account
    if verdict is Verdict.CHANGED_BACK:
        loud = powerful or outcome.beside_root
    else:
        loud = base is not None and base >= Severity.MEDIUM and (powerful or _does_harm(signal, verdict))
    return max(base, Severity.HIGH) if loud and base is not None else base


def _does_harm(signal: Signal, verdict: Verdict) -> bool:
    """Whether a contact that matters is not restored: AWS reaches nobody, or somebody else."""
    matters = signal.cause is Cause.CONTACT_DELETED or signal.kind in (None, ContactKind.SECURITY)
    return matters and VERDICTS[verdict].left in (Left.WRONG, Left.SOON)
