"""A notice of every kind and shape, with facts as docs/reference/alerts.md has them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rollcall.model.levels import Severity
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, make_notice
from rollcall.sweep.gate import WITHIN_LIMITS
from tests.support.samples import ACTOR, DIGEST, MEMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

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
GROUPS: dict[str, Any] = {"groups": [MISTYPED, ADDED, REDIRECTED], "groups_count": 14}
DRIFTED = "phone ***00 -> +1 206 443 2100; 222222222222 Payments"
HELD = {
    "run": RUN,
    "plan": PLAN,
    "roster": DIGEST,
    "first": False,
    "reasons": ["37 accounts are more than the limit of 10 % (39 of 394 accounts)", "deletes in 2 accounts"],
    "accounts_changed": 57,
    "accounts_active": 394,
    "changes": 61,
    "deletes": 2,
    "by_kind": {"SECURITY": 57, "OPERATIONS": 0, "BILLING": 4},
    **GROUPS,
    "expires_at": "2026-10-12T09:30:00Z",
}
DRIFT = {
    "run": RUN,
    "accounts": 2,
    "contacts": 3,
    "became": {"set": 3},
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
ELSEWHERE = [
    {"principal": f"arn:aws:sts::{number:012}:assumed-role/Dev/mary", "edits": edits}
    for number, edits in enumerate([3, *[1] * 19], start=222222222222)
]
OTHERS = [
    {"principal": "arn:aws:sts::444455556666:assumed-role/Deploy/pipeline", "edits": 5},
    {"principal": "arn:aws:iam::222222222222:user/eve", "edits": 2},
]
BULK = {
    "actor": ACTOR.as_document(),
    "source_ip": ACTOR.source_ip,
    "principals": [{"principal": ACTOR.principal, "edits": 7}],
    "principals_count": 1,
    "edits": 7,
    "accounts_count": 5,
    "window_minutes": 10,
    "became": {"set": 4, "pending": 3},
    "quiet_since": None,
    "first_at": "2026-10-05T09:29:01Z",
    "last_at": "2026-10-05T09:29:55Z",
    "examples": [ACCOUNT, OTHER],
    "by": "actor",
}
REPEATED = {
    "account": ACCOUNT,
    "kind": "SECURITY",
    "reverts": 3,
    "window_minutes": 60,
    "actors": [ACTOR.principal],
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
    "sweep-held-first": _of(NoticeKind.SWEEP_HELD, HELD, first=True, reasons=["it is the first"], deletes=0),
    "sweep-held-first-without-changes": _of(
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
    "sweep-failed": _of(
        NoticeKind.SWEEP_FAILED,
        {"run": RUN, "failed": {"observe": "unexpected: TimeoutError"}, "contacts": CONTACTS},
    ),
    "sweep-failed-before-it-began": _of(
        NoticeKind.SWEEP_FAILED, {"run": None, "failed": {"begin": "unexpected: KeyError"}, "contacts": {}}
    ),
    "sweep-drift": _of(NoticeKind.SWEEP_DRIFT, DRIFT),
    "sweep-drift-left": _of(
        NoticeKind.SWEEP_DRIFT,
        DRIFT,
        became={"set": 1, "failed": 2},
        groups=[f"1 account: SECURITY soc (failed): {DRIFTED}"],
    ),
    "sweep-applied": _of(NoticeKind.SWEEP_APPLIED, APPLIED),
    "sweep-applied-left": _of(
        NoticeKind.SWEEP_APPLIED, APPLIED, became={"set": 58, "skipped": 2, "failed": 1}, examples=LEFT
    ),
    "sweep-applied-paused": _of(
        NoticeKind.SWEEP_APPLIED, APPLIED, became={"set": 25}, ending="paused", by=None, trigger="roster"
    ),
    "roster-approved": _of(NoticeKind.ROSTER_APPROVED, APPROVED),
    "roster-approved-automatically": _of(
        NoticeKind.ROSTER_APPROVED, APPROVED, **AUTOMATIC, plan=None, changes=4
    ),
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
    "pause-ended": replace(_of(NoticeKind.PAUSED, PAUSED, stage="ended"), severity=Severity.MEDIUM),
    "unpaused": _of(NoticeKind.UNPAUSED, {**WHOSE, "reason": "the migration is done"}),
    "bulk-edit": _of(NoticeKind.BULK_EDIT, BULK),
    "bulk-edit-goes-on": make_notice(
        NoticeKind.BULK_EDIT,
        key="sample",
        facts=BULK
        | {
            "accounts_count": 312,
            "edits": 330,
            "became": {"set": 290, "undone": 12, "pending": 28},
            "last_at": "2026-10-05T09:31:12Z",
            "principals": ELSEWHERE,
            "principals_count": 312,
        },
        update=2,
    ),
    "bulk-edit-ended": make_notice(
        NoticeKind.BULK_EDIT,
        key="sample",
        facts=BULK
        | {
            "edits": 400,
            "accounts_count": 312,
            "principals": ELSEWHERE,
            "principals_count": 312,
            "became": {"set": 400},
            "quiet_since": "2026-10-05T09:31:12Z",
        },
        update=3,
    ),
    "bulk-edit-ended-not-right": make_notice(
        NoticeKind.BULK_EDIT,
        key="sample",
        facts=BULK | {"became": {"set": 4, "failed": 1}, "quiet_since": "2026-10-05T09:31:12Z"},
        update=1,
    ),
    "bulk-edit-in-audit-mode": _of(NoticeKind.BULK_EDIT, BULK, became={"would-set": 6, "pending": 1}),
    "bulk-edit-denied": _of(NoticeKind.BULK_EDIT, BULK, became={"denied": 7}),
    "bulk-edit-from-one-address": _of(
        NoticeKind.BULK_EDIT, BULK, by="address", actor=None, principals=OTHERS, principals_count=2
    ),
    "bulk-edit-by-one-from-one-address": _of(NoticeKind.BULK_EDIT, BULK, by="address", actor=None),
    "bulk-edit-of-the-organization": _of(
        NoticeKind.BULK_EDIT,
        BULK,
        by="organization",
        actor=None,
        source_ip=None,
        accounts_count=25,
        edits=41,
        became={"set": 41},
        principals=[OTHERS[0], ELSEWHERE[0], OTHERS[1], *ELSEWHERE[1:18]],
        principals_count=25,
    ),
    "contacts-set": _of(
        NoticeKind.CONTACTS_SET,
        {
            "actor": ACTOR.as_document(),
            "edits": 2,
            "first_at": "2026-10-05T09:30:00Z",
            "last_at": "2026-10-05T09:31:12Z",
            "examples": [
                {"account": ACCOUNT, "kind": kind, "reason": f"by {ACTOR.principal}"}
                for kind in ("BILLING", "SECURITY")
            ],
        },
    ),
    "repeated-edits": _of(NoticeKind.REPEATED_EDITS, REPEATED),
    "repeated-edits-by-several": _of(
        NoticeKind.REPEATED_EDITS, REPEATED, actors=[item["principal"] for item in (*OTHERS, ELSEWHERE[0])]
    ),
    "released": _of(NoticeKind.RELEASED, {**WHOSE, "account": MEMBER, "kind": "SECURITY"}),
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
