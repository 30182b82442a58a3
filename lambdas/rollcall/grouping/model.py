"""Groups of alerts: what they have in common, the lines they consist of, and the memory that keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from rollcall.model.codec import Serializable
from rollcall.model.levels import Severity

if TYPE_CHECKING:
    KeyedLine = tuple["GroupKey", "Line"]


class GroupKind(StrEnum):
    """What the alerts of a group have in common."""

    #: Restored edits of several accounts by one principal, or from one address: bulk edits.
    PRINCIPAL = "principal"
    ADDRESS = "address"
    #: CRITICAL alerts of one cause and principal.
    CRITICAL = "critical"
    #: What one principal did or tried that Rollcall only reports.
    REPORTED = "reported"
    #: Edits of one principal that left contacts as the roster has them.
    SET = "set"
    #: Whatever is too much at a time.
    REST = "rest"


_DONE: Final = {"contact-edited": "edited", "contact-deleted": "deleted"}
#: Bulk edits.
BULK: Final = frozenset({GroupKind.PRINCIPAL, GroupKind.ADDRESS})
#: A group takes alerts for so long from its first one on; then alerts of its kind are counted anew.
LONGEST: Final = timedelta(minutes=30)
#: Without another edit for so long, the last message about bulk edits leaves.
QUIET: Final = timedelta(minutes=3)
#: So long after the first edit that left a contact right, the message about all of them leaves.
HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)
#: What opens a group is stored in one transaction of DynamoDB, two items for each line and a few more, and
#: that takes 100: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MOST_ACCOUNTS: Final = 40
#: Alerts that leave alone in each ten minutes of the clock; CRITICAL ones are not counted.
MOST_ALERTS: Final = 30
ALERTS_WITHIN: Final = 10
#: Account ids, and ids of incidents, that a group remembers to count each once: they fit its item.
MOST_REMEMBERED: Final = 5000
#: Principals likewise, and programs.
MOST_NAMED: Final = 200
MOST_PROGRAMS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupKey(Serializable):
    """A group: its kind, the principal or address that it belongs to, and its id."""

    kind: GroupKind
    name: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Serializable):
    """One alert as a line of a message: account and contact, what was done, the principal, and the result.

    `at` is when it happened, `judged_at` when its result was found, `cause` the signal's or the notice's,
    `account` the account as people know it. `left` is whether the contact was left changed then, `alone`
    whether it also has an alert of its own, or needs none.
    """

    incident_id: str
    account_id: str
    account: Mapping[str, Any]
    kinds: tuple[str, ...]
    cause: str
    event: str
    verdict: str
    severity: Severity
    actor: Mapping[str, Any]
    at: datetime
    judged_at: datetime
    left: bool = False
    alone: bool = False
    reason: str = ""

    @property
    def principal(self) -> str:
        """Who did it."""
        return str(self.actor["principal"])

    @property
    def done(self) -> str:
        """What was done, in a word if there is one."""
        return f"{self.event} refused" if self.verdict == "denied" else _DONE.get(self.cause, self.event)

    @property
    def urgency(self) -> tuple[bool, bool, int, datetime]:
        """Sorts the lines that a reader needs first before the others."""
        return (self.severity < Severity.HIGH, not self.left, -self.severity, self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending(Serializable):
    """A message that is under way: a worker that finds it abandoned sends it again.

    `lines` are the verdicts of its lines by incident id, `until` is how long its worker has, `last` is
    whether the group ends with it. With no lines and not the last, its worker moves them to another group.
    """

    lines: Mapping[str, str]
    until: datetime
    file: str | None = None
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Serializable):
    """What is known of a group, beside its lines.

    `updates` counts its messages, `published_at` is when the latest left. `closer` is the message of the
    queue that comes back to see whether it is over, `ended` whether people know that it is.
    """

    key: GroupKey
    opened_at: datetime
    published_at: datetime | None = None
    updates: int = 0
    sending: Sending | None = None
    closer: str | None = None
    ended: bool = False
    edits: int = 0
    #: The incidents of these edits: what became of one may change after a message named it.
    counted: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    principals: Mapping[str, int] = field(default_factory=dict)
    #: What was done to which contacts, and how often.
    done: Mapping[str, int] = field(default_factory=dict)
    programs: tuple[str, ...] = ()
    actor: Mapping[str, Any] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None
    version: int = field(default=0, compare=False)

    @property
    def is_unfinished(self) -> bool:
        """Whether its end is still to be published: only bulk edits have one that people wait for."""
        return self.key.kind in BULK and (not self.ended or self.sending is not None)

    def find_due(self, now: datetime) -> datetime:
        """When the next message with new lines may leave: in each minute of the clock one."""
        if self.key.kind is GroupKind.SET:
            return self.opened_at + HOUR
        if self.published_at is None and self.key.kind is not GroupKind.REST:
            return now
        return (self.published_at or self.opened_at).replace(second=0, microsecond=0) + _MINUTE

    def take(self, lines: Sequence[Line], sending: Sending) -> Group:
        """The group with these lines counted, and their message under way."""
        after = self
        for line in lines:
            after = after.count(line)
        return replace(after, sending=sending, ended=sending.last)

    def count(self, line: Line) -> Group:
        """The group with one more line, or the same if its edit was counted before."""
        if line.incident_id in self.counted:
            return self
        return replace(
            self,
            edits=self.edits + 1,
            counted=_append(self.counted, line.incident_id, MOST_REMEMBERED),
            accounts=_append(self.accounts, line.account_id, MOST_REMEMBERED),
            principals=_add(self.principals, line.principal),
            done=_add(self.done, " ".join((*line.kinds, line.done))),
            programs=_append(self.programs, str(line.actor.get("user_agent") or "unknown"), MOST_PROGRAMS),
            actor=line.actor if self.last_at is None or line.at >= self.last_at else self.actor,
            first_at=min(self.first_at or line.at, line.at),
            last_at=max(self.last_at or line.at, line.at),
        )

    def finish(self, now: datetime, *, by: str | None) -> Group:
        """The group after the message that was under way has left; `by` comes back for its end."""
        return replace(self, sending=None, updates=self.updates + 1, published_at=now, closer=by)


def _append(known: tuple[str, ...], name: str, most: int) -> tuple[str, ...]:
    return known if name in known or len(known) >= most else (*known, name)


def _add(counts: Mapping[str, int], name: str) -> Mapping[str, int]:
    full = name not in counts and len(counts) >= MOST_NAMED
    return counts if full else {**counts, name: counts.get(name, 0) + 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Serializable):
    """What is known under one name: the latest alerts, and the open group."""

    kind: GroupKind
    name: str
    recent: tuple[Line, ...] = ()
    group: GroupKey | None = None
    opened_at: datetime | None = None
    version: int = field(default=0, compare=False)

    def find_group(self, now: datetime) -> GroupKey | None:
        """The group that takes an alert now, None if none does."""
        if self.opened_at is None:
            return None
        longest = HOUR if self.kind is GroupKind.SET else LONGEST
        return self.group if now - self.opened_at < longest else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """The line of a group that an incident already is: its verdict, and `alone` as in the line."""

    key: GroupKey
    verdict: str
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """That a message of the queue comes back for a group; `only` is whether for nothing else."""

    message_id: str
    key: GroupKey
    only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Read before an alert is placed: its line if there is one already, windows, and the alerts so far.

    `full` is whether as many alerts as may leave by themselves did so in these ten minutes, `admitted`
    whether this is one of them.
    """

    grouped: Grouped | None
    windows: Sequence[Window]
    full: bool
    admitted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """A group, its lines that no message named yet, and those of contacts left changed; some are both."""

    group: Group | None
    unsent: Sequence[Line]
    left: Sequence[Line]


class GroupMemory(Protocol):
    """Memory of groups. RetryableError from each."""

    def load_known(self, incident_id: str, names: Sequence[tuple[GroupKind, str]], *, at: datetime) -> Known:
        """What is known of this incident and under these names, in one read."""

    def save_windows(
        self, windows: Sequence[Window], *, admitted: str | None, at: datetime, left: KeyedLine | None = None
    ) -> bool:
        """Store them, that an alert leaves alone and its line of a contact `left` changed. False as below."""

    def open_group(self, window: Window, group: Group, lines: Sequence[Line], *, at: datetime) -> bool:
        """Store a new group with its lines and its window, all or nothing; False if others were faster."""

    def add_line(self, key: GroupKey, line: Line, *, at: datetime) -> bool:
        """Store a line, or what became of it, as unsent; False as above."""

    def load_group(self, key: GroupKey) -> GroupState:
        """The group with its lines, as it is now."""

    def save_group(self, group: Group, *, at: datetime) -> bool:
        """Store it, if it is what it was when it was read."""

    def mark_sent(self, key: GroupKey, lines: Sequence[Line], *, at: datetime) -> None:
        """A message has named these lines; one whose verdict has changed since stays unsent."""

    def schedule(self, watch: Watch, *, at: datetime) -> None:
        """Remember that a message comes back for a group."""

    def find_scheduled(self, message_id: str) -> Sequence[Watch]:
        """What this message comes back for."""

    def list_open(self) -> Sequence[GroupKey]:
        """Groups that may have something left to be sent."""
