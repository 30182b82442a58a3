"""Space reverts out in a standoff, and tell people of it once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rollcall.events.signal import TAMPERING
from rollcall.model.errors import RetryableError
from rollcall.outcomes.notices import Notice, NoticeKind, notice, seconds
from rollcall.repeated_edits.rules import Revert, changed, held, waits
from rollcall.repeated_edits.rules import reverted as after_revert

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rollcall.events.signal import Signal
    from rollcall.model.account import Account
    from rollcall.model.contact import ContactKind
    from rollcall.ports import Delivery, Ports
    from rollcall.repeated_edits.rules import Standoff, StandoffLimits, Standoffs

#: Two workers rarely are at the same contact at the same time, and never five times in a row.
_TRIES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Spaced:
    """A revert that has to wait; `again` is the seconds after which this message is to come back for it.

    None if another message does.
    """

    until: datetime
    again: int | None

    @property
    def reason(self) -> str:
        """For people."""
        return f"a standoff: it is put back at {seconds(self.until)}"


def hold(
    signal: Signal,
    kind: ContactKind,
    account: Account,
    *,
    delivery: Delivery,
    limits: StandoffLimits,
    ports: Ports,
) -> Spaced | None:
    """Whether the change that led to this signal may not be undone yet.

    Only changes of contacts are: what the roster asks of an account is never put off. RetryableError if
    the state table or the bus could not be asked.
    """
    if signal.cause not in TAMPERING:
        return None
    now = ports.clock.now()
    standoff = _update(
        ports.state,
        signal.account_id,
        kind,
        at=now,
        change=lambda known: changed(
            known,
            principal=signal.actor.principal,
            message_id=delivery.message_id,
            now=now,
            limits=limits,
        ),
    )
    if standoff.open(now) and not standoff.told:
        # Told first: a crash before the memory of it repeats the same message, and nobody gets it twice.
        ports.bus.publish_notice(standoff_notice(standoff, account, limits.window), now)
        _update(ports.state, signal.account_id, kind, at=now, change=lambda known: replace(known, told=True))
    if standoff.next_at is None or not held(standoff, now):
        return None
    return Spaced(until=standoff.next_at, again=waits(standoff, delivery.message_id, now))


def reverted(signal: Signal, kind: ContactKind, ports: Ports) -> None:
    """Remember that this contact was put back because of this signal; RetryableError.

    What no change led to, as a sweep, is no round of a tug of war, but in a standoff it is a revert.
    """
    now = ports.clock.now()
    revert = Revert(call=signal.event.key, principal=signal.actor.principal, at=now)

    def change(known: Standoff) -> Standoff:
        counts = signal.cause in TAMPERING or known.open(now)
        return after_revert(known, revert) if counts else known

    _update(ports.state, signal.account_id, kind, at=now, change=change)


def held_back(state: Standoffs, account_id: str, kind: ContactKind, now: datetime) -> str | None:
    """Why a contact in a standoff is not to be written yet, None if it may be; RetryableError."""
    standoff = state.standoff(account_id, kind)
    if standoff.next_at is None or not held(standoff, now):
        return None
    return Spaced(until=standoff.next_at, again=None).reason


def told_by(state: Standoffs, account_id: str, kind: ContactKind, now: datetime) -> str | None:
    """The incident id of the standoff that people know of, None if there is none; RetryableError."""
    standoff = state.standoff(account_id, kind)
    known = standoff.told and standoff.open(now)
    return notice(NoticeKind.STANDOFF, key=_key(standoff), facts={}).incident_id if known else None


def standoff_notice(standoff: Standoff, account: Account, window: timedelta) -> Notice:
    """The one message about a standoff."""
    account_id, kind = standoff.account_id, str(standoff.kind)
    facts = {
        "account": {
            "id": account_id,
            "name": account.name,
            "ou": "/".join(account.ou_path),
        },
        "kind": kind,
        "reverts": standoff.reverts,
        "window_minutes": window // timedelta(minutes=1),
        "actors": list(standoff.actors),
        "next_try_at": standoff.next_at and seconds(standoff.next_at),
        "release": f"rollcall release {account_id} {kind}",
    }
    return notice(NoticeKind.STANDOFF, key=_key(standoff), facts=facts)


def _key(standoff: Standoff) -> str:
    opened_at = standoff.opened_at.isoformat() if standoff.opened_at else ""
    return f"{standoff.account_id}/{standoff.kind}/{opened_at}"


def _update(
    state: Standoffs,
    account_id: str,
    kind: ContactKind,
    *,
    at: datetime,
    change: Callable[[Standoff], Standoff],
) -> Standoff:
    for _ in range(_TRIES):
        known = state.standoff(account_id, kind)
        after = change(known)
        if after == known or state.save_standoff(after, at=at):
            return after
    raise RetryableError("other workers are counting reverts of the same contact")
