"""Tell our own writes from those of somebody who took our role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.events.signal import TAMPERING
from rollcall.model.contact import ContactKind
from rollcall.model.errors import WaitError
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from rollcall.events.signal import Signal
    from rollcall.ports import Delivery
    from rollcall.write.apply_change import IntentMemory, OwnWriteMemory


def find_own_write(
    signal: Signal,
    delivery: Delivery,
    *,
    intents: IntentMemory,
    own_writes: OwnWriteMemory,
    writer_roles: Collection[str],
    now: datetime,
) -> Outcome | None:
    """The outcome of a signal that our own role gave, None if the contact is to be looked at as usual.

    WaitError while a write of this contact is still under way: its request id is not stored yet.
    """
    if signal.cause not in TAMPERING:
        return None
    if signal.event.request_id is not None and own_writes.is_own_write(signal.event.request_id):
        return Outcome(verdict=Verdict.OWN_WRITE, reason="a recorded call of ours", kind=signal.kind)
    if signal.actor.role_arn not in writer_roles:
        return None
    # What this very event led to is no reason to wait for it.
    open_kinds = {
        intent.kind
        for intent in intents.list_open_intents(signal.account_id)
        if intent.owner != delivery.message_id and intent.signal.event.key != signal.event.key
    }
    if signal.kind in open_kinds or (signal.kind is None and open_kinds):
        raise WaitError("a write of ours on this contact is still under way")
    if signal.denied is not None:
        return None
    kinds = [signal.kind] if signal.kind else list(ContactKind)
    if any(
        own_writes.claim_write(signal.account_id, kind, event_key=signal.event.key, at=now) for kind in kinds
    ):
        # Most likely a write of ours that was cut off. Not certain, so the contact is looked at all the same.
        return None
    return make_unrecorded(signal)


def make_unrecorded(signal: Signal) -> Outcome:
    """The outcome of a write by our role that nobody recorded."""
    reason = "the writer role changed a contact without a recorded intent: treat the role as stolen"
    return Outcome(verdict=Verdict.UNRECORDED_WRITE, reason=reason, kind=signal.kind)
