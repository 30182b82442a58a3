"""The words for notices of groups of alerts, as data: see `notice_kinds`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rollcall.model.levels import Severity
from rollcall.outcomes.meaning import NoticeWords

_LINES: Final = (
    ("Who", "{who}"),
    ("From", "{origin}"),
    ("Edits", "{edits} in {accounts_count} accounts: {done}"),
    ("Programs", "{programs}"),
    ("First", "{first_at}"),
    ("Last", "{last_at}"),
    ("All lines", "{file}"),
)
_BULK = NoticeWords(
    severity=Severity.CRITICAL,
    headline="BULK EDIT by {principal}: contacts of {accounts_count} accounts",
    waits="{meanwhile}",
    lines=_LINES,
    do="""
- Stop the principal above: revoke its sessions, or deny it by a service control policy. Then ask who is
behind it.
- Every further edit is named here within a minute.""",
    runbook="bulk-edit",
)
_MANY = NoticeWords(
    severity=Severity.HIGH,
    headline="{lines_count} more alerts in one message: {accounts_count} accounts so far",
    lines=_LINES,
    do="""
- Read the lines: what is not restored and what is HIGH comes first.
- If one principal is behind many of them, stop it first.""",
    runbook="many-alerts",
)

#: By kind and variant, as `notice_kinds.NOTICES` has them.
GROUPS: Final[dict[str, NoticeWords]] = {
    "bulk-edit": _BULK,
    "bulk-edit/address": replace(
        _BULK,
        headline="BULK EDIT from {source_ip}: contacts of {accounts_count} accounts",
        do="""
- Find out whose address this is. If nobody planned this, treat the principals below as compromised: revoke
their sessions, or deny them by a service control policy.
- Every further edit is named here within a minute.""",
    ),
    "bulk-edit/ended": replace(
        _BULK,
        severity=Severity.INFO,
        headline="BULK EDIT has ended, all restored: {edits} edits in {accounts_count} accounts",
        waits="",
        do="""
- Make sure that the principal was stopped: its credentials may still work.""",
    ),
    "bulk-edit/left": replace(
        _BULK,
        severity=Severity.HIGH,
        headline="BULK EDIT has ended, {left_count} NOT restored: {edits} edits in {accounts_count} accounts",
        waits="the contacts below are left changed",
        do="""
- Decide about each contact below that is left changed: Rollcall does not restore it.
- Make sure that the principal was stopped: its credentials may still work.""",
    ),
    "many-alerts": _MANY,
    "many-alerts/reported": replace(
        _MANY,
        severity=Severity.MEDIUM,
        headline="{principal} goes on: {edits} events that are only reported",
    ),
    "many-alerts/critical": replace(
        _MANY,
        severity=Severity.CRITICAL,
        headline="{edits} CRITICAL alerts of one cause by {principal}",
        do="""
- Each has the same cause as the first alert about this principal: follow its next steps now.""",
    ),
}
