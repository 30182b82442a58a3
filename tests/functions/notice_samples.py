"""A notice of every kind and shape, with facts as docs/reference/alerts.md has them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rollcall.grouping.messages import DOUBT, make_group_notice
from rollcall.grouping.model import GroupKind, Line, Sending
from rollcall.model.levels import Severity
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, make_notice
from rollcall.sweep.gate import WITHIN_LIMITS
from tests.support.group_samples import make_group, make_key, make_line
from tests.support.samples import ACTOR, DIGEST, MEMBER, NOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RUN = "20261005T090000Z-1f2e3d"
PLAN = "5f" * 32
BY = "arn:aws:sts::333333333333:assumed-role/rollcall-operator/alice"
ACCOUNT = {"id": MEMBER, "name": "Payments", "ou": "Workloads/Development"}
OTHER = {"id": "444455556666", "name": "Web Shop", "ou": "Workloads/Production"}
CONTACTS = {"compliant": 1170, "set": 0, "exempt": 3, "unreadable": 2, "blocked": 0, "inactive": 6}
MISTYPED = (
    "57 accounts: SECURITY soc: email aws-soc@example.com -> aws-sco@example.com; "
    "31 in Workloads/Production, 20 in Workloads/Development, 6 in the root"
)
WEAKENED = {
    "audit": f"audit mode: Rollcall only alerts, and restores nothing, in account {MEMBER}",
    "matches-nothing": "the override of OU Production matches no account (nearest: OU Workloads/Production)",
}
ADDED = (
    "3 accounts: add BILLING finops: email aws-billing@example.com; "
    "222222222222 Payments, 444455556666 Web Shop, 666677778888 Playground"
)
REDIRECTED = (
    '1 account: SECURITY soc: email m***@example.net -> aws-sco@example.com, name "M***" -> "Security"; '
    "555566667777 Divested"
)
DELETED = (
    '2 accounts: delete BILLING: email m***@example.net, name "M***", title "T***", phone ***00; '
    "222222222222 Payments, 444455556666 Web Shop"
)
GROUPS: dict[str, Any] = {"groups": [MISTYPED, ADDED, REDIRECTED], "groups_count": 14}
DRIFTED = "phone ***00 -> +1 206 443 2100; 222222222222 Payments"
HELD = {
    "run": RUN,
    "plan": PLAN,
    "roster": DIGEST,
    "first": False,
    "warnings": ["not compared, as contacts could not be read: account 111122223333"],
    "reasons": ["37 accounts are more than the limit of 10 % (39 of 394 accounts)", "deletes in 2 accounts"],
    "accounts_changed": 57,
    "accounts_active": 394,
    "changes": 61,
    "deletes": 2,
    "by_kind": {"SECURITY": 57, "OPERATIONS": 0, "BILLING": 4},
    **GROUPS,
    "expires_at": "2026-10-12T09:30:00Z",
}
ENDED = {"plan": PLAN, "roster": DIGEST, "by": None, "newer": None}
DRIFT = {
    "run": RUN,
    "accounts": 2,
    "contacts": 3,
    "became": {"set": 3},
    "suspects": ["222222222222 Payments", "444455556666 Web Shop"],
    "groups": [f"2 accounts: SECURITY soc (set): {DRIFTED}, 444455556666 Web Shop"],
    "groups_count": 1,
}
APPLIED = {
    "run": RUN,
    "plan": PLAN,
    "trigger": "approval",
    "by": BY,
    "became": {"set": 61},
    "ending": "finished",
    "examples": [],
    "examples_count": 0,
    "not_checked": {},
}
WHOSE = {"by": BY, "user_id": "AROAEXAMPLEEXAMPLE12:alice", "execution": "pause-20261005T093000Z-1f2e3d"}
APPROVED = {
    "roster": DIGEST,
    "plan": PLAN,
    **WHOSE,
    "automatic": False,
    "enforces": True,
    "changes": 61,
}
PAUSED = {
    **WHOSE,
    "reason": "migration of the SOC mailbox",
    "until": "2026-10-05T13:30:00Z",
    "stage": "begun",
}
AUTOMATIC = {"automatic": True, "by": WITHIN_LIMITS, "user_id": None, "execution": None}
LEFT = [
    {"account": ACCOUNT, "kind": "SECURITY", "verdict": "skipped", "reason": "it changed since the plan"},
    {"account": OTHER, "kind": "BILLING", "verdict": "failed", "reason": "the Account API answered Denied"},
]
ROLE, ROOT = ACTOR.as_document(), ACTOR.as_document() | {"principal": "arn:aws:iam::444455556666:root"}
RESTORED = [make_line(number, number * 2) for number in range(1, 6)]
MORE = [
    *(
        make_line(
            number,
            60 + number,
            actor=ROLE | {"principal": f"arn:aws:sts::{number:012}:assumed-role/Dev/mary"},
        )
        for number in range(6, 13)
    ),
    make_line(
        7,
        70,
        incident_id="RC-7b",
        cause="contact-deleted",
        kinds=("BILLING",),
        event="DeleteAlternateContact",
    ),
]
LEFT_LINE = {"left": True, "alone": True}
EXEMPT = make_line(13, 80, verdict="exempt", severity=Severity.LOW, reason="being divested", **LEFT_LINE)
LEFT_ALONE = [
    EXEMPT,
    make_line(16, 85, verdict="inactive", severity=Severity.LOW, reason="SUSPENDED", **LEFT_LINE),
]
PENDING = make_line(14, 90, verdict="pending", severity=Severity.HIGH, reason="AWS throttles", **LEFT_LINE)
REFUSED = [
    make_line(number, verdict="denied", severity=Severity.LOW, reason="AWS refused the call: AccessDenied")
    for number in range(1, 8)
]
THEFT = [
    make_line(number, verdict="unrecorded-write", severity=Severity.CRITICAL, reason="no record of it")
    for number in range(1, 3)
]
WHO = [line.principal for line in MORE[:3]]


def _of_group(
    kind: GroupKind, *messages: Sequence[Line], left: Sequence[Line] = (), last: bool = False
) -> Notice:
    """The latest of these messages of a group."""
    group = make_group(make_key(kind))
    for number, lines in enumerate(messages):
        sending = Sending(
            lines={},
            until=NOW,
            file="s3://rollcall-ledger/ledger/alerts/RC-1/000000-0a1b2c3d4e5f.json",
            last=last,
        )
        group = replace(group.take(lines, sending), updates=number)
    return make_group_notice(group, messages[-1], left)


REPEATED = {
    "account": ACCOUNT,
    "kind": "SECURITY",
    "reverts": 3,
    "window_minutes": 60,
    "actors": [ACTOR.principal],
    "since": "2026-10-05T09:30:00Z",
    "wrong_seconds": 11_700,
    "guardrail": f"aws organizations attach-policy --target-id {MEMBER} --policy-id ID",
    "next_try_at": "2026-10-05T09:35:00Z",
    "release": f"rollcall release {MEMBER} SECURITY",
}


def _of(kind: NoticeKind, facts: Mapping[str, Any], **changes: object) -> Notice:
    return make_notice(kind, key="sample", facts={**facts, **changes})


NOTICES: dict[str, Notice] = {
    "sweep-held": _of(NoticeKind.SWEEP_HELD, HELD),
    "sweep-held-weakening": _of(
        NoticeKind.SWEEP_HELD,
        HELD,
        reasons=["57 of 394 accounts would change, the limit is 39", *WEAKENED.values()],
        weakenings=[
            {"kind": kind, "text": text, "accounts": [MEMBER], "count": 1} for kind, text in WEAKENED.items()
        ],
    ),
    "sweep-held-weakening-only": _of(
        NoticeKind.SWEEP_HELD,
        HELD,
        reasons=[WEAKENED["audit"]],
        weakenings=[{"kind": "audit", "text": WEAKENED["audit"], "accounts": [MEMBER], "count": 1}],
        accounts_changed=0,
        changes=0,
        deletes=0,
        by_kind={},
        groups=[],
        groups_count=0,
    ),
    "sweep-held-first": replace(
        _of(NoticeKind.SWEEP_HELD, HELD, first=True, reasons=["it is the first"], deletes=0),
        severity=Severity.MEDIUM,
    ),
    "sweep-held-first-without-changes": replace(
        _of(
            NoticeKind.SWEEP_HELD,
            HELD,
            first=True,
            reasons=["nothing is enforced yet, and a person approves the first roster"],
            accounts_changed=0,
            changes=0,
            deletes=0,
            by_kind={},
            groups=[],
            groups_count=0,
        ),
        severity=Severity.MEDIUM,
    ),
    "sweep-held-drift": _of(
        NoticeKind.SWEEP_HELD,
        HELD,
        drift=True,
        reasons=["contacts would be deleted in 2 accounts"],
        warnings=[],
        accounts_changed=2,
        changes=2,
        by_kind={"BILLING": 2},
        groups=[DELETED],
        groups_count=1,
    ),
    "sweep-failed": _of(
        NoticeKind.SWEEP_FAILED,
        {"run": RUN, "failed": {"observe": "unexpected: TimeoutError"}, "contacts": CONTACTS},
    ),
    "sweep-failed-before-it-began": _of(
        NoticeKind.SWEEP_FAILED, {"run": None, "failed": {"begin": "unexpected: KeyError"}, "contacts": {}}
    ),
    "plan-ended-approved": _of(NoticeKind.PLAN_ENDED, ENDED, ending="approved", by=BY),
    "plan-ended-superseded": _of(NoticeKind.PLAN_ENDED, ENDED, ending="superseded", newer="6a" * 32),
    "plan-ended-replaced": _of(NoticeKind.PLAN_ENDED, ENDED, ending="replaced"),
    "plan-ended-not-needed": _of(NoticeKind.PLAN_ENDED, ENDED, ending="not-needed"),
    "plan-ended-renewed": _of(NoticeKind.PLAN_ENDED, ENDED, ending="renewed", newer="5f" * 32),
    "plan-ended-lapsed": _of(NoticeKind.PLAN_ENDED, ENDED, ending="lapsed", by=BY),
    "plan-ended-expired": _of(NoticeKind.PLAN_ENDED, ENDED, ending="expired"),
    "sweep-drift": _of(NoticeKind.SWEEP_DRIFT, DRIFT),
    "sweep-drift-left": _of(
        NoticeKind.SWEEP_DRIFT,
        DRIFT,
        became={"set": 1, "failed": 2},
        groups=[f"1 account: SECURITY soc (failed): {DRIFTED}"],
    ),
    "sweep-applied": _of(NoticeKind.SWEEP_APPLIED, APPLIED),
    "sweep-applied-left": replace(
        _of(
            NoticeKind.SWEEP_APPLIED,
            APPLIED,
            became={"set": 58, "skipped": 2, "failed": 1},
            examples=LEFT,
            examples_count=3,
        ),
        severity=Severity.MEDIUM,
    ),
    "sweep-applied-unreadable": replace(
        _of(NoticeKind.SWEEP_APPLIED, APPLIED, not_checked={"unreadable": 6, "blocked": 1}),
        severity=Severity.MEDIUM,
    ),
    "sweep-applied-paused": _of(
        NoticeKind.SWEEP_APPLIED, APPLIED, became={"set": 25}, ending="paused", by=None, trigger="roster"
    ),
    "roster-approved": _of(NoticeKind.ROSTER_APPROVED, APPROVED),
    "roster-approved-automatically": _of(
        NoticeKind.ROSTER_APPROVED, APPROVED, **AUTOMATIC, plan=None, changes=4
    ),
    "roster-approved-drift": _of(NoticeKind.ROSTER_APPROVED, APPROVED, drift=True, changes=2),
    "roster-approved-audit": replace(
        _of(
            NoticeKind.ROSTER_APPROVED,
            APPROVED,
            **AUTOMATIC,
            enforces=False,
            changes=0,
        ),
        severity=Severity.HIGH,
    ),
    "approval-lapsed": _of(
        NoticeKind.APPROVAL_LAPSED,
        {
            "run": RUN,
            "plan": PLAN,
            "by": BY,
            "reason": "the plan expired while its run waited for another one",
        },
    ),
    "plan-altered": _of(
        NoticeKind.PLAN_ALTERED, {"run": RUN, "plan": PLAN, "stored_by": "20261004T090000Z-0a1b2c"}
    ),
    "paused": _of(NoticeKind.PAUSED, PAUSED),
    "pause-replaced": _of(NoticeKind.PAUSED, PAUSED, stage="replaced"),
    "pause-reminded": _of(NoticeKind.PAUSED, PAUSED, stage="reminded"),
    "pause-ended": replace(_of(NoticeKind.PAUSED, PAUSED, stage="ended"), severity=Severity.INFO),
    "unpaused": _of(NoticeKind.UNPAUSED, {**WHOSE, "reason": "the migration is done"}),
    "bulk-edit": _of_group(GroupKind.PRINCIPAL, RESTORED),
    "bulk-edit-goes-on": _of_group(GroupKind.PRINCIPAL, RESTORED, MORE, left=[EXEMPT]),
    "bulk-edit-ended": _of_group(GroupKind.PRINCIPAL, RESTORED, [], last=True),
    "bulk-edit-ended-left-alone": _of_group(
        GroupKind.PRINCIPAL, RESTORED, MORE, [], left=LEFT_ALONE, last=True
    ),
    "bulk-edit-ended-not-right": _of_group(
        GroupKind.PRINCIPAL, RESTORED, [], left=[EXEMPT, PENDING], last=True
    ),
    "bulk-edit-from-one-address": _of_group(GroupKind.ADDRESS, RESTORED, MORE),
    "many-alerts": _of_group(
        GroupKind.REST, [*MORE, PENDING, replace(EXEMPT, actor=ROOT)], left=[PENDING, EXEMPT]
    ),
    "many-alerts-reported": _of_group(GroupKind.REPORTED, REFUSED),
    "many-alerts-critical": _of_group(GroupKind.CRITICAL, THEFT),
    "contacts-set": _of_group(
        GroupKind.SET, [replace(line, verdict="set-by-others", severity=Severity.INFO) for line in RESTORED]
    ),
    "contacts-set-unsure": _of_group(
        GroupKind.SET,
        [
            replace(RESTORED[0], verdict="changed-back", severity=Severity.LOW, reason=DOUBT),
            *(replace(line, verdict="set-by-others", severity=Severity.INFO) for line in RESTORED[1:]),
        ],
    ),
    "repeated-edits": _of(NoticeKind.REPEATED_EDITS, REPEATED),
    "repeated-edits-by-several": _of(NoticeKind.REPEATED_EDITS, REPEATED, actors=WHO),
    "released": _of(
        NoticeKind.RELEASED,
        {**WHOSE, "account": {"id": MEMBER}, "kind": "SECURITY", "next_try_at": "2026-10-05T09:35:00Z"},
    ),
    "command-refused": _of(
        NoticeKind.COMMAND_REFUSED,
        {
            "by": None,
            "user_id": None,
            "execution": "approve-20261005T093000Z-1f2e3d",
            "operation": "approve",
            "reason": "AWS STS refused the proof: SignatureDoesNotMatch",
        },
    ),
    "command-refused-to-another-role": _of(
        NoticeKind.COMMAND_REFUSED,
        {
            **WHOSE,
            "by": "arn:aws:sts::333333333333:assumed-role/Developer/mallory",
            "user_id": "AROAEXAMPLEEXAMPLE34:mallory",
            "operation": "pause",
            "reason": "the caller's role is neither rollcall-operator nor one of `operators`",
        },
    ),
    "paused-loudly": Notice(
        kind=NoticeKind.PAUSED,
        key="loud",
        facts={**PAUSED, "by": "arn:aws:iam::333333333333:root", "reason": ""},
        severity=Severity.CRITICAL,
    ),
}
