"""When to wait and when to leave a signal alone, before any contact is read."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from rollcall.events.monitored import BY_NAME
from rollcall.events.signal import ARRIVAL, Cause, Signal, compute_age, is_provisioning
from rollcall.model.account import AccountState
from rollcall.model.errors import RetryableError, WaitError
from rollcall.model.well_known import GUARDRAIL_NAME
from rollcall.outcomes.outcome import Outcome
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.model.account import Account
    from rollcall.model.roster import Roster
    from rollcall.ports import Organization

#: A new account's forwarder arrives later than the account: what happens until then gives no event.
LOOKS = (timedelta(minutes=15), timedelta(minutes=60))
#: How long a move may take to show in the account's path. Later events win, so it is not awaited for ever.
MOVING = timedelta(minutes=15)


def find_next_look(signal: Signal, now: datetime) -> int | None:
    """Seconds until a new account is to be looked at again, None if it is not."""
    if signal.cause not in ARRIVAL:
        return None
    waits = [
        (look - compute_age(signal, now)).total_seconds() for look in LOOKS if look > compute_age(signal, now)
    ]
    return int(min(waits)) + 1 if waits else None


def notify_only(signal: Signal) -> Outcome | None:
    """The outcome of a signal that asks for no look at all, None if it asks for one."""
    if signal.denied is not None:
        reason = f"AWS refused the call: {signal.denied}"
        return Outcome(verdict=Verdict.DENIED, reason=reason, kind=signal.kind)
    if signal.cause is Cause.MONITORED:
        return Outcome(verdict=Verdict.NOTIFIED, reason="Rollcall cannot undo this")
    return None


def ignore_irrelevant(signal: Signal, roster: Roster) -> Outcome | None:
    """The outcome of a signal that changes nothing under this roster, None if it may."""
    if signal.cause is Cause.ACCOUNT_RENAMED and not roster.uses_names:
        return Outcome(verdict=Verdict.NOTIFIED, reason="no contact of the roster carries the account's name")
    if signal.cause is Cause.ACCOUNT_TAGGED and not roster.uses_tags:
        return Outcome(verdict=Verdict.IGNORED, reason="the roster uses no tags")
    return None


def skip_unknown(signal: Signal, account: Account | None, *, now: datetime) -> Outcome | None:
    """The outcome of a signal whose account the organization does not have, None if it does.

    WaitError if AWS does not yet show what the event says.
    """
    if account is None:
        if is_provisioning(signal, now):
            raise WaitError("the organization does not show the new account yet")
        return Outcome(
            verdict=Verdict.REFUSED, reason="the organization has no such account", kind=signal.kind
        )
    if account.state is AccountState.PENDING_ACTIVATION:
        raise WaitError("the account is not active yet")
    if _is_moving(signal, account) and compute_age(signal, now) < MOVING:
        raise WaitError("the account's path does not show the move yet")
    return None


def _is_moving(signal: Signal, account: Account) -> bool:
    return signal.destination is not None and account.parent_ids[-1] != signal.destination


def ignore_other_policies(signal: Signal, organization: Organization, *, in_use: bool) -> Outcome | None:
    """The outcome of an event about a policy that is not the guardrail, None for every other event.

    `in_use` is whether there is a guardrail at all. One that is not called so any more may have been renamed
    or deleted by this very event, and one that cannot be asked for may be gone: then an alert is sent.
    """
    if signal.cause is not Cause.MONITORED or not BY_NAME[signal.event.name].guardrail_only:
        return None
    if in_use and (signal.policy_id is None or _may_be_guardrail(signal.policy_id, organization)):
        return None
    return Outcome(verdict=Verdict.IGNORED, reason="not the guardrail of Rollcall")


def _may_be_guardrail(policy_id: str, organization: Organization) -> bool:
    with suppress(RetryableError):
        return organization.find_guardrail(GUARDRAIL_NAME) in (None, policy_id)
    return True
