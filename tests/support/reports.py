"""Reports of made-up organizations, for tests, benchmarks and screenshots: seeded, so always the same."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from typing import Any

from rollcall.decide.observed import ChangeResult, ObservedAccount, plan_observed
from rollcall.decide.plan_text import build_group_documents
from rollcall.decide.plan_values import KnownContacts, group_changes
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Absent, Observation, Present, Unreadable
from rollcall.model.display import Masks
from rollcall.model.roster import Roster
from rollcall.outcomes.verdicts import Verdict
from rollcall.report.build import ReportInput, build_report

TODAY = date(2026, 10, 5)
UNITS = (
    "Security",
    "Infrastructure",
    "Workloads/Production",
    "Workloads/Development",
    "Sandbox",
    "Suspended",
)
#: What an attacker may call an account: at most 50 characters in AWS, 64 here.
HOSTILE = "<script>document.title='owned'</script>\"'&\u202egnp.exe\u202c=cmd|x!A0"
ROSTER: dict[str, Any] = {
    "version": 1,
    "mode": "enforce",
    "contacts": {
        "soc": {"name": "Security Operations", "title": "Duty officer", "email": "aws-soc@example.com",
                "phone": "+1 206 555 0100", "review_by": "2026-09-01"},
        "platform": {"name": "Cloud Platform", "title": "On call", "email": "aws-platform@example.com",
                     "phone": "+1 206 555 0101", "review_by": None},
        "finops": {"name": "Cloud Finance", "title": "FinOps lead", "email": "aws-billing@example.com",
                   "phone": "+1 206 555 0102", "review_by": "2027-05-01"},
    },
    "defaults": {"SECURITY": "soc", "OPERATIONS": "platform", "BILLING": "finops"},
    "overrides": [{"ou": "Sandbox", "kinds": {"BILLING": None}, "mode": "audit"}],
    "exempt": [{"accounts": ["100000000003"], "reason": "being divested", "until": "2027-03-31"}],
    "authorised_changers": [],
}  # fmt: skip
_NAMES = {ContactKind.SECURITY: "soc", ContactKind.OPERATIONS: "platform", ContactKind.BILLING: "finops"}
_FORMER = Contact(name="Pat Doe", title="Engineer", email="pat.doe@example.net", phone="+1 206 555 0170")


def sample_report(accounts: int = 40, *, seed: int = 7, held: bool = False) -> dict[str, Any]:
    """A report of so many accounts; the second one has a hostile name."""
    chance = random.Random(seed)  # noqa: S311  # made-up data
    roster = Roster.from_document(ROSTER)
    records = [_observed(index, chance) for index in range(accounts)]
    results = {
        (record.account.id, change.kind): _result(record.account.id, change.kind, chance)
        for record in records
        for change in plan_observed(record, roster, halted=None, today=TODAY).changes
        if not held
    }
    basis = ReportInput(
        summary=_summary(roster, accounts, held=held),
        roster=ROSTER,
        decide=lambda record: plan_observed(record, roster, halted=None, today=TODAY),
        results=results,
        left=(Verdict.WOULD_SET, "the plan is pending approval"),
        drift=sorted(results)[:2],
        today=TODAY,
        trend=_trend(chance),
        waiting=[_wait(roster, records)] if held else [],
    )
    return build_report(basis, records)


def _wait(roster: Roster, records: list[ObservedAccount]) -> dict[str, Any]:
    """The plan that waits: everything that differs."""
    changes = [
        (record.account, change)
        for record in records
        for change in plan_observed(record, roster, halted=None, today=TODAY).changes
    ]
    groups = group_changes(changes, KnownContacts([roster]))
    return {
        "plan": "0" * 64,
        "roster": roster.digest,
        "first": True,
        "reasons": ["nothing is enforced yet, and a person approves the first roster"],
        "weakenings": [],
        "changes": len(changes),
        "deletes": 0,
        "accounts_changed": len({account.id for account, _ in changes}),
        "accounts_active": sum(record.account.active for record in records),
        "expires_at": "2026-10-12T09:00:00Z",
        "problem": None,
        "groups": build_group_documents(groups, masks=Masks.NOTHING),
    }


def fetches(page: str) -> list[str]:
    """Everything in a page that would ask another place for something."""
    return re.findall(
        r"https?:|//[a-z]|\b(?:src|href|srcset|action|poster)\s*=|url\(|@import|\bfetch\(|XMLHttpRequest"
        r"|sendBeacon|WebSocket|EventSource|\bimport\b",
        page.replace("http-equiv", ""),
    )


def _observed(index: int, chance: random.Random) -> ObservedAccount:
    unit = UNITS[index % len(UNITS)]
    closed = unit == "Suspended" and index % 4 == 1
    account = Account(
        id=str(100000000000 + index),
        name=HOSTILE if index == 1 else f"team-{index // 6:04d}-{unit.rpartition('/')[2].lower()}",
        state=AccountState.SUSPENDED if closed else AccountState.ACTIVE,
        ou_path=tuple(unit.split("/")),
        parent_ids=("r-a1b2", *(f"ou-a1b2-{level:08d}" for level in range(unit.count("/") + 1))),
    )
    contacts = {} if closed else {kind: _found(kind, chance) for kind in ContactKind}
    return ObservedAccount(account=account, contacts=contacts)


def _found(kind: ContactKind, chance: random.Random) -> Observation:
    luck = chance.random()
    if luck < 0.01:
        return Unreadable(
            reason="a service control policy denies it: exempt the role rollcall-reconcile", denied=True
        )
    if luck < 0.03:
        return Absent()
    if luck < 0.07:
        return Present(contact=_FORMER)
    return Present(contact=Contact.from_document(ROSTER["contacts"][_NAMES[kind]]))


def _result(account_id: str, kind: ContactKind, chance: random.Random) -> ChangeResult:
    failed = chance.random() < 0.05
    return ChangeResult(
        account_id=account_id,
        kind=kind,
        verdict=Verdict.FAILED if failed else Verdict.SET,
        reason="AWS refused it: ValidationException" if failed else "set as the roster wants it",
        intent_id="20261005T093000Z-1f2e3d4c5b6a",
        verified=not failed,
    )


def _summary(roster: Roster, accounts: int, *, held: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "run": "20261005T093000Z-1f2e3d",
        "trigger": "schedule",
        "by": None,
        "started_at": "2026-10-05T09:30:00+00:00",
        "ended_at": "2026-10-05T09:42:10+00:00",
        "ending": "pending-approval" if held else "finished",
        "roster": roster.digest,
        "approved": None if held else roster.digest,
        "judged_by": roster.digest,
        "accounts": accounts,
        "pending": ["5d41402abc4b2a76b9719d911017c592"] if held else [],
        "failed": {},
    }


def _trend(chance: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "run": f"run-{day}",
            "ended_at": f"{TODAY - timedelta(days=30 - day)}T09:42:00+00:00",
            "ending": "finished",
            "managed": 120,
            "compliant_share": min(1.0, 0.7 + day * 0.012 + chance.random() * 0.02),
            "changed": chance.randrange(12),
        }
        for day in range(30)
    ]
