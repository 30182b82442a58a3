"""Reports of made-up organizations, for tests, benchmarks and screenshots: seeded, so always the same."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from rollcall.decide.plan import ObservedAccount, plan_observed
from rollcall.decide.plan_text import build_group_documents
from rollcall.decide.plan_values import KnownContacts, group_changes
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import ALTERNATE_KINDS, Contact, ContactKind
from rollcall.model.desired import Absent, Observation, Present, Unreadable
from rollcall.model.display import Masks
from rollcall.model.roster import Roster
from rollcall.outcomes.verdicts import Verdict
from rollcall.report.build import ReportInput, build_report
from rollcall.sweep.run import PENDING_APPROVAL

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


def sample_report(accounts: int = 40, *, held: bool = False, calm: bool = False) -> dict[str, Any]:
    """A report of so many accounts; the second one has a hostile name. `calm`: a usual day, for pictures."""
    chance = random.Random(7)  # noqa: S311  # made-up data
    roster = Roster.from_document(ROSTER)
    records = [_observed(index, chance, calm=calm) for index in range(accounts)]
    results = {
        (record.account.id, change.kind): _judge(chance)
        for record in records
        for change in plan_observed(record, roster, today=TODAY).changes
        if not held
    }
    basis = ReportInput(
        summary=_summary(roster, accounts, held=held),
        roster=ROSTER,
        decide=lambda record: plan_observed(record, roster, today=TODAY),
        judge=lambda account_id, change: results.get((account_id, change.kind), PENDING_APPROVAL),
        # No event came of them: what an event comes of is restored before a sweep sees it.
        drift=[key for key in sorted(results) if results[key][0] is Verdict.SET][: None if calm else 2],
        today=TODAY,
        trend=[],
        organization="o-exampleorgid",
        management=str(_FIRST + MANAGEMENT_INDEX),
        edits=_edits(accounts),
        waiting=[_wait(roster, records)] if held else [],
    )
    report = build_report(basis, records)
    # As many contacts as there are now, on all days.
    return build_report(replace(basis, trend=_trend(chance, report["coverage"], calm=calm)), records)


_FIRST = 100000000000
MANAGEMENT_INDEX = 6


def _edits(accounts: int) -> list[dict[str, Any]]:
    """What two principals did since the run before: restored in seconds, and left alone in audit mode."""
    mary = "sts::{}:assumed-role/AWSReservedSSO_Admin_1a2b/mary"
    made = (
        (8, ContactKind.SECURITY, "05:12:31", mary, "set", 4),
        (14, ContactKind.BILLING, "05:14:02", mary, "set", 6),
        (4, ContactKind.OPERATIONS, "07:50:00", "iam::{}:user/build", "would-set", 6730),
    )
    return [
        {
            "incident_id": f"RC-{index:012x}",
            "account_id": str(_FIRST + index),
            "kind": str(kind),
            "at": f"{TODAY}T{time}+00:00",
            "principal": f"arn:aws:{who.format(_FIRST + index)}",
            "root": False,
            "verdict": verdict,
            "open": verdict == "would-set",
            "wrong_seconds": seconds,
        }
        for index, kind, time, who, verdict, seconds in made
        if index < accounts
    ]


def _wait(roster: Roster, records: list[ObservedAccount]) -> dict[str, Any]:
    """The plan that waits: everything that differs."""
    changes = [
        (record.account, change)
        for record in records
        for change in plan_observed(record, roster, today=TODAY).changes
    ]
    groups = group_changes(changes, KnownContacts([roster]))
    return {
        "plan": "0" * 64,
        "roster": roster.digest,
        "first": True,
        "reasons": ["nothing is enforced yet, and a person approves the first roster"],
        "warnings": ["not compared, as contacts could not be read: account 444455556666"],
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


def _observed(index: int, chance: random.Random, *, calm: bool) -> ObservedAccount:
    unit = UNITS[index % len(UNITS)]
    closed = unit == "Suspended" and index % 4 == 1
    name = f"team-{index // 6:04d}-{unit.rpartition('/')[2].lower()}"
    if index == MANAGEMENT_INDEX:
        name = "Example Corp"
    account = Account(
        id=str(_FIRST + index),
        name=HOSTILE if index == 1 and not calm else name,
        state=AccountState.SUSPENDED if closed else AccountState.ACTIVE,
        ou_path=tuple(unit.split("/")),
        parent_ids=("r-a1b2", *(f"ou-a1b2-{level:08d}" for level in range(unit.count("/") + 1))),
    )
    luck = [chance.random() * (8 if calm else 1) for _ in ([] if closed else ALTERNATE_KINDS)]
    contacts = {kind: _found(kind, one, index) for kind, one in zip(ALTERNATE_KINDS, luck, strict=False)}
    if calm and unit == "Sandbox":
        contacts[ContactKind.BILLING] = Absent()  # as the roster has it
    return ObservedAccount(account=account, contacts=contacts)


def _found(kind: ContactKind, luck: float, index: int) -> Observation:
    if (index, kind) == (4, ContactKind.OPERATIONS):
        return Present(contact=_FORMER)  # left as an edit made it: see above
    if luck < 0.01:
        return Unreadable(
            reason="a service control policy denies it: exempt the role rollcall-reconcile", denied=True
        )
    if luck < 0.03:
        return Absent()
    if luck < 0.07:
        return Present(contact=_FORMER)
    return Present(contact=Contact.from_document(ROSTER["contacts"][_NAMES[kind]]))


def _judge(chance: random.Random) -> tuple[Verdict, str]:
    if chance.random() < 0.05:
        return Verdict.FAILED, "AWS refused it: ValidationException"
    return Verdict.SET, "set the contact of the roster"


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
        "read_by": {"central-call": accounts - 1, "own-role": 0},
        "lost_roles": [],
    }


def _trend(chance: random.Random, coverage: dict[str, Any], *, calm: bool) -> list[dict[str, Any]]:
    """Thirty days with the contacts of today, of which each run repaired what it found."""
    managed = coverage["managed"]
    points = []
    for day in range(30):
        least = 0.985 if calm else min(0.98, 0.7 + day * 0.012)
        found = int(managed * min(1.0, least + chance.random() * (1 - least)))
        changed = max(0, managed - found - chance.randint(2, 5))
        points.append(
            {
                "run": f"run-{day}",
                "ended_at": f"{TODAY - timedelta(days=30 - day)}T09:42:00+00:00",
                "ending": "finished",
                "managed": managed,
                "compliant_share": (found + changed) / managed if managed else None,
                "found_share": found / managed if managed else None,
                "changed": changed,
            }
        )
    return points
