"""CloudTrail events to signals: one row for each event that means something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rollcall.events.actor import Actor
from rollcall.events.fields import account_id, is_account_id, key_text, leaves, text
from rollcall.events.monitored import GUARDRAIL_TYPE, OUR_PRINCIPALS, WATCHED
from rollcall.events.signal import Cause, EventReference, Ignored, Signal
from rollcall.model.contact import ContactKind
from rollcall.model.errors import MalformedEventError

_Reader = Callable[[Mapping[str, Any], Signal], Signal | Ignored]
#: ISO 8601 with room for what is none.
_LONGEST_TIME = 64
_KINDS = {str(kind): kind for kind in ContactKind}
#: In the codes of denials, however the service spells them: AccessDenied, AccessDeniedException.
_DENIALS = ("accessdenied", "unauthorized")


def parse(event: object) -> Signal | Ignored:
    """Reduce an EventBridge event to a signal.

    Raises MalformedEventError if it is no CloudTrail event, or one of ours that names no account.
    """
    envelope = event if isinstance(event, Mapping) else {}
    detail = envelope.get("detail")
    if not isinstance(detail, Mapping) or not isinstance(detail.get("eventName"), str):
        raise MalformedEventError("no CloudTrail event: detail.eventName is missing")
    reference = EventReference(
        id=key_text(str(detail.get("eventID") or envelope.get("id") or "")),
        name=detail["eventName"],
        time=text(str(detail.get("eventTime") or ""), longest=_LONGEST_TIME) or "",
        request_id=_key(detail.get("requestID")),
        shared_id=_key(detail.get("sharedEventID")),
    )
    if not reference.id:
        raise MalformedEventError("no CloudTrail event: detail.eventID is missing")
    source = (str(detail.get("eventSource")), reference.name)
    cause, reader = READERS.get(source) or (Cause.WATCHED, _watched if source in WATCHED else None)
    if reader is None:
        return Ignored(event=reference, reason="no signal")
    blank = Signal(account_id="", cause=cause, event=reference, actor=Actor.from_detail(detail))
    return reader(detail, blank)


def _key(value: object) -> str | None:
    return key_text(value) if isinstance(value, str) and value else None


def _joined(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    # Service events: every nested field has another place than in an API event, and no version is settled.
    found = leaves(detail.get("additionalEventData")) | leaves(detail.get("serviceEventDetails"))
    return replace(blank, account_id=account_id(found.get("accountid")))


def _arrived(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    # That of a creation. An account has a state, too, of which an event may tell: it joined all the same.
    state = leaves(detail.get("serviceEventDetails")).get("state", _SUCCEEDED)
    if str(state).upper() != _SUCCEEDED:
        return Ignored(event=blank.event, reason="it did not succeed")
    return _joined(detail, blank)


def _moved(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    found = leaves(detail.get("requestParameters"))
    if _error(detail):
        return _attempted(found, detail, blank)
    destination = found.get("destinationparentid")
    return replace(
        blank,
        account_id=account_id(found.get("accountid")),
        destination=destination if isinstance(destination, str) else None,
    )


def _tagged(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    resource = leaves(detail.get("requestParameters")).get("resourceid")
    if _error(detail) and (resource is None or is_account_id(resource)):
        return _attempted({"accountid": resource}, detail, blank)
    if not is_account_id(resource):
        return Ignored(event=blank.event, reason="no tag of an account was changed")
    return replace(blank, account_id=str(resource))


def _ou_changed(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    if _error(detail):
        return _attempted({}, detail, blank)
    ou_id = leaves(detail.get("requestParameters")).get("organizationalunitid")
    if not isinstance(ou_id, str):
        return Ignored(event=blank.event, reason="no organizational unit was changed")
    return replace(blank, account_id=_affected({}, detail), ou_id=ou_id)


def _attempted(found: Mapping[str, object], detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    """An attempt at where an account is, how it is tagged or what its unit is called, if AWS denied it.

    Automation gets other errors there day by day: a move that was made already, a change at the same time.
    Of a denied call CloudTrail may not show what it was about: then the account is the caller's.
    """
    if not any(sign in str(_error(detail)).lower() for sign in _DENIALS):
        return Ignored(event=blank.event, reason="AWS refused the call")
    return _denied(detail, replace(blank, account_id=_affected(found, detail)))


def _contact_changed(detail: Mapping[str, Any], blank: Signal) -> Signal:
    found = leaves(detail.get("requestParameters"))
    kind = _KINDS.get(str(found.get("alternatecontacttype", "")).upper())
    return _denied(detail, replace(blank, account_id=_affected(found, detail), kind=kind))


def _watched(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    found = leaves(detail.get("serviceEventDetails")) | leaves(detail.get("requestParameters"))
    watch = WATCHED[str(detail.get("eventSource")), blank.event.name]
    # A denied call shows no parameters: it may have been about ours.
    principal = found.get("serviceprincipal") if found or not _error(detail) else min(OUR_PRINCIPALS)
    if watch.ours_only and str(principal) not in OUR_PRINCIPALS:
        return Ignored(event=blank.event, reason="not about a service that Rollcall needs")
    if found.get("policytype") not in (None, GUARDRAIL_TYPE):
        return Ignored(event=blank.event, reason="not about policies of the guardrail's type")
    policy = found.get("policyid")
    return _denied(
        detail,
        replace(
            blank,
            account_id=_affected(found, detail),
            policy_id=policy if isinstance(policy, str) else None,
        ),
    )


def _renamed(detail: Mapping[str, Any], blank: Signal) -> Signal:
    found = leaves(detail.get("requestParameters"))
    return _denied(detail, replace(blank, account_id=_affected(found, detail)))


def _affected(found: Mapping[str, object], detail: Mapping[str, Any]) -> str:
    """In organizations mode the target is named; the envelope's account is only the caller's."""
    named = found.get("accountid")
    if _error(detail) and not is_account_id(named):
        named = None  # anything may have been named in a call that AWS refused: it is told of the caller
    caller = detail.get("recipientAccountId") or Actor.from_detail(detail).account_id
    return account_id(named or caller)


def _denied(detail: Mapping[str, Any], signal: Signal) -> Signal:
    return replace(signal, denied=_error(detail))


def _error(detail: Mapping[str, Any]) -> str | None:
    """The code of a call that AWS refused, None for one that it did not."""
    code = detail.get("errorCode")
    return None if code in (None, "") else str(code)


_SUCCEEDED = "SUCCEEDED"
_ORGANIZATIONS = "organizations.amazonaws.com"
READERS: dict[tuple[str, str], tuple[Cause, _Reader]] = {
    (_ORGANIZATIONS, "CreateAccountResult"): (Cause.ACCOUNT_CREATED, _arrived),
    (_ORGANIZATIONS, "AccountJoinedOrganization"): (Cause.ACCOUNT_JOINED, _joined),
    ("controltower.amazonaws.com", "CreateManagedAccount"): (Cause.ACCOUNT_CREATED, _arrived),
    ("controltower.amazonaws.com", "UpdateManagedAccount"): (Cause.ACCOUNT_JOINED, _arrived),
    (_ORGANIZATIONS, "MoveAccount"): (Cause.ACCOUNT_MOVED, _moved),
    (_ORGANIZATIONS, "TagResource"): (Cause.ACCOUNT_TAGGED, _tagged),
    (_ORGANIZATIONS, "UntagResource"): (Cause.ACCOUNT_TAGGED, _tagged),
    (_ORGANIZATIONS, "UpdateOrganizationalUnit"): (Cause.OU_CHANGED, _ou_changed),
    ("account.amazonaws.com", "PutAccountName"): (Cause.ACCOUNT_RENAMED, _renamed),
    ("account.amazonaws.com", "PutAlternateContact"): (Cause.CONTACT_EDITED, _contact_changed),
    ("account.amazonaws.com", "DeleteAlternateContact"): (Cause.CONTACT_DELETED, _contact_changed),
}

#: All events that lead to a signal, by `detail.eventSource` and `detail.eventName`: what the hub queues.
SIGNAL_EVENTS = frozenset(READERS) | frozenset(WATCHED)
