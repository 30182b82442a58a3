"""The AWS event sources that Rollcall receives, and the events that it queues."""

from __future__ import annotations

from typing import Final

from rollcall.events.parse import SIGNAL_EVENTS

_DOMAIN: Final = ".amazonaws.com"

ACCOUNT_SOURCE: Final = "aws.account"

#: `detail.eventSource` of the services whose CloudTrail events lead to signals.
EVENT_SOURCES: Final = tuple(sorted({service for service, _ in SIGNAL_EVENTS}))

#: `source` of the same services. All but the Account API speak on the management account's bus only.
SOURCES: Final = tuple(f"aws.{service.removesuffix(_DOMAIN)}" for service in EVENT_SOURCES)

#: `detail.eventName` of what `reconcile` looks at. Not the detail-type: CreateAccountResult comes as
#: "AWS Service Event via CloudTrail" and the rest as "AWS API Call via CloudTrail".
EVENT_NAMES: Final = tuple(sorted({name for _, name in SIGNAL_EVENTS}))

#: Those of them that Rollcall itself causes.
WRITE_NAMES: Final = ("DeleteAlternateContact", "PutAlternateContact")
