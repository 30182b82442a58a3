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
    headline="bulk edit by {principal}, contacts of {accounts_count} accounts, {meanwhile}",
    waits="{meanwhile}",
    lines=_LINES,
    do="""
- Stop the principal: revoke its sessions, or deny it by a service control policy. Then ask the person behind
it.
- Every further edit is added here within a minute.""",
    runbook="bulk-edit",
)
_MANY = NoticeWords(
    severity=Severity.HIGH,
    headline="{lines_count} more alerts in one message, {accounts_count} accounts so far, {meanwhile}",
    reported=True,
    lines=_LINES,
    do="""
- Read the lines: HIGH and not restored come first.
- If one principal causes many of them, stop it first.""",
    runbook="many-alerts",
)
_SET = NoticeWords(
    severity=Severity.INFO,
    headline="contacts of {accounts_count} accounts set to the roster's values by {principal}",
    lines=(("Edits", "{edits}"), ("First", "{first_at}"), ("Last", "{last_at}")),
    do="- Nothing.",
    runbook="contact-set-by-others",
)

#: By kind and variant, as `notice_kinds.NOTICES` has them.
GROUPS: Final[dict[str, NoticeWords]] = {
    "bulk-edit": _BULK,
    "bulk-edit/address": replace(
        _BULK,
        headline="bulk edit from {source_ip}, contacts of {accounts_count} accounts, {meanwhile}",
        do="""
- Find the owner of the address. If this was not planned, treat the principals below as compromised: revoke
their sessions, or deny them by a service control policy.
- Every further edit is added here within a minute.""",
    ),
    "bulk-edit/ended": replace(
        _BULK,
        severity=Severity.INFO,
        headline="bulk edit by {principal} ended, {edits} edits in {accounts_count} accounts, all restored",
        waits="",
        do="""
- Check that the principal was stopped: its credentials may still work.""",
    ),
    "bulk-edit/left-alone": replace(
        _BULK,
        severity=Severity.INFO,
        headline="bulk edit by {principal} ended, {left_alone_count} contacts left changed ({why_alone}),"
        " {restored_count} accounts restored",
        waits="",
        do="""
- Check each contact that is left changed: by decision Rollcall does not restore it. If it should, correct it
by hand, then change the roster.
- Check that the principal was stopped: its credentials may still work.""",
    ),
    "bulk-edit/left": replace(
        _BULK,
        severity=Severity.HIGH,
        headline="bulk edit by {principal} ended, {edits} edits in {accounts_count} accounts,"
        " {left_count} NOT restored",
        do="""
- Correct each contact that is left changed: Rollcall does not restore it. Check those left by decision.
- Check that the principal was stopped: its credentials may still work.""",
    ),
    "many-alerts": _MANY,
    "many-alerts/reported": replace(
        _MANY,
        severity=Severity.MEDIUM,
        headline="{edits} events by {principal} that are only reported",
    ),
    "many-alerts/critical": replace(
        _MANY,
        severity=Severity.CRITICAL,
        headline="{edits} CRITICAL alerts of one cause by {principal}",
        waits="each needs the next steps of the first alert",
        do="""
- Follow the next steps of the first alert about this principal now: each has the same cause.""",
    ),
    "contacts-set": _SET,
    "contacts-set/unsure": replace(
        _SET,
        severity=Severity.LOW,
        headline="contacts of {accounts_count} accounts edited by {principal}, compliant now",
        do="""
- Read the lines: some edits may have set other values. Ask {principal} about them.""",
    ),
}
