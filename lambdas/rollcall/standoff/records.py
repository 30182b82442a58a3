"""What is remembered of the reverts of one contact."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from rollcall.standoff.limits import OVER_AFTER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.contacts import ContactKind


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
class Standoff:
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

    def open(self, now: datetime) -> bool:
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
