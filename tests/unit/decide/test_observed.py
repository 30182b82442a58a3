"""What gate, report and `rollcall plan` decide by: one observed account against one roster."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rollcall.decide.plan import ObservedAccount, plan_observed
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import ALTERNATE_KINDS, Contact, ContactKind
from rollcall.model.desired import Absent, Present, Unreadable
from rollcall.model.roster import Roster
from rollcall.outcomes.verdicts import Verdict
from tests.support.world import EXEMPT, ROSTER

TODAY = datetime(2026, 11, 21, tzinfo=UTC).date()
SOC = Contact.from_document(ROSTER["contacts"]["soc"])
ROSTER_IN_FORCE = Roster.from_document(ROSTER)
ACCOUNT = Account(
    id="222222222222",
    name="Payments",
    state=AccountState.ACTIVE,
    ou_path=("Workloads", "Development"),
    parent_ids=("r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"),
)
OBSERVED = ObservedAccount(
    account=ACCOUNT,
    contacts={
        ContactKind.SECURITY: Present(contact=SOC),
        ContactKind.OPERATIONS: Absent(),
        ContactKind.BILLING: Unreadable(reason="AccessDenied", denied=True),
    },
)


def verdicts(observed: ObservedAccount = OBSERVED) -> dict[str, Verdict | None]:
    """By kind; None where the plan changes the contact."""
    plan = plan_observed(observed, ROSTER_IN_FORCE, today=TODAY)
    return dict.fromkeys((str(change.kind) for change in plan.changes), None) | {
        str(finding.kind): finding.verdict for finding in plan.findings
    }


def test_what_differs_is_changed_and_what_cannot_be_read_is_left_alone() -> None:
    assert verdicts() == {
        "SECURITY": Verdict.COMPLIANT,
        "OPERATIONS": None,
        "BILLING": Verdict.UNREADABLE,
    }


def test_audit_mode_stops_a_change_that_nothing_else_stops() -> None:
    audit = Roster.from_document(ROSTER | {"mode": "audit"})
    assert plan_observed(OBSERVED, audit, today=TODAY).changes == ()


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.PENDING_ACTIVATION])
def test_an_inactive_account_is_counted_by_each_contact_that_the_roster_names(state: AccountState) -> None:
    inactive = replace(OBSERVED, account=replace(ACCOUNT, state=state), contacts={})
    assert set(verdicts(inactive).values()) == {Verdict.INACTIVE}
    assert len(verdicts(inactive)) == len(ALTERNATE_KINDS)


def test_a_contact_that_nobody_read_is_unreadable_and_not_absent() -> None:
    found = {ContactKind.SECURITY: Present(contact=SOC)}
    assert verdicts(replace(OBSERVED, contacts=found))["OPERATIONS"] is Verdict.UNREADABLE


def test_an_exempt_account_is_exempt_whether_it_was_read_or_not() -> None:
    exempt = replace(OBSERVED, account=replace(ACCOUNT, id=EXEMPT), contacts={})
    assert set(verdicts(exempt).values()) == {Verdict.EXEMPT}


def test_a_match_lost_under_this_roster_holds_the_account_and_one_under_another_does_not() -> None:
    renamed = replace(OBSERVED, orphaned={ROSTER_IN_FORCE.digest: "the unit was renamed"})
    assert set(verdicts(renamed).values()) == {Verdict.BLOCKED}
    assert verdicts(replace(OBSERVED, orphaned={"another": "the unit was renamed"})) == verdicts()
