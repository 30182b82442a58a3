"""Bulk edits: when edits are a bulk, what is remembered of them, and the memory that keeps it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from rollcall.model.edit_limits import BulkLimits


class By(StrEnum):
    """What the edits of a bulk have in common; in this order the first that knows of a bulk takes an edit."""

    ACTOR = "actor"
    ADDRESS = "address"
    ORGANIZATION = "organization"
    #: No bulk: what one principal set as the roster has it.
    SET = "set"


def get_threshold(limits: BulkLimits, by: By) -> int:
    """The number of accounts from which on edits are a bulk."""
    return limits.organization_accounts if by is By.ORGANIZATION else limits.accounts


#: The largest number that may be set: what opens a bulk is stored in one transaction of DynamoDB, the window
#: with an account and an incident for each edit, and that takes 100 items:
#: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MOST_ACCOUNTS: Final = 40
#: No edit for so long by our clock: then the last message comes.
QUIET: Final = timedelta(minutes=3)
#: Between two messages of one bulk, but for the first last one: ten minutes of edits are two messages.
UPDATE_EVERY: Final = timedelta(minutes=10)
#: Accounts that a message names; all of them are in the outcome events.
EXAMPLES: Final = 5
#: Principals whose edits a bulk counts one by one, not fewer than can open one; of the others it knows how
#: many they are.
PRINCIPALS: Final = MOST_ACCOUNTS
#: Of them so many leave in a message, those with most edits first.
PRINCIPALS_NAMED: Final = 20
#: A message of the queue comes back so often to see whether it is quiet; the queue gives up after sixty.
MOST_CHECKS: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit, as far as it is counted. `at` is when it happened, `place` the account as people know it."""

    incident_id: str
    account_id: str
    kind: str | None
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
            "kind": self.kind,
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
    """Edits that share one alert.

    `first_at` and `last_at` are times of events, `heard_at` is when we last heard of an edit. `became` counts
    edits by verdict. `told_accounts` is what the last message said, 0 before the first; `updates` counts
    messages. `quiet` is whether its end was alerted and no edit came since, `settled` whether
    they ever were. `watched_until` is how long the message `watched_by` has promised to come back.
    `principals` counts the edits of the first that were seen, `principals_count` is how many there were.
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
    watched_by: str | None = None
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
            "watched_by": self.watched_by,
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
class EditWindow:
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
class GroupedIncident:
    """That an incident is part of a bulk's alert, whatever happens to it later."""

    incident_id: str
    by: By
    name: str
    bulk: str
    verdict: str


class BulkMemory(Protocol):
    """Memory of edits and bulks. RetryableError from each."""

    def load_windows(self, names: Sequence[tuple[By, str]]) -> Sequence[EditWindow]:
        """What is known under each of these names; an empty window of version 0 where nothing is."""

    def is_in_bulk(self, bulk: str, member: str) -> bool:
        """Whether the bulk has counted this account, or this principal (`Edit.principal_key`)."""

    def find_grouped(self, incident_id: str) -> GroupedIncident | None:
        """Which bulk's alert an incident is part of, None if it has one of its own."""

    def save_windows(
        self,
        windows: Sequence[EditWindow],
        *,
        at: datetime,
        members: Collection[str] = (),
        grouped: Sequence[GroupedIncident] = (),
    ) -> bool:
        """Store the windows, new members of the last one's bulk and incidents that it stands for.

        All or nothing: False, and nothing stored, if another worker stored one of them since it was read.
        """

    def schedule_closing(self, message_id: str, by: By, name: str, *, at: datetime) -> None:
        """Remember that this message of the queue comes back only to see whether a bulk is over."""

    def find_scheduled(self, message_id: str) -> Sequence[tuple[By, str]]:
        """The edit windows for which this message comes back."""
