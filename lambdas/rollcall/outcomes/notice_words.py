"""The words for notices of plans and of groups of alerts, as data; `notice_kinds` has the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rollcall.model.levels import Severity
from rollcall.outcomes.meaning import NoticeWords

_WHY, _PLAN, _ROSTER = ("Why", "{reasons}"), ("Plan", "{plan}"), ("Roster", "{roster}")
_COMPARED = (
    ("Warning", "{warnings}"),
    _PLAN,
    _ROSTER,
    ("Run", "{run}"),
    ("Until", "{expires_at}, then the plan expires"),
)

_HELD = NoticeWords(
    severity=Severity.HIGH,
    headline="plan pending approval, {accounts_changed} of {accounts_active} accounts would change",
    waits="nothing of this plan is written until a person approves it",
    lines=(
        _WHY,
        ("Changes", "{changes} in {accounts_changed} of {accounts_active} accounts: {by_kind}"),
        ("Deletes", "{deletes}"),
        *_COMPARED,
    ),
    do="""
- Compare the changes with the intended change of the roster. `rollcall report` lists all.
- If they are correct, approve this plan: `rollcall approve {plan}`
- If not, correct the roster and deploy it. Until then the roster approved before is enforced.""",
    runbook="sweep-held",
    examples="What would be written, most accounts first",
)

_ENDED = NoticeWords(
    severity=Severity.INFO,
    headline="plan no longer pending approval, nothing of it is left to approve",
    lines=(("By", "{by}"), _PLAN, ("Newer plan", "{newer}"), _ROSTER),
    do="- Nothing.",
    runbook="plan-ended",
)

#: By kind and variant, as `notice_kinds.NOTICES` has them: plans that wait for a person, and their ends.
PLANS: Final[dict[str, NoticeWords]] = {
    "sweep-held": _HELD,
    "sweep-held/weakens": replace(
        _HELD, headline="roster pending approval, it would change enforcement and write nothing"
    ),
    "sweep-held/first": replace(
        _HELD,
        headline="first roster pending approval, {accounts_changed} of {accounts_active} accounts would"
        " change",
        do="""
- This is expected: the first roster always needs approval.
- Read the report: `rollcall report`. Are these the contacts that every account should have?
- If yes, approve this plan: `rollcall approve {plan}`
- If no, correct the roster and deploy it. Until then nothing is written.""",
    ),
    "sweep-held/first-without-changes": replace(
        _HELD,
        headline="first roster pending approval, it would change nothing today",
        waits="nothing is restored until a person approves the roster",
        lines=(_WHY, ("Changes", "none in {accounts_active} active accounts"), *_COMPARED),
        do="""
- This is expected: the first roster always needs approval, even if no contact differs.
- The approval writes nothing now. From then on, changed contacts are restored.
- Read the report: `rollcall report`. Are these the contacts that every account should have?
- If yes, approve it: `rollcall approve {plan}`
- If no, correct the roster and deploy it. Until then edits are only alerted.""",
    ),
    "sweep-held/drift": replace(
        _HELD,
        headline="{changes} contacts that the roster does not allow wait for deletion",
        waits="nothing of this plan is deleted until a person approves it",
        do="""
- Find out who set them: `rollcall report` lists all.
- To delete them, approve this plan: `rollcall approve {plan}`
- To keep them, allow them in the roster and deploy it.""",
        examples="What would be deleted, most accounts first",
    ),
    "plan-ended": _ENDED,
    "plan-ended/approved": replace(
        _ENDED,
        headline="pending plan approved by {operator}",
        do="""
- Nothing, if the approval was planned. If not, run `rollcall pause --reason TEXT` and ask the principal.""",
    ),
    "plan-ended/superseded": replace(
        _ENDED,
        headline="pending plan superseded by a newer one, which has an open alert of its own",
        do="- Approve or correct the newer plan, by its own alert.",
    ),
    "plan-ended/replaced": replace(
        _ENDED, headline="plan no longer pending approval, another roster was approved or deployed"
    ),
    "plan-ended/renewed": replace(
        _ENDED,
        headline="pending plan stored anew by a later run, it has an open alert of its own",
        lines=(_PLAN, _ROSTER),
        do="- Approve or correct it, by its newer alert.",
    ),
    "plan-ended/lapsed": replace(
        _ENDED,
        headline="plan EXPIRED, the approval by {operator} had no effect, nothing of it was written",
        do="- To have what is left planned again, run `rollcall sweep`: it alerts what needs approval.",
    ),
    "plan-ended/expired": replace(
        _ENDED,
        headline="pending plan EXPIRED, nothing of it was written",
        do="- To have what is left planned again, run `rollcall sweep`: it alerts what needs approval.",
    ),
}

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

#: The same for groups of alerts.
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
