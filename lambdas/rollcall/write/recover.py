"""Finish what an earlier delivery began: every intent ends in an outcome, whatever killed its worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.model.desired import Unreadable, matches
from rollcall.model.errors import RecordRefusedError
from rollcall.outcomes.verdicts import Verdict
from rollcall.write.apply_change import SET_REASON, AppliedChange, make_outcome, record_outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.decide.intent import Intent
    from rollcall.events.signal import Signal
    from rollcall.ports import Delivery
    from rollcall.write.apply_change import Writer


def recover(account_id: str, delivery: Delivery, writer: Writer) -> Sequence[tuple[Signal, AppliedChange]]:
    """Finish the open intents of an account that this delivery may take over, each with its own signal.

    An intent that was not carried out is closed here and not returned: its message decides anew.
    RetryableError if a contact could not be read because AWS was busy or broken.
    """
    now = writer.clock.now()
    takeable = [
        intent
        for intent in writer.intents.list_open_intents(account_id)
        if intent.can_take_over(by=delivery.message_id, now=now)
    ]
    finished = [(intent, _recover(intent, writer)) for intent in takeable]
    return [(intent.signal, acted) for intent, acted in finished if acted is not None]


def _recover(intent: Intent, writer: Writer) -> AppliedChange | None:
    now_there = writer.accounts.get(intent.signal.account_id, intent.kind)
    try:
        # The worker may have died between the two records: the pair in the ledger is completed first.
        writer.ledger.record_intent(intent)
    except RecordRefusedError as error:
        return AppliedChange(outcome=make_outcome(intent, Verdict.PENDING, str(error)), urgent=True)
    claimable = intent.request_id is None
    if isinstance(now_there, Unreadable):
        outcome = make_outcome(intent, Verdict.UNREADABLE, now_there.reason)
        return record_outcome(intent, outcome, writer, claimable=claimable)
    if matches(now_there, intent.wanted):
        writer.own_writes.mark_restored(intent, at=writer.clock.now())
        outcome = make_outcome(intent, Verdict.SET, SET_REASON, verified=True)
        return record_outcome(intent, outcome, writer, claimable=claimable)
    if intent.request_id is not None:
        outcome = make_outcome(intent, Verdict.SET, "set, and changed again since", verified=False)
        return record_outcome(intent, outcome, writer)
    outcome = make_outcome(intent, Verdict.NOT_WRITTEN, "the worker ended before the contact was set")
    acted = record_outcome(intent, outcome, writer, claimable=claimable)
    if acted.intent is None:
        return acted
    writer.intents.close_intent(intent, claimable=claimable, at=writer.clock.now())
    return None
