"""The AWS event sources that Rollcall receives, and the events that it queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.events.monitored import CLOUDFORMATION, MONITORED_EVENTS, PART_EVENTS, Scope
from rollcall.events.parse import DEPLOYMENTS, SIGNAL_EVENTS
from rollcall.model.levels import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOMAIN: Final = ".amazonaws.com"


def _make_source(service: str) -> str:
    return f"aws.{service.removesuffix(_DOMAIN)}"


#: `detail.eventSource` of services of which a forwarder sends only the events that it names, because they
#: have many others.
_BUSY: Final = frozenset({CLOUDFORMATION, "iam.amazonaws.com", "signin.amazonaws.com"})

#: `detail.eventSource` of the services whose CloudTrail events lead to signals.
EVENT_SOURCES: Final = tuple(sorted({service for service, _ in SIGNAL_EVENTS}))

#: `source` of the same services.
SOURCES: Final = tuple(map(_make_source, EVENT_SOURCES))

#: `detail.eventSource` of the services of which a member's forwarder sends every event.
MEMBER_SERVICES: Final = ("account.amazonaws.com",)
#: The same of the management account, on whose bus alone AWS Organizations and Control Tower speak.
MANAGEMENT_SERVICES: Final = tuple(service for service in EVENT_SOURCES if service not in _BUSY)
#: Calls of AWS Organizations that are recorded in a member: it leaves by a call of its own, and an account to
#: which the management account delegated policies or tags changes them by its own, too.
#: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html
_CALLS_OF_MEMBERS: Final = frozenset(
    {
        "DeletePolicy",
        "DetachPolicy",
        "DisablePolicyType",
        "LeaveOrganization",
        "TagResource",
        "UntagResource",
        "UpdatePolicy",
    }
)
#: Service and `detail.eventName` of what a forwarder sends besides.
NAMED_EVENTS: Final = tuple(
    sorted(
        {row for row in SIGNAL_EVENTS - DEPLOYMENTS if row[0] in _BUSY}
        | {
            row
            for row in SIGNAL_EVENTS
            if row[0].startswith("organizations.") and row[1] in _CALLS_OF_MEMBERS
        }
    )
)
#: `source` of what rules of members may send. Of the last one only records of their own calls: what AWS
#: Organizations itself reports is in the management account.
MEMBER_SOURCES: Final = tuple(sorted(map(_make_source, (*MEMBER_SERVICES, *_BUSY))))
CALL_SOURCES: Final = ("aws.organizations",)
CALL: Final = "AWS API Call via CloudTrail"

#: In the detail of "Region Opt-In Status Change", which has no name: a Region that was switched.
REGION_SWITCHED: Final = {"regionName": [{"exists": True}], "status": ["ENABLED", "DISABLED"]}

#: `detail.eventName` of what `reconcile` looks at. Not the detail-type: CreateAccountResult comes as
#: "AWS Service Event via CloudTrail" and the rest as "AWS API Call via CloudTrail".
EVENT_NAMES: Final = tuple(sorted({name for _, name in SIGNAL_EVENTS}))

#: The edit of a primary contact, which is only alerted unless the roster manages those.
_PRIMARY: Final = "PutContactInformation"

_ALERT_ONLY: Final = tuple(
    sorted(
        {name for (_, name), one in MONITORED_EVENTS.items() if one.severity < Severity.HIGH}
        & set(EVENT_NAMES)
    )
)


def list_write_names(*, primary: bool) -> list[str]:
    """Those that Rollcall itself causes; `primary` is whether the roster manages primary contacts."""
    return ["DeleteAlternateContact", "PutAlternateContact", *([_PRIMARY] if primary else [])]


def list_alert_only_names(*, primary: bool) -> list[str]:
    """Those that are only alerted, and not as HIGH or CRITICAL."""
    return [name for name in _ALERT_ONLY if not (primary and name == _PRIMARY)]


_PARTS: Final = {row: one for row, one in PART_EVENTS.items() if one.scope is Scope.PART}
#: `source` of the events about Rollcall itself, on the hub's default bus.
PART_SOURCES: Final = tuple(sorted({_make_source(service) for service, _ in PART_EVENTS}))
#: CloudTrail adds a version to Lambda's names: UpdateFunctionCode20150331v2.
PART_NAMES: Final = tuple(sorted(name for service, name in _PARTS if not service.startswith("lambda.")))
PART_PREFIXES: Final = tuple(sorted(name for service, name in _PARTS if service.startswith("lambda.")))
KEY_NAMES, REDRIVE_NAMES = (
    tuple(sorted(name for (_, name), one in PART_EVENTS.items() if one.scope is scope))
    for scope in (Scope.KEY, Scope.REDRIVE)
)
#: `detail.eventName` of what changes or removes a rule.
RULE_NAMES: Final = tuple(name for name in PART_NAMES if name.endswith(("Rule", "Targets")))


def make_forwarder_pattern(
    services: Sequence[str], *, deployments_of: Sequence[object] = ()
) -> dict[str, Any]:
    """`source` and `detail` that match every event of these services, and the named ones of others.

    Of deployments, which everybody makes, only those of a stack whose name or ARN `deployments_of` matches,
    and of a change set that is named without its stack. Without it, none.
    """
    sources = {_make_source(service) for service in (*services, *(service for service, _ in NAMED_EVENTS))}
    named = [
        {"eventSource": [service], "eventName": [name for of, name in NAMED_EVENTS if of == service]}
        for service in sorted({service for service, _ in NAMED_EVENTS} - set(services))
    ]
    deployed = {
        "eventSource": [CLOUDFORMATION],
        "eventName": sorted(name for _, name in DEPLOYMENTS),
        "requestParameters": {"stackName": [*deployments_of, {"exists": False}]},
    }
    matches = [{"eventSource": list(services)}, *named, {"regionName": [{"exists": True}]}]
    matches += [deployed] * bool(deployments_of)
    return {"source": sorted(sources), "detail": {"$or": matches}}
