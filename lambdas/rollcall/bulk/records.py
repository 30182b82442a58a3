"""What is remembered of edits: those of the last minutes under one name, and the bulk that they became."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.bulk.limits import By


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit, as far as it is counted. `at` is when it happened, `place` the account as people know it."""

    incident_id: str
    account_id: str
    at: datetime
    verdict: str
    place: Mapping[str, str | None]
    actor: Mapping[str, Any]

    @property
    def principal(self) -> str:
        """Who made it."""
        return str(self.actor["principal"])

    @property
    def principal_key(self) -> str:
        """Who made it, among what a bulk has counted: fit for the key of an item, and no account id."""
        return "by#" + hashlib.sha256(self.principal.encode("utf-8", "surrogatepass")).hexdigest()

    def as_document(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "incident_id": self.incident_id,
            "account_id": self.account_id,
            "at": self.at.isoformat(),
            "verdict": self.verdict,
            "place": dict(self.place),
            "actor": dict(self.actor),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote."""
        return cls(**{**document, "at": datetime.fromisoformat(document["at"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """Edits that are told together.

    `first_at` and `last_at` are times of events, `heard_at` is when we last heard of an edit. `became` counts
    edits by verdict. `told_accounts` is what the last message said, 0 before the first; `updates` counts
    messages. `quiet` is whether people were told that it is over and no edit came since, `settled` whether
    they ever were. `watched_until` is how long a message of the queue has promised to come back. `principals`
    counts the edits of the first that were seen, `principals_count` is how many there were; both are empty
    in what a release before them stored.
    """

    key: str
    accounts: int
    became: Mapping[str, int]
    first_at: datetime
    last_at: datetime
    heard_at: datetime
    examples: tuple[Mapping[str, str | None], ...]
    actor: Mapping[str, Any]
    told_accounts: int = 0
    told_at: datetime | None = None
    updates: int = 0
    quiet: bool = False
    settled: bool = False
    watched_until: datetime | None = None
    principals: Mapping[str, int] = field(default_factory=dict)
    principals_count: int = 0

    def as_document(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "key": self.key,
            "accounts": self.accounts,
            "became": dict(self.became),
            "first_at": self.first_at.isoformat(),
            "last_at": self.last_at.isoformat(),
            "heard_at": self.heard_at.isoformat(),
            "examples": [dict(example) for example in self.examples],
            "actor": dict(self.actor),
            "told_accounts": self.told_accounts,
            "told_at": self.told_at and self.told_at.isoformat(),
            "updates": self.updates,
            "quiet": self.quiet,
            "settled": self.settled,
            "watched_until": self.watched_until and self.watched_until.isoformat(),
            "principals": dict(self.principals),
            "principals_count": self.principals_count,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote."""
        times = ("first_at", "last_at", "heard_at", "told_at", "watched_until")
        read = {name: document[name] and datetime.fromisoformat(document[name]) for name in times}
        return cls(**{**document, **read, "examples": tuple(document["examples"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What is known under one name: the latest edit of each account, and the bulk that they opened."""

    by: By
    name: str
    recent: tuple[Edit, ...] = ()
    bulk: Bulk | None = None
    version: int = field(default=0, compare=False)

    def as_document(self) -> dict[str, Any]:
        """Plain JSON of what changes."""
        return {
            "recent": [edit.as_document() for edit in self.recent],
            "bulk": self.bulk and self.bulk.as_document(),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], *, by: By, name: str, version: int) -> Self:
        """Read what `as_document` wrote."""
        bulk = document["bulk"]
        return cls(
            by=by,
            name=name,
            recent=tuple(Edit.from_document(edit) for edit in document["recent"]),
            bulk=bulk and Bulk.from_document(bulk),
            version=version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """That an incident is told as part of a bulk, whatever happens to it later."""

    incident_id: str
    by: By
    name: str
    bulk: str
    verdict: str
