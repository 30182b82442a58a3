"""The words for notices of bulk edits, as data: see `notice_kinds`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rollcall.model.levels import Severity
from rollcall.outcomes.meaning import NoticeWords

_MEANWHILE = """
- This message stands for one about each contact. If they are left as they are, `rollcall status` says
why."""
_BULK = NoticeWords(
    severity=Severity.CRITICAL,
    headline="BULK EDIT by {principal}: contacts of {accounts_count} accounts in {window_minutes} minutes",
    waits="{meanwhile}; edits may go on, and updates carry the same incident id",
    lines=(
        ("Who", "{who}"),
        ("From", "{origin}"),
        ("Edits", "{edits}"),
        ("Accounts", "{accounts_count}"),
        ("First", "{first_at}"),
        ("Last", "{last_at}"),
        ("Outcome", "{outcome}"),
    ),
    do="""
- Stop the principal above: revoke its sessions, or deny it by a service control policy. Then ask who is
behind it."""
    + _MEANWHILE,
    runbook="bulk-edit",
    examples="Accounts (examples)",
)

#: By kind and variant, as `notice_kinds.NOTICES` has them.
BULK_EDITS: Final[dict[str, NoticeWords]] = {
    "bulk-edit": _BULK,
    "bulk-edit/address": replace(
        _BULK,
        headline="BULK EDIT from {source_ip}: contacts of {accounts_count} accounts in {window_minutes} min",
        do="""
- Find out whose address this is. If nobody planned this, treat the principals above as compromised: revoke
their sessions, or deny them by a service control policy."""
        + _MEANWHILE,
    ),
    "bulk-edit/organization": replace(
        _BULK,
        headline="BULK EDIT by many: contacts of {accounts_count} accounts in {window_minutes} minutes",
        do="""
- Many principals at once: look for what those above have in common, such as a stolen pipeline or identity
provider. If nobody planned this, treat them as compromised: revoke their sessions."""
        + _MEANWHILE,
    ),
    "bulk-edit/quiet": replace(
        _BULK,
        headline="BULK EDIT has ended, nothing is left to put back: contacts of {accounts_count} accounts",
        waits="",
        do="""
- Make sure that who did it was stopped, and find out who that was. No contact is left changed, but the
credentials behind the edits may still work.""",
    ),
    "bulk-edit/left": replace(
        _BULK,
        headline="BULK EDIT has ended, NOT all put back: contacts of {accounts_count} accounts",
        waits="some contacts are not as the roster wants them, see the outcome below",
        do="""
- Run a sweep, to put right what is left: `rollcall sweep`. Its report names what cannot be set, and why.
- Make sure that who did it was stopped, and find out who that was.""",
    ),
}
