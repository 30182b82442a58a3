"""The AWS event sources that Rollcall receives, and the events that it queues."""

from __future__ import annotations

from typing import Final

from aws_cdk import aws_events as events

from rollcall.events.monitored import MONITORED_EVENTS, PART_EVENTS, Scope
from rollcall.events.parse import SIGNAL_EVENTS
from rollcall.model.levels import Severity

_DOMAIN: Final = ".amazonaws.com"


def _make_source(service: str) -> str:
    return f"aws.{service.removesuffix(_DOMAIN)}"


ACCOUNT_SOURCE: Final = "aws.account"

#: `detail.eventSource` of the services whose CloudTrail events lead to signals.
EVENT_SOURCES: Final = tuple(sorted({service for service, _ in SIGNAL_EVENTS}))

#: `source` of the same services. All but the Account API speak on the management account's bus only.
SOURCES: Final = tuple(map(_make_source, EVENT_SOURCES))

#: `detail.eventName` of what `reconcile` looks at. Not the detail-type: CreateAccountResult comes as
#: "AWS Service Event via CloudTrail" and the rest as "AWS API Call via CloudTrail".
EVENT_NAMES: Final = tuple(sorted({name for _, name in SIGNAL_EVENTS}))

#: Those of them that Rollcall itself causes.
WRITE_NAMES: Final = ("DeleteAlternateContact", "PutAlternateContact")

#: Those that are only alerted, and not as HIGH or CRITICAL.
ALERT_ONLY_NAMES: Final = tuple(
    sorted(
        {name for (_, name), one in MONITORED_EVENTS.items() if one.severity < Severity.HIGH}
        & set(EVENT_NAMES)
    )
)

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


def refuse_replays(rule: events.Rule) -> None:
    """Make `rule` match no event that somebody replays from an archive; the CDK has no property for it.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
    """
    resource = rule.node.default_child
    if isinstance(resource, events.CfnRule):
        resource.add_property_override("EventPattern.replay-name", [{"exists": False}])
