"""Tell our own writes from those of somebody who took our role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.errors import RetryableError
from rollcall.outcomes import Outcome
from rollcall.plan import Verdict
from rollcall.signals import TAMPERING

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from rollcall.ports import State
    from rollcall.signals import Signal


def own_write(
    signal: Signal, state: State, *, writer_roles: Collection[str], now: datetime
) -> Outcome | None:
    """The outcome of a signal that our own role gave, None if the contact is to be looked at as usual.

    RetryableError while a write of this contact is still under way: its request id is not stored yet.
    """
    if signal.cause not in TAMPERING:
        return None
    if signal.event.request_id is not None and state.own_write(signal.event.request_id):
        return Outcome(verdict=Verdict.OWN_WRITE, reason="a recorded write of ours", kind=signal.kind)
    if signal.actor.role_arn not in writer_roles:
        return None
    if signal.denied is not None:
        # The worker that got this answer deals with it.
        return Outcome(verdict=Verdict.OWN_WRITE, reason="a refused write of ours", kind=signal.kind)
    open_kinds = {intent.kind for intent in state.open_intents(signal.account_id)}
    if signal.kind in open_kinds or (signal.kind is None and open_kinds):
        raise RetryableError("a write of ours on this contact is still under way")
    if signal.kind is not None and state.claim_write(
        signal.account_id, signal.kind, event_id=signal.event.id, at=now
    ):
        # Most likely a write of ours that was cut off. Not certain, so the contact is looked at all the same.
        return None
    reason = "the writer role changed a contact without a recorded intent: treat the role as stolen"
    return Outcome(verdict=Verdict.UNRECORDED_WRITE, reason=reason, kind=signal.kind)
