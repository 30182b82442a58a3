"""Signals: events reduced to which account to look at, and why. An event's values decide nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from rollcall.events.actor import Actor
from rollcall.model.codec import Serializable
from rollcall.model.contact import ContactKind
from rollcall.model.errors import FAILED_INSIDE


class Cause(StrEnum):
    """Why an account is looked at."""

    ACCOUNT_CREATED = "account-created"
    ACCOUNT_JOINED = "account-joined"
    ACCOUNT_MOVED = "account-moved"
    ACCOUNT_TAGGED = "account-tagged"
    ACCOUNT_RENAMED = "account-renamed"
    OU_CHANGED = "ou-changed"
    CONTACT_EDITED = "contact-edited"
    CONTACT_DELETED = "contact-deleted"
    MONITORED = "monitored"
    #: No event: the sweep looked by itself.
    SWEPT = "swept"


#: Somebody changed a contact. The other causes change what the roster asks for, or are only alerted.
TAMPERING = frozenset({Cause.CONTACT_EDITED, Cause.CONTACT_DELETED})

#: The account is new to the organization.
ARRIVAL = frozenset({Cause.ACCOUNT_CREATED, Cause.ACCOUNT_JOINED})


#: A new account answers AccessDenied for some minutes (seen by others); it is not believed for two hours.
PROVISIONING = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReference(Serializable):
    """Where to find the event again: its CloudTrail event id, name, time (ISO 8601, UTC) and request id.

    `shared_id` is the id that CloudTrail gives the records of one call in several accounts.
    """

    id: str
    name: str
    time: str
    request_id: str | None
    shared_id: str | None = None

    @property
    def key(self) -> str:
        """The same for every record of one call: AWS may write one for the caller and one for the target."""
        return self.request_id or self.shared_id or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal(Serializable):
    """Look at this account.

    `kind` is the contact that was named, None for all of them. `destination` is what the account must show
    first: the parent id of a move, the name of a rename. `ou_id` is the OU that changed, `subject` what a
    monitored event is about: the id of a policy, a service, a Region or the name of a part of Rollcall.
    `tag_keys` are those of the tags that were set or removed, empty if the event does not show them all.
    `denied` is the error code of a call that AWS refused, or that failed inside of AWS.
    """

    account_id: str
    cause: Cause
    event: EventReference
    actor: Actor
    kind: ContactKind | None = None
    destination: str | None = None
    ou_id: str | None = None
    subject: str | None = None
    tag_keys: tuple[str, ...] = ()
    denied: str | None = None

    @property
    def unsure(self) -> bool:
        """Whether it is an edit that may have been made or not: CloudTrail's record says no more."""
        return self.cause in TAMPERING and self.denied in FAILED_INSIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """An event that changes nothing for us, and why."""

    event: EventReference
    reason: str


def is_provisioning(signal: Signal, now: datetime) -> bool:
    """Whether the account of this signal is so new that AWS may not know it everywhere."""
    return signal.cause in ARRIVAL and compute_age(signal, now) < PROVISIONING


def parse_time(signal: Signal | Ignored) -> datetime | None:
    """When it happened, None if the event has no readable time."""
    return read_time(signal.event.time)


def read_time(text: str) -> datetime | None:
    """The time of an event (UTC), None if it cannot be read."""
    try:
        then = datetime.fromisoformat(text)
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


#: No clock is so far ahead.
_AHEAD: Final = timedelta(minutes=5)
#: Older than anything that is waited for.
_OLD: Final = timedelta(days=365)
#: AWS has no event of before: with a time near either end of the calendar nothing can be counted.
_FIRST: Final = datetime(2006, 1, 1, tzinfo=UTC)


def drop_untrue_time(signal: Signal | Ignored, now: datetime) -> Signal | Ignored:
    """The signal without its time if that cannot be true: then it is one of an event without any.

    An edit of tomorrow would be one that no write of ours can have undone.
    """
    then = parse_time(signal)
    if then is None or _FIRST <= then <= now + _AHEAD:
        return signal
    return replace(signal, event=replace(signal.event, time=""))


def compute_age(signal: Signal, now: datetime) -> timedelta:
    """Time since the event. Without a time that can be read and true, it is old: acted on, not awaited."""
    then = parse_time(signal)
    return _OLD if then is None or then - now > _AHEAD else now - then
