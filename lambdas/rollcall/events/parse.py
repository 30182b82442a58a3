"""CloudTrail events to signals: one row for each event that means something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rollcall.events.actor import Actor, flatten_leaves, make_key_text, read_text
from rollcall.events.monitored import (
    ACCOUNT,
    CLOUDFORMATION,
    GUARDRAIL_TYPE,
    MONITORED_EVENTS,
    ORGANIZATIONS,
    OUR_PRINCIPALS,
    PART_EVENTS,
    REGION_STATUS,
    Scope,
    find_part,
    get_monitored,
    strip_version,
)
from rollcall.events.signal import Cause, EventReference, Ignored, Signal
from rollcall.model.account import is_account_id
from rollcall.model.contact import ALTERNATE_KINDS, ContactKind
from rollcall.model.errors import THROTTLED, MalformedEventError

_Reader = Callable[[Mapping[str, Any], Signal], Signal | Ignored]
#: ISO 8601 with room for what is none.
_LONGEST_TIME = 64
_KINDS = {str(kind): kind for kind in ALTERNATE_KINDS}
#: In the codes of denials, however the service spells them: AccessDenied, AccessDeniedException.
_DENIALS = ("accessdenied", "unauthorized")


def parse(event: object) -> Signal | Ignored:
    """Reduce an EventBridge event to a signal; MalformedEventError if AWS sends no such event."""
    envelope = event if isinstance(event, Mapping) else {}
    detail = envelope.get("detail")
    if envelope.get("detail-type") == _REGION_STATUS and isinstance(detail, Mapping):
        detail = _read_as_record(envelope, detail)
    if not isinstance(detail, Mapping) or not isinstance(detail.get("eventName"), str):
        raise MalformedEventError("no CloudTrail event: detail.eventName is missing")
    reference = EventReference(
        id=make_key_text(str(detail.get("eventID") or envelope.get("id") or "")),
        name=detail["eventName"],
        time=read_text(str(detail.get("eventTime") or ""), longest=_LONGEST_TIME) or "",
        request_id=_read_key(detail.get("requestID")),
        shared_id=_read_key(detail.get("sharedEventID")),
    )
    if not reference.id:
        raise MalformedEventError("no CloudTrail event: detail.eventID is missing")
    if envelope.get("replay-name"):
        return Ignored(event=reference, reason="replayed from an archive")
    denied = _read_error(detail)
    if denied in THROTTLED:  # no attempt
        return Ignored(event=reference, reason="AWS throttled the call, which SDKs repeat")
    source = (str(detail.get("eventSource")), strip_version(reference.name))
    cause, reader = READERS.get(source) or (
        Cause.MONITORED,
        _read_monitored if source in MONITORED_EVENTS else None,
    )
    if reader is None:
        return Ignored(event=reference, reason=_NO_SIGNAL)
    actor = Actor.from_detail(detail)
    blank = Signal(account_id="", cause=cause, event=reference, actor=actor, denied=denied)
    return reader(detail, blank)


def _read_as_record(envelope: Mapping[str, Any], detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """The status of a Region as a CloudTrail record: the Account API sends it straight to EventBridge.

    https://docs.aws.amazon.com/accounts/latest/reference/monitoring-eventbridge.html
    """
    return {
        "eventSource": ACCOUNT,
        "eventName": REGION_STATUS,
        "eventID": envelope.get("id"),
        "eventTime": envelope.get("time"),
        "recipientAccountId": envelope.get("account"),
        "requestParameters": detail,
        "userIdentity": {"type": "AWSService", "invokedBy": ACCOUNT},
    }


def _read_account_id(value: object) -> str:
    """The value, if it is an account id; MalformedEventError if not."""
    if is_account_id(value):
        return str(value)
    raise MalformedEventError("the event names no account of 12 digits")


def _read_key(value: object) -> str | None:
    return make_key_text(value) if isinstance(value, str) and value else None


def _read_joined(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    # Service events: every nested field has another place than in an API event, and no version is settled.
    account_id = _read_account_id(_flatten_service_event(detail).get("accountid"))
    return replace(blank, account_id=account_id, denied=None)


def _flatten_service_event(detail: Mapping[str, Any]) -> dict[str, object]:
    """The values of a service event by lower-cased name; without `accountid` the only other id counts."""
    places = ("additionalEventData", "serviceEventDetails")
    leaves = [leaf for place in places for leaf in flatten_leaves(detail.get(place)).items()]
    found = {name: value for name, value in leaves if value not in (None, "")}
    caller = detail.get("recipientAccountId")
    ids = {value for value in found.values() if is_account_id(value) and value != caller}
    return {"accountid": ids.pop()} | found if len(ids) == 1 else found


def _read_arrived(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    # That of a creation. An account has a state, too, which an event may name: it joined all the same.
    state = _flatten_service_event(detail).get("state", _SUCCEEDED)
    if str(state).upper() != _SUCCEEDED:
        return Ignored(event=blank.event, reason="it did not succeed")
    return _read_joined(detail, blank)


def _read_moved(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    found = flatten_leaves(detail.get("requestParameters"))
    if blank.denied:
        return _read_attempted(found, detail, blank)
    destination = found.get("destinationparentid")
    return replace(
        blank,
        account_id=_read_account_id(found.get("accountid")),
        destination=destination if isinstance(destination, str) else None,
    )


def _read_tagged(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    found = flatten_leaves(detail.get("requestParameters"))
    resource = found.get("resourceid")
    if blank.denied and (resource is None or is_account_id(resource)):
        return _read_attempted({"accountid": resource}, detail, blank)
    if not is_account_id(resource):
        return Ignored(event=blank.event, reason="no tag of an account was changed")
    return replace(blank, account_id=str(resource), tag_keys=_read_tag_keys(found))


def _read_tag_keys(found: Mapping[str, object]) -> tuple[str, ...]:
    tags, keys = found.get("tags"), found.get("tagkeys")
    if isinstance(tags, list):
        keys = [flatten_leaves(tag).get("key") for tag in tags]
    if not isinstance(keys, list) or len(keys) > _MOST_TAGS:
        return ()
    named = [
        key for key in keys if isinstance(key, str) and 0 < len(key) <= _LONGEST_KEY and "***" not in key
    ]
    hidden = len(named) < len(keys) or any("HIDDEN" in key for key in named)
    return () if hidden else tuple(named)


def _read_ou_changed(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    if blank.denied:
        return _read_attempted({}, detail, blank)
    ou_id = flatten_leaves(detail.get("requestParameters")).get("organizationalunitid")
    if not isinstance(ou_id, str):
        return Ignored(event=blank.event, reason="no OU was changed")
    return replace(blank, account_id=_read_affected({}, detail), ou_id=ou_id)


def _read_attempted(
    found: Mapping[str, object], detail: Mapping[str, Any], blank: Signal
) -> Signal | Ignored:
    """A call that AWS denied: to move or tag an account, or to rename an OU. Other errors are ignored.

    Automation gets those every day: the move was made already, or something changed at the same time.
    CloudTrail may not show the target of a denied call: then the account is the caller's.
    """
    if not any(sign in str(blank.denied).lower() for sign in _DENIALS):
        return Ignored(event=blank.event, reason="AWS refused the call")
    return replace(blank, account_id=_read_affected(found, detail))


def _read_contact_changed(detail: Mapping[str, Any], blank: Signal) -> Signal:
    found = flatten_leaves(detail.get("requestParameters"))
    kind = _KINDS.get(str(found.get("alternatecontacttype", "")).upper())
    if blank.event.name == "PutContactInformation":
        kind = ContactKind.PRIMARY
    return replace(blank, account_id=_read_affected(found, detail), kind=kind)


def _read_monitored(detail: Mapping[str, Any], blank: Signal) -> Signal | Ignored:
    found = _flatten_service_event(detail) | flatten_leaves(detail.get("requestParameters"))
    scope, deployed = get_monitored(blank.event.name).scope, blank.actor.via == CLOUDFORMATION
    if deployed and scope in (Scope.PART, Scope.KEY) and blank.event.name not in BY_ANY_STACK:
        return Ignored(event=blank.event, reason="a deployment, which has an alert of its own")
    if scope in (Scope.PART, Scope.REDRIVE):
        return _read_part(detail, found, blank)
    principal = found.get("serviceprincipal")
    # A denied call shows no parameters: it may have been about ours.
    named = bool(found) or not blank.denied
    if scope in (Scope.DELEGATION, Scope.TRUSTED_ACCESS) and named and str(principal) not in OUR_PRINCIPALS:
        return Ignored(event=blank.event, reason="not about a service that Rollcall needs")
    if (reason := _find_reason_to_ignore(blank.event.name, found)) is not None:
        return Ignored(event=blank.event, reason=reason)
    # A call that AWS refused may have named anything here.
    subject = read_text(principal or found.get("policyid") or found.get("regionname"), longest=256)
    if blank.event.name == REGION_STATUS:
        subject = f"{subject or 'a Region'} {found['status']}"
    # These are about another account than the one that calls, or that has the record.
    if blank.event.name in _ABOUT_OTHERS and not blank.denied:
        return replace(blank, account_id=_read_account_id(found.get("accountid")), subject=subject)
    return replace(blank, account_id=_read_affected(found, detail), subject=subject)


def _find_reason_to_ignore(name: str, found: Mapping[str, object]) -> str | None:
    """Why an event of this name is not alerted, None if it is."""
    if found.get("policytype") not in (None, GUARDRAIL_TYPE):
        return "not about policies of the guardrail's type"
    if name == REGION_STATUS and found.get("status") not in _SETTLED:
        return _NO_SIGNAL
    if name == "CloseAccountResult" and str(found.get("state", _SUCCEEDED)).upper() != _SUCCEEDED:
        return "it did not succeed"
    return None


def _read_part(detail: Mapping[str, Any], found: Mapping[str, object], blank: Signal) -> Signal | Ignored:
    """A change of a part of Rollcall itself: CloudTrail names it in the request, or else in the answer."""
    part = find_part(found) or find_part(flatten_leaves(detail.get("responseElements")))
    if part is None or blank.denied:
        return Ignored(event=blank.event, reason="nothing of Rollcall was changed")
    return replace(blank, account_id=_read_affected({}, detail), subject=read_text(part, longest=256))


def _read_renamed(detail: Mapping[str, Any], blank: Signal) -> Signal:
    found = flatten_leaves(detail.get("requestParameters"))
    name = read_text(found.get("accountname"), longest=_LONGEST_NAME)
    # CloudTrail may hide it, in either of two ways.
    hidden = name is None or "HIDDEN" in name or not name.strip("* ")
    return replace(blank, account_id=_read_affected(found, detail), destination=None if hidden else name)


def _read_affected(found: Mapping[str, object], detail: Mapping[str, Any]) -> str:
    """In organizations mode the target is named; the envelope's account is only the caller's."""
    named = found.get("accountid")
    if _read_error(detail) and not is_account_id(named):
        named = None  # anything may have been named in a call that AWS refused: the alert is about the caller
    caller = detail.get("recipientAccountId") or Actor.from_detail(detail).account_id
    return _read_account_id(named or caller)


def _read_error(detail: Mapping[str, Any]) -> str | None:
    """The code of a call that AWS refused, None for one that it did not.

    Events of sign-in have none, but the result under their own name:
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
    """
    code, answer = detail.get("errorCode"), detail.get("responseElements")
    if isinstance(answer, Mapping) and answer.get(detail.get("eventName")) == _FAILURE:
        return _FAILURE
    return None if code in (None, "") else str(code)


_NO_SIGNAL = "no signal"
_ABOUT_OTHERS = ("AccountDepartedOrganization", "CloseAccountResult", "RemoveAccountFromOrganization")
#: A stack can hold policies of what it does not own, as AWS::IAM::RolePolicy and AWS::SQS::QueuePolicy do.
BY_ANY_STACK = {
    *("AttachRolePolicy", "PutBucketPolicy", "PutPermission", "PutRolePolicy", "SetQueueAttributes"),
    "SetTopicAttributes",
    # Forwarders send deployments of stacks by their names, and a stack of another name can hold the StackSet.
    *("DeleteStackInstances", "DeleteStackSet"),
}
_SUCCEEDED, _FAILURE = "SUCCEEDED", "Failure"
_REGION_STATUS = "Region Opt-In Status Change"
#: Ends of switching a Region: ENABLING and DISABLING come before.
_SETTLED = ("ENABLED", "DISABLED")
#: https://docs.aws.amazon.com/accounts/latest/reference/API_PutAccountName.html
_LONGEST_NAME = 50
#: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html and API_Tag.html
_MOST_TAGS, _LONGEST_KEY = 50, 128
READERS: dict[tuple[str, str], tuple[Cause, _Reader]] = {
    (ORGANIZATIONS, "CreateAccountResult"): (Cause.ACCOUNT_CREATED, _read_arrived),
    (ORGANIZATIONS, "AccountJoinedOrganization"): (Cause.ACCOUNT_JOINED, _read_joined),
    ("controltower.amazonaws.com", "CreateManagedAccount"): (Cause.ACCOUNT_CREATED, _read_arrived),
    ("controltower.amazonaws.com", "UpdateManagedAccount"): (Cause.ACCOUNT_JOINED, _read_arrived),
    (ORGANIZATIONS, "MoveAccount"): (Cause.ACCOUNT_MOVED, _read_moved),
    (ORGANIZATIONS, "TagResource"): (Cause.ACCOUNT_TAGGED, _read_tagged),
    (ORGANIZATIONS, "UntagResource"): (Cause.ACCOUNT_TAGGED, _read_tagged),
    (ORGANIZATIONS, "UpdateOrganizationalUnit"): (Cause.OU_CHANGED, _read_ou_changed),
    (ACCOUNT, "PutAccountName"): (Cause.ACCOUNT_RENAMED, _read_renamed),
    # The right that PutAccountName needs besides: whether the console's change is recorded so is not known.
    ("iam.amazonaws.com", "UpdateAccountName"): (Cause.ACCOUNT_RENAMED, _read_renamed),
    (ACCOUNT, "PutAlternateContact"): (Cause.CONTACT_EDITED, _read_contact_changed),
    (ACCOUNT, "DeleteAlternateContact"): (Cause.CONTACT_DELETED, _read_contact_changed),
    (ACCOUNT, "PutContactInformation"): (Cause.CONTACT_EDITED, _read_contact_changed),
}

#: Deployments of stacks: the hub sees its own, and the management account's forwarder sends those of one.
DEPLOYMENTS = frozenset(row for row in PART_EVENTS if row[0] == CLOUDFORMATION)
#: All events that lead to a signal, by `detail.eventSource` and `detail.eventName`, and that forwarders send.
SIGNAL_EVENTS = (frozenset(READERS) | frozenset(MONITORED_EVENTS)) - frozenset(PART_EVENTS) | DEPLOYMENTS
