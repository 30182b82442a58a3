"""Repeated edits of one contact, pure: when reverts back off, and what is remembered of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from rollcall.events.actor import normalise_session
from rollcall.model.codec import Serializable
from rollcall.outcomes.notices import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.model.roster import RepeatedEditLimits

#: The largest number of reverts that may be set.
MOST_REVERTS: Final = 20
#: Reverts of a contact that are remembered: enough for that, and for knowing a change that comes twice.
REMEMBERED: Final = MOST_REVERTS * 2
#: Waits before the first, the second and every further revert.
BACKOFF: Final = (timedelta(minutes=5), timedelta(minutes=15))
#: Without a change for so long after the last revert, repeated edits have ended.
OVER_AFTER: Final = timedelta(hours=24)
#: While they go on, people are alerted again so often.
ALERT_EVERY: Final = timedelta(hours=1)
#: So long after its time other messages look whether the one that waits for it has made the revert.
_LATER: Final = timedelta(minutes=1)
#: Principals that are remembered and named.
ACTORS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Revert(Serializable):
    """One revert: the key of the change that it undid, who made that, and when it was undone."""

    call: str
    principal: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Serializable):
    """Who ended repeated edits, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedEdits(Serializable):
    """The latest reverts of a contact; `opened_at` is None until there are too many within the window.

    `spaced` counts reverts since; no revert is made before `next_at`. `waiter` is the message of the
    queue that comes back then to make it; all others come a minute later, should it be lost. `alerted_at`
    is when an alert was sent last, `updates` counts the alerts that were begun, `sent` those that were
    published; `named` are the principals in the published ones. The contact was wrong for `wrong_seconds`
    until its last revert, and is since `wrong_since`, None if it is right. `release` is how the repeated
    edits before these ended, None if nobody ended them.
    """

    latest: tuple[Revert, ...] = ()
    opened_at: datetime | None = None
    changed_at: datetime | None = None
    next_at: datetime | None = None
    actors: tuple[str, ...] = ()
    reverts: int = 0
    spaced: int = 0
    waiter: str | None = None
    alerted_at: datetime | None = None
    updates: int = 0
    sent: int = 0
    named: tuple[str, ...] = ()
    wrong_seconds: int = 0
    wrong_since: datetime | None = None
    release: Release | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it goes on: it was opened, and the last change or revert is not a day ago."""
        times = [self.changed_at, *(revert.at for revert in self.latest)]
        last = max((time for time in times if time is not None), default=None)
        return self.opened_at is not None and last is not None and now - last < OVER_AFTER


def count_change(
    known: RepeatedEdits, *, principal: str, message_id: str, now: datetime, limits: RepeatedEditLimits
) -> RepeatedEdits:
    """What is known after a change that is to be undone, before anything is done about it.

    Too many reverts of late make them repeated edits: then, and before its time, the message waits, if
    no other does.
    """
    if known.is_open(now):
        after = replace(
            known,
            changed_at=now,
            actors=_add_actor(known.actors, principal),
            wrong_since=known.wrong_since or now,
        )
    else:
        lately = tuple(revert for revert in known.latest if now - revert.at <= limits.window)
        after = RepeatedEdits(latest=lately, release=known.release)
        if len(lately) < limits.reverts:
            return after
        actors: tuple[str, ...] = ()
        for who in (*(revert.principal for revert in lately), principal):
            actors = _add_actor(actors, who)
        after = replace(
            after,
            opened_at=now,
            changed_at=now,
            next_at=now + BACKOFF[0],
            actors=actors,
            reverts=len(lately),
            wrong_since=now,
            release=None,
        )
    # If another worker is sending an alert with the same names, use its number: a channel shows it once.
    under_way = after.updates > after.sent and after.actors == known.actors
    if is_alert_due(after, principal, now) and not under_way:
        after = replace(after, updates=after.updates + 1)
    if not is_backing_off(after, now) or after.waiter is not None:
        return after
    return replace(after, waiter=message_id)


def make_released(*, by: str, now: datetime) -> RepeatedEdits:
    """What is left of repeated edits that somebody ended: the next change is undone at once."""
    return RepeatedEdits(release=Release(by=by, at=now))


def is_backing_off(known: RepeatedEdits, now: datetime) -> bool:
    """Whether a revert has to wait."""
    return known.is_open(now) and known.next_at is not None and now < known.next_at


def is_alert_due(known: RepeatedEdits, principal: str, now: datetime) -> bool:
    """Whether people are to be alerted: at first, of a new principal, and every hour."""
    late = known.alerted_at is None or now - known.alerted_at >= ALERT_EVERY
    return late or not is_named(known, principal)


def mark_alerted(known: RepeatedEdits, sent: int, actors: Sequence[str], now: datetime) -> RepeatedEdits:
    """What is known once alert number `sent` named these principals; others may have joined meanwhile."""
    named = known.named
    for actor in actors:
        named = _add_actor(named, actor)
    return replace(known, alerted_at=now, sent=max(known.sent, sent), named=named)


def count_wrong(known: RepeatedEdits, now: datetime) -> int:
    """Seconds for which the contact was wrong since repeated edits began."""
    since = known.wrong_since
    return known.wrong_seconds + (0 if since is None else max(0, int((now - since).total_seconds())))


def is_named(known: RepeatedEdits, principal: str) -> bool:
    """Whether an alert named the principal: people share a role, a tool's sessions differ in numbers."""
    return _strip_numbers(principal) in map(_strip_numbers, known.named)


def _strip_numbers(principal: str) -> str:
    whose, slash, session = principal.rpartition("/")
    return f"{whose}{slash}{normalise_session(session)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """A revert that has to wait."""

    until: datetime
    #: Seconds after which this message is to come back for it.
    again: int

    @property
    def reason(self) -> str:
        """For people."""
        return f"repeated edits: it is restored at {format_time(self.until)}"


def find_backoff(known: RepeatedEdits, now: datetime, *, message_id: str = "") -> Backoff | None:
    """Until when the contact may not be written, None if it may be."""
    if known.next_at is None or not is_backing_off(known, now):
        return None
    wait = known.next_at - now + (timedelta() if known.waiter == message_id else _LATER)
    return Backoff(until=known.next_at, again=int(wait.total_seconds()) + 1)


def count_revert(known: RepeatedEdits, revert: Revert) -> RepeatedEdits:
    """What is known after a revert; the same change is undone once, however often we hear of it."""
    if revert.call in {one.call for one in known.latest}:
        return known
    going_on = known.is_open(revert.at)
    after = replace(
        known,
        latest=(*known.latest, revert)[-REMEMBERED:],
        reverts=known.reverts + 1 if going_on else 0,
    )
    if not going_on:
        return after
    spaced = known.spaced + 1
    return replace(
        after,
        spaced=spaced,
        wrong_seconds=count_wrong(known, revert.at),
        wrong_since=None,
        next_at=revert.at + BACKOFF[min(spaced, len(BACKOFF) - 1)],
        waiter=None,
    )


def note_right(known: RepeatedEdits, at: datetime) -> RepeatedEdits:
    """What is known once the contact was seen to be right `at` that time: no change since then waits."""
    if known.wrong_since is None or (known.changed_at is not None and known.changed_at > at):
        return known
    return replace(known, wrong_seconds=count_wrong(known, at), wrong_since=None)


def _add_actor(actors: tuple[str, ...], principal: str) -> tuple[str, ...]:
    """The latest, each once: of sessions that differ in numbers only the latest."""
    mine = _strip_numbers(principal)
    return (*(known for known in actors if _strip_numbers(known) != mine), principal)[-ACTORS:]
