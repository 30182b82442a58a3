"""Space reverts out in a standoff, and tell people of it once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rollcall.events.signal import TAMPERING
from rollcall.model.account import describe_account
from rollcall.model.errors import RetryableError
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, format_time, make_notice
from rollcall.repeated_edits.rules import Revert, count_change, count_wait, is_backing_off
from rollcall.repeated_edits.rules import count_revert as after_revert

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rollcall.events.signal import Signal
    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.ports import Clock, Delivery, OutcomeBus
    from rollcall.repeated_edits.rules import RepeatedEditLimits, RepeatedEditMemory, RepeatedEdits

#: Two workers rarely are at the same contact at the same time, and never five times in a row.
_TRIES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """A revert that has to wait; `again` is the seconds after which this message is to come back for it.

    None if another message does.
    """

    until: datetime
    again: int | None

    @property
    def reason(self) -> str:
        """For people."""
        return f"a standoff: it is put back at {format_time(self.until)}"


def back_off(
    signal: Signal,
    kind: ContactKind,
    account: Account,
    *,
    delivery: Delivery,
    limits: RepeatedEditLimits,
    memory: RepeatedEditMemory,
    bus: OutcomeBus,
    clock: Clock,
) -> Backoff | None:
    """Whether the change that led to this signal may not be undone yet.

    Only changes of contacts are: what the roster asks of an account is never put off. RetryableError if
    the state table or the bus could not be asked.
    """
    if signal.cause not in TAMPERING:
        return None
    now = clock.now()
    standoff = _update(
        memory,
        signal.account_id,
        kind,
        at=now,
        change=lambda known: count_change(
            known,
            principal=signal.actor.principal,
            message_id=delivery.message_id,
            now=now,
            limits=limits,
        ),
    )
    if standoff.is_open(now) and not standoff.told:
        # Told first: a crash before the memory of it repeats the same message, and nobody gets it twice.
        bus.publish_notice(make_repeated_notice(standoff, account, limits.window), now)
        _update(memory, signal.account_id, kind, at=now, change=lambda known: replace(known, told=True))
    if standoff.next_at is None or not is_backing_off(standoff, now):
        return None
    return Backoff(until=standoff.next_at, again=count_wait(standoff, delivery.message_id, now))


def record_revert(signal: Signal, kind: ContactKind, *, memory: RepeatedEditMemory, clock: Clock) -> None:
    """Remember that this contact was put back because of this signal; RetryableError.

    What no change led to, as a sweep, is no round of a tug of war, but in a standoff it is a revert.
    """
    now = clock.now()
    revert = Revert(call=signal.event.key, principal=signal.actor.principal, at=now)

    def change(known: RepeatedEdits) -> RepeatedEdits:
        counts = signal.cause in TAMPERING or known.is_open(now)
        return after_revert(known, revert) if counts else known

    _update(memory, signal.account_id, kind, at=now, change=change)


def find_backoff(memory: RepeatedEditMemory, account_id: str, kind: ContactKind, now: datetime) -> str | None:
    """Why a contact in a standoff is not to be written yet, None if it may be; RetryableError."""
    standoff = memory.load_repeated(account_id, kind)
    if standoff.next_at is None or not is_backing_off(standoff, now):
        return None
    return Backoff(until=standoff.next_at, again=None).reason


def find_repeated_incident(
    memory: RepeatedEditMemory, account_id: str, kind: ContactKind, now: datetime
) -> str | None:
    """The incident id of the standoff that people know of, None if there is none; RetryableError."""
    standoff = memory.load_repeated(account_id, kind)
    known = standoff.told and standoff.is_open(now)
    return make_notice(NoticeKind.STANDOFF, key=_make_key(standoff), facts={}).incident_id if known else None


def make_repeated_notice(standoff: RepeatedEdits, account: Account, window: timedelta) -> Notice:
    """The one message about a standoff."""
    account_id, kind = standoff.account_id, str(standoff.kind)
    facts = {
        "account": describe_account(account),
        "kind": kind,
        "reverts": standoff.reverts,
        "window_minutes": window // timedelta(minutes=1),
        "actors": list(standoff.actors),
        "next_try_at": standoff.next_at and format_time(standoff.next_at),
        "release": f"rollcall release {account_id} {kind}",
    }
    return make_notice(NoticeKind.STANDOFF, key=_make_key(standoff), facts=facts)


def _make_key(standoff: RepeatedEdits) -> str:
    opened_at = standoff.opened_at.isoformat() if standoff.opened_at else ""
    return f"{standoff.account_id}/{standoff.kind}/{opened_at}"


def _update(
    memory: RepeatedEditMemory,
    account_id: str,
    kind: ContactKind,
    *,
    at: datetime,
    change: Callable[[RepeatedEdits], RepeatedEdits],
) -> RepeatedEdits:
    for _ in range(_TRIES):
        known = memory.load_repeated(account_id, kind)
        after = change(known)
        if after == known or memory.save_repeated(after, at=at):
            return after
    raise RetryableError("other workers are counting reverts of the same contact")
