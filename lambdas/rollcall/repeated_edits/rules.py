"""Repeated edits of one contact, pure: when reverts back off, and what is remembered of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.model.contact import ContactKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedEditLimits:
    """So many reverts of one contact within the window: the next change is not undone at once."""

    reverts: int = 3
    window: timedelta = timedelta(hours=1)


#: The largest number of reverts that may be set.
MOST_REVERTS: Final = 20
#: Reverts of a contact that are remembered: enough for that, and for knowing a change that comes twice.
REMEMBERED: Final = MOST_REVERTS * 2
#: Waits before the first, the second and every further revert of a standoff.
BACKOFF: Final = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
#: Without a change for so long after the last revert, a standoff is over.
OVER_AFTER: Final = timedelta(hours=24)
#: The message that waits for its time comes back so often to see whether somebody has ended the standoff.
CHECK_EVERY: Final = timedelta(minutes=15)
#: Principals that are remembered and named.
ACTORS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Revert:
    """One revert: the key of the change that it undid, who made that, and when it was undone."""

    call: str
    principal: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Who ended a standoff, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedEdits:
    """The latest reverts of a contact, and the standoff that they led to: `opened_at` is None before that.

    `spaced` counts reverts since; no revert is made before `next_at`. `waiter` is the message of the queue
    that comes back to make it; without it the next change or sweep after that time does. `told` is whether
    people know. `release` is how the standoff before this one ended, None if nobody ended it.
    """

    account_id: str
    kind: ContactKind
    latest: tuple[Revert, ...] = ()
    opened_at: datetime | None = None
    changed_at: datetime | None = None
    next_at: datetime | None = None
    actors: tuple[str, ...] = ()
    reverts: int = 0
    spaced: int = 0
    waiter: str | None = None
    told: bool = False
    release: Release | None = None
    version: int = field(default=0, compare=False)

    def is_open(self, now: datetime) -> bool:
        """Whether it goes on: it was opened, and the last change or revert is not a day ago."""
        times = [self.changed_at, *(revert.at for revert in self.latest)]
        last = max((time for time in times if time is not None), default=None)
        return self.opened_at is not None and last is not None and now - last < OVER_AFTER

    def as_document(self) -> dict[str, Any]:
        """Plain JSON of what changes."""
        return {
            "latest": [[revert.call, revert.principal, revert.at.isoformat()] for revert in self.latest],
            "opened_at": self.opened_at and self.opened_at.isoformat(),
            "changed_at": self.changed_at and self.changed_at.isoformat(),
            "next_at": self.next_at and self.next_at.isoformat(),
            "actors": list(self.actors),
            "reverts": self.reverts,
            "spaced": self.spaced,
            "waiter": self.waiter,
            "told": self.told,
            "release": self.release and [self.release.by, self.release.at.isoformat()],
        }

    @classmethod
    def from_document(
        cls, document: Mapping[str, Any], *, account_id: str, kind: ContactKind, version: int
    ) -> Self:
        """Read what `as_document` wrote."""
        times = ("opened_at", "changed_at", "next_at")
        read: dict[str, Any] = {
            name: document[name] and datetime.fromisoformat(document[name]) for name in times
        }
        read["latest"] = tuple(
            Revert(call=call, principal=principal, at=datetime.fromisoformat(at))
            for call, principal, at in document["latest"]
        )
        read["actors"] = tuple(document["actors"])
        # An item of an older release has none.
        by, at = document.get("release") or ("", None)
        read["release"] = Release(by=by, at=datetime.fromisoformat(at)) if at else None
        return cls(account_id=account_id, kind=kind, version=version, **{**document, **read})


class RepeatedEditMemory(Protocol):
    """Memory of reverts and standoffs. RetryableError from each."""

    def load_repeated(self, account_id: str, kind: ContactKind) -> RepeatedEdits:
        """What is known of this contact; a blank of version 0 if nothing is."""

    def save_repeated(self, standoff: RepeatedEdits, *, at: datetime) -> bool:
        """Store it; False, and nothing stored, if another worker stored it since it was read."""

    def list_repeated(self, now: datetime) -> Sequence[RepeatedEdits]:
        """Those that go on, by account and kind."""

    def release(self, account_id: str, kind: ContactKind, *, by: str, at: datetime) -> bool:
        """End a standoff and forget its reverts: the next change is undone at once.

        Whether there was one; who ended it is remembered for two days. `by` is who asked for it.
        """


def count_change(
    standoff: RepeatedEdits, *, principal: str, message_id: str, now: datetime, limits: RepeatedEditLimits
) -> RepeatedEdits:
    """What is known after a change that is to be undone, before anything is done about it.

    It opens a standoff if there were too many reverts of late. In one, and before its time, the message
    waits, if no other does.
    """
    if standoff.is_open(now):
        after = replace(standoff, changed_at=now, actors=_add_actor(standoff.actors, principal))
    else:
        lately = tuple(revert for revert in standoff.latest if now - revert.at <= limits.window)
        after = RepeatedEdits(
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
            actors = _add_actor(actors, who)
        after = replace(
            after,
            opened_at=now,
            changed_at=now,
            next_at=now + BACKOFF[0],
            actors=actors,
            reverts=len(lately),
            release=None,
        )
    if not is_backing_off(after, now) or after.waiter is not None:
        return after
    return replace(after, waiter=message_id)


def release(standoff: RepeatedEdits, *, by: str, now: datetime) -> RepeatedEdits:
    """What is left of a standoff that somebody ended: the next change is undone at once."""
    return RepeatedEdits(
        account_id=standoff.account_id,
        kind=standoff.kind,
        release=Release(by=by, at=now),
        version=standoff.version,
    )


def is_backing_off(standoff: RepeatedEdits, now: datetime) -> bool:
    """Whether a revert has to wait."""
    return standoff.is_open(now) and standoff.next_at is not None and now < standoff.next_at


def count_wait(standoff: RepeatedEdits, message_id: str, now: datetime) -> int | None:
    """Seconds after which this message comes back for its revert, None if another one does."""
    if standoff.waiter != message_id or standoff.next_at is None:
        return None
    return max(1, int(min(standoff.next_at - now, CHECK_EVERY).total_seconds()) + 1)


def count_revert(standoff: RepeatedEdits, revert: Revert) -> RepeatedEdits:
    """What is known after a revert; the same change is undone once, however often we hear of it."""
    if revert.call in {known.call for known in standoff.latest}:
        return standoff
    going_on = standoff.is_open(revert.at)
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
        next_at=revert.at + BACKOFF[min(spaced, len(BACKOFF) - 1)],
        waiter=None,
    )


def _add_actor(actors: tuple[str, ...], principal: str) -> tuple[str, ...]:
    """The latest, each once."""
    return (*(known for known in actors if known != principal), principal)[-ACTORS:]
