"""The tug of war, pure: what a change and a revert make of what is known of a contact."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollcall.standoff.limits import ACTORS, LOOK_EVERY, REMEMBERED, SPACES
from rollcall.standoff.records import Release, Revert, Standoff

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.standoff.limits import StandoffLimits


def changed(
    standoff: Standoff, *, principal: str, message_id: str, now: datetime, limits: StandoffLimits
) -> Standoff:
    """What is known after a change that is to be undone, before anything is done about it.

    It opens a standoff if there were too many reverts of late. In one, and before its time, the message
    waits, if no other does.
    """
    if standoff.open(now):
        after = replace(standoff, changed_at=now, actors=_with(standoff.actors, principal))
    else:
        lately = tuple(revert for revert in standoff.latest if now - revert.at <= limits.window)
        after = Standoff(
            account_id=standoff.account_id,
            kind=standoff.kind,
            latest=lately,
            release=standoff.release,
            version=standoff.version,
        )
        if len(lately) < limits.reverts:
            return after
        actors: tuple[str, ...] = ()
        for who in (*(revert.principal for revert in lately), principal):
            actors = _with(actors, who)
        after = replace(
            after,
            opened_at=now,
            changed_at=now,
            next_at=now + SPACES[0],
            actors=actors,
            reverts=len(lately),
            release=None,
        )
    if not held(after, now) or after.waiter is not None:
        return after
    return replace(after, waiter=message_id)


def released(standoff: Standoff, *, by: str, now: datetime) -> Standoff:
    """What is left of a standoff that somebody ended: the next change is undone at once."""
    return Standoff(
        account_id=standoff.account_id,
        kind=standoff.kind,
        release=Release(by=by, at=now),
        version=standoff.version,
    )


def held(standoff: Standoff, now: datetime) -> bool:
    """Whether a revert has to wait."""
    return standoff.open(now) and standoff.next_at is not None and now < standoff.next_at


def waits(standoff: Standoff, message_id: str, now: datetime) -> int | None:
    """Seconds after which this message comes back for its revert, None if another one does."""
    if standoff.waiter != message_id or standoff.next_at is None:
        return None
    return max(1, int(min(standoff.next_at - now, LOOK_EVERY).total_seconds()) + 1)


def reverted(standoff: Standoff, revert: Revert) -> Standoff:
    """What is known after a revert; the same change is undone once, however often we hear of it."""
    if revert.call in {known.call for known in standoff.latest}:
        return standoff
    going_on = standoff.open(revert.at)
    after = replace(
        standoff,
        latest=(*standoff.latest, revert)[-REMEMBERED:],
        reverts=standoff.reverts + 1 if going_on else 0,
    )
    if not going_on:
        return after
    spaced = standoff.spaced + 1
    return replace(
        after,
        spaced=spaced,
        next_at=revert.at + SPACES[min(spaced, len(SPACES) - 1)],
        waiter=None,
    )


def _with(actors: tuple[str, ...], principal: str) -> tuple[str, ...]:
    """The latest, each once."""
    return (*(known for known in actors if known != principal), principal)[-ACTORS:]
