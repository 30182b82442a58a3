"""Events reduced to signals: which account to look at, and why. An event's values decide nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from rollcall.actor import Actor
from rollcall.contacts import ContactKind
from rollcall.errors import MalformedEventError

_ACCOUNT_ID = re.compile(r"[0-9]{12}", re.ASCII)
_KINDS = {str(kind): kind for kind in ContactKind}


class Cause(StrEnum):
    """Why an account is looked at."""

    ACCOUNT_CREATED = "account-created"
    ACCOUNT_MOVED = "account-moved"
    CONTACT_EDITED = "contact-edited"
    CONTACT_DELETED = "contact-deleted"


#: Somebody changed a contact. The other causes change what the roster asks for.
TAMPERING = frozenset({Cause.CONTACT_EDITED, Cause.CONTACT_DELETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReference:
    """Where to find the event again: its CloudTrail event id, name, time (ISO 8601, UTC) and request id."""

    id: str
    name: str
    time: str
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Look at this account.

    `kind` is the contact that was named, None for all of them. `destination` is the parent id that a
    moved account must show. `denied` is the error code of a call that AWS refused.
    """

    account_id: str
    cause: Cause
    event: EventReference
    actor: Actor
    kind: ContactKind | None = None
    destination: str | None = None
    denied: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """An event that changes nothing for us, and why."""

    event: EventReference
    reason: str


def parse(event: object) -> Signal | Ignored:
    """Reduce an EventBridge event to a signal.

    Raises MalformedEventError if it is no CloudTrail event, or one of ours that names no account.
    """
    envelope = event if isinstance(event, Mapping) else {}
    detail = envelope.get("detail")
    if not isinstance(detail, Mapping) or not isinstance(detail.get("eventName"), str):
        raise MalformedEventError("no CloudTrail event: detail.eventName is missing")
    reference = EventReference(
        id=str(detail.get("eventID") or envelope.get("id") or ""),
        name=detail["eventName"],
        time=str(detail.get("eventTime") or ""),
        request_id=detail["requestID"] if isinstance(detail.get("requestID"), str) else None,
    )
    if not reference.id:
        raise MalformedEventError("no CloudTrail event: detail.eventID is missing")
    reader = _READERS.get((str(detail.get("eventSource")), reference.name))
    if reader is None:
        return Ignored(event=reference, reason="no signal")
    return reader(detail, reference)


def _created(detail: Mapping[str, Any], reference: EventReference) -> Signal | Ignored:
    # userIdentity, and with it every nested field, has another form in a service event.
    found = dict(_flatten(detail.get("serviceEventDetails")))
    if str(found.get("state", "")).upper() != "SUCCEEDED":
        return Ignored(event=reference, reason="the account was not created")
    return Signal(
        account_id=_account_id(found.get("accountid")),
        cause=Cause.ACCOUNT_CREATED,
        event=reference,
        actor=Actor.from_detail(detail),
    )


def _moved(detail: Mapping[str, Any], reference: EventReference) -> Signal | Ignored:
    if "errorCode" in detail:
        return Ignored(event=reference, reason="the account was not moved")
    parameters = dict(_flatten(detail.get("requestParameters")))
    destination = parameters.get("destinationparentid")
    return Signal(
        account_id=_account_id(parameters.get("accountid")),
        cause=Cause.ACCOUNT_MOVED,
        event=reference,
        actor=Actor.from_detail(detail),
        destination=destination if isinstance(destination, str) else None,
    )


def _contact(cause: Cause) -> Callable[[Mapping[str, Any], EventReference], Signal]:
    def read(detail: Mapping[str, Any], reference: EventReference) -> Signal:
        parameters = dict(_flatten(detail.get("requestParameters")))
        kind = str(parameters.get("alternatecontacttype", "")).upper()
        signal = Signal(
            # In organizations mode the target is named; the envelope's account is only the caller's.
            account_id=_account_id(
                parameters.get("accountid")
                or detail.get("recipientAccountId")
                or Actor.from_detail(detail).account_id
            ),
            cause=cause,
            event=reference,
            actor=Actor.from_detail(detail),
            kind=_KINDS.get(kind),
        )
        if "errorCode" in detail:
            return replace(signal, denied=str(detail["errorCode"]))
        return signal

    return read


_READERS: dict[tuple[str, str], Callable[[Mapping[str, Any], EventReference], Signal | Ignored]] = {
    ("organizations.amazonaws.com", "CreateAccountResult"): _created,
    ("organizations.amazonaws.com", "MoveAccount"): _moved,
    ("account.amazonaws.com", "PutAlternateContact"): _contact(Cause.CONTACT_EDITED),
    ("account.amazonaws.com", "DeleteAlternateContact"): _contact(Cause.CONTACT_DELETED),
}


def _flatten(value: object) -> Iterator[tuple[str, object]]:
    """Leaves of nested objects by lower-cased name: AWS spells the same keys in camelCase and PascalCase."""
    if not isinstance(value, Mapping):
        return
    leaves = [(str(key).lower(), item) for key, item in value.items() if not isinstance(item, Mapping)]
    for item in reversed(list(value.values())):  # so that the first of two equal names wins
        yield from _flatten(item)
    yield from leaves


def _account_id(value: object) -> str:
    if isinstance(value, str) and _ACCOUNT_ID.fullmatch(value):
        return value
    raise MalformedEventError("the event names no account of 12 digits")
