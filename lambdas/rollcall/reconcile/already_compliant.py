"""Alerts of edits whose contact is compliant already: who made it so, and what the alert says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rollcall.contact.record import SKEW, ContactRecord, KnownEdit, KnownWrite
from rollcall.decide.intent import WriteState
from rollcall.events.signal import Cause, Signal, compute_age, parse_time
from rollcall.model.desired import Absent
from rollcall.model.errors import SoonError
from rollcall.outcomes.verdicts import Verdict
from rollcall.reconcile.backoff import describe_undone, find_repeated_incident
from rollcall.reconcile.preconditions import make_denied
from rollcall.write.apply_change import UNKNOWN_REASON, AppliedChange
from rollcall.write.look import STALE

if TYPE_CHECKING:
    from rollcall.outcomes.outcome import Outcome


def explain_compliant(
    outcome: Outcome,
    record: ContactRecord,
    *,
    signal: Signal,
    looked_at: datetime,
    now: datetime,
    kept: bool,
) -> AppliedChange:
    """Every edit is alerted, however right the contact is now; a copy of its event is not.

    A call that failed inside of AWS counts as refused, unless a write of ours followed it. `outcome` says
    that it is compliant; `kept` is whether the roster keeps a value of it as found.
    """
    at, edit = parse_time(signal), record.find_edit(signal.event.key)
    if edit is not None and edit.published not in (None, str(Verdict.BACKED_OFF)):
        return AppliedChange(outcome=replace(outcome, reason="alerted before"), record=record)
    write = record.find_undoing(at)
    surely_later = write is not None and at is not None and write.at - SKEW > at
    fresh_in = STALE - compute_age(signal, looked_at)
    if not surely_later and fresh_in > timedelta(0):
        reason = "it is right, and a read so soon after the change may be older than it"
        soon = SoonError(reason, seconds=int(fresh_in.total_seconds()) + 1)
        # No `found`: it may be older than the change.
        outcome = replace(outcome, verdict=Verdict.PENDING, reason=reason, found=None)
        return AppliedChange(outcome=outcome, record=record, soon=soon)
    if signal.unsure and write is None:
        denied = make_denied(signal)
        explained = replace(outcome, verdict=denied.verdict, reason=denied.reason)
    else:
        explained = _explain_who(outcome, record, signal, write)
    repeated = None
    if kept:
        # No event says what a kept value was before: our writes leave it, and another edit may have, too.
        reason = "the change may be in values that the roster keeps"
        if explained.verdict is not Verdict.SET_BY_OTHERS:
            reason = f"{reason}; of the others: {explained.reason}"
        explained = replace(explained, verdict=Verdict.KEPT_EDITED, reason=reason)
    elif write is not None:
        repeated = find_repeated_incident(record, signal.actor.principal, now)
    return AppliedChange(outcome=explained, record=record, repeated_incident_id=repeated)


def _explain_who(
    outcome: Outcome, record: ContactRecord, signal: Signal, write: KnownWrite | None
) -> Outcome:
    """Who made the contact right after the edit: our `write`, others, or the edit itself."""
    if write is not None:
        sure = write.state is WriteState.WRITTEN
        reason = describe_undone(write, parse_time(signal)) if sure else UNKNOWN_REASON
        return replace(outcome, verdict=Verdict.UNDONE, reason=reason)
    others = record.list_beside(signal.event.key)
    deleted = signal.cause is Cause.CONTACT_DELETED
    # Something else followed this edit: a delete leaves the contact absent, any other edit leaves it present.
    if deleted is not isinstance(outcome.found, Absent) or others:
        who = ", ".join(dict.fromkeys(other.principal for other in others)) or "unknown, no event of it came"
        return replace(
            outcome,
            verdict=Verdict.CHANGED_BACK,
            reason=f"it is compliant again; also changed by: {who}",
            # Who made the other change may be nobody that the roster names.
            authorised=outcome.authorised and not record.list_mistaken(signal.event.key),
            beside_root=any(_is_loud_beside(other, authorised=outcome.authorised) for other in others),
        )
    reason = "the change set the contact of the roster"
    return replace(outcome, verdict=Verdict.SET_BY_OTHERS, reason=reason)


def _is_loud_beside(other: KnownEdit, *, authorised: bool) -> bool:
    """Whether a root user's edit makes this alert loud: beside an authorised one its own alert does."""
    return other.root and (not authorised or other.published == Verdict.SET_BY_OTHERS)
