"""The AWS event sources that Rollcall listens to, and what it queues of them."""

from __future__ import annotations

from typing import Final

ACCOUNT_SOURCE: Final = "aws.account"
ORGANIZATIONS_SOURCE: Final = "aws.organizations"
SOURCES: Final = (ACCOUNT_SOURCE, ORGANIZATIONS_SOURCE)

#: `detail.eventSource` of the same two services in their CloudTrail events.
EVENT_SOURCES: Final = ("account.amazonaws.com", "organizations.amazonaws.com")

#: `detail.eventName` of what `reconcile` acts on. Not the detail-type: CreateAccountResult comes as
#: "AWS Service Event via CloudTrail" and the rest as "AWS API Call via CloudTrail".
EVENT_NAMES: Final = ("CreateAccountResult", "MoveAccount", "PutAlternateContact", "DeleteAlternateContact")
