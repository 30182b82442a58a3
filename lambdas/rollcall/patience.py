"""When to wait and when to leave a signal alone, before any contact is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rollcall.account import AccountState
from rollcall.errors import WaitError
from rollcall.outcomes import Outcome
from rollcall.plan import Verdict
from rollcall.signals import ARRIVAL, Cause, Signal

if TYPE_CHECKING:
    from rollcall.account import Account
    from rollcall.roster import Roster

#: A new account answers AccessDenied for some minutes (seen by others); it is not believed for two hours.
SETTLING = timedelta(hours=2)
#: A new account's forwarder arrives later than the account: what happens until then gives no event.
LOOKS = (timedelta(minutes=15), timedelta(minutes=60))
#: How long a move may take to show in the account's path. Later events win, so it is not awaited for ever.
MOVING = timedelta(minutes=15)


def settling(signal: Signal, now: datetime) -> bool:
    """Whether the account of this signal is so new that AWS may not know it everywhere."""
    return signal.cause in ARRIVAL and _age(signal, now) < SETTLING


def next_look(signal: Signal, now: datetime) -> int | None:
    """Seconds until a new account is to be looked at again, None if it is not."""
    if signal.cause not in ARRIVAL:
        return None
    waits = [(look - _age(signal, now)).total_seconds() for look in LOOKS if look > _age(signal, now)]
    return int(min(waits)) + 1 if waits else None


def only_told(signal: Signal) -> Outcome | None:
    """The outcome of a signal that asks for no look at all, None if it asks for one."""
    if signal.denied is not None:
        reason = f"AWS refused the call: {signal.denied}"
        return Outcome(verdict=Verdict.DENIED, reason=reason, kind=signal.kind)
    if signal.cause is Cause.WATCHED:
        return Outcome(verdict=Verdict.TOLD, reason="Rollcall cannot undo this")
    return None


def without_effect(signal: Signal, roster: Roster) -> Outcome | None:
    """The outcome of a signal that changes nothing under this roster, None if it may."""
    if signal.cause is Cause.ACCOUNT_RENAMED and not roster.uses_names:
        return Outcome(verdict=Verdict.TOLD, reason="no contact of the roster carries the account's name")
    if signal.cause is Cause.ACCOUNT_TAGGED and not roster.uses_tags:
        return Outcome(verdict=Verdict.IGNORED, reason="the roster uses no tags")
    return None


def left_alone(signal: Signal, account: Account | None, *, now: datetime) -> Outcome | None:
    """The outcome of a signal whose account is not to be touched, None if it may be.

    WaitError if AWS does not yet show what the event says.
    """
    if account is None:
        if settling(signal, now):
            raise WaitError("the organization does not show the new account yet")
        return Outcome(
            verdict=Verdict.REFUSED, reason="the organization has no such account", kind=signal.kind
        )
    if account.state is AccountState.PENDING_ACTIVATION:
        raise WaitError("the account is not active yet")
    if not account.active:
        reason = f"the account is {account.state}"
        return Outcome(verdict=Verdict.INACTIVE, reason=reason, kind=signal.kind)
    if _on_its_way(signal, account) and _age(signal, now) < MOVING:
        raise WaitError("the account's path does not show the move yet")
    return None


def _on_its_way(signal: Signal, account: Account) -> bool:
    return signal.destination is not None and account.parent_ids[-1] != signal.destination


def time_of(signal: Signal) -> datetime | None:
    """When it happened, None if the event does not tell in a way that can be read."""
    try:
        then = datetime.fromisoformat(signal.event.time)
    except ValueError:
        return None
    return then if then.tzinfo else then.replace(tzinfo=UTC)


def _age(signal: Signal, now: datetime) -> timedelta:
    """Time since the event. One whose time cannot be read counts as old: it is acted on, not awaited."""
    then = time_of(signal)
    return timedelta.max if then is None else now - then
