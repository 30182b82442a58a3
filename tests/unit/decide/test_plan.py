"""The plan, as a table and as properties."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.decide.plan import Change, Plan, make_plan
from rollcall.decide.resolve import Requirement
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Absent, Conflict, Desired, DesiredAbsent, Present, Unreadable, matches
from rollcall.outcomes.verdicts import Verdict
from tests.support.strategies import accounts, observations, requirements

SOC = Contact(
    name="Security Operations", title="Duty officer", email="soc@example.com", phone="+1 206 555 0100"
)
OTHER = replace(SOC, name="Other")
PADDED = replace(SOC, email="  soc@example.com ")


WANTED = Desired(contact=SOC, source="contact soc (defaults)")
GONE = DesiredAbsent(source="absent (defaults)")


def decide(found, *, wanted=WANTED, exempt=None, state=AccountState.ACTIVE, halted=None, modes=None) -> Plan:
    demands = {} if wanted is None else {ContactKind.SECURITY: wanted}
    return make_plan(
        requirement=Requirement(desired=demands, exempt=exempt, blocked=modes),
        account=Account(id="222222222222", name="Payments", state=state, ou_path=(), parent_ids=("r-a1b2",)),
        observations={ContactKind.SECURITY: found},
        halted=halted,
    )


ROWS: dict[str, tuple[dict[str, Any], Any]] = {
    "differs": ({"found": Present(contact=OTHER)}, "change"),
    "absent": ({"found": Absent()}, "change"),
    "the same": ({"found": Present(contact=SOC)}, Verdict.COMPLIANT),
    "e-mail padded": ({"found": Present(contact=PADDED)}, Verdict.COMPLIANT),
    "name padded": ({"found": Present(contact=replace(SOC, name=" Security Operations"))}, "change"),
    "letter case": ({"found": Present(contact=replace(SOC, email="SOC@example.com"))}, "change"),
    "unreadable": ({"found": Unreadable(reason="trusted access is off")}, Verdict.UNREADABLE),
    "unmanaged": ({"found": Absent(), "wanted": None}, Verdict.UNMANAGED),
    "to be absent, and present": ({"found": Present(contact=SOC), "wanted": GONE}, "change"),
    "to be absent, and absent": ({"found": Absent(), "wanted": GONE}, Verdict.COMPLIANT),
    "to be absent, and unreadable": ({"found": Unreadable(reason="x"), "wanted": GONE}, Verdict.UNREADABLE),
    "held": ({"found": Absent(), "wanted": Conflict(reason="renamed")}, Verdict.BLOCKED),
    "held and exempt": (
        {"found": Absent(), "wanted": Conflict(reason="x"), "exempt": "divested"},
        Verdict.EXEMPT,
    ),
    "exempt": ({"found": Absent(), "exempt": "divested"}, Verdict.EXEMPT),
    "exempt and unmanaged": ({"found": Absent(), "wanted": None, "exempt": "divested"}, Verdict.EXEMPT),
    "suspended": ({"found": Absent(), "state": AccountState.SUSPENDED}, Verdict.INACTIVE),
    "state not known": ({"found": Absent(), "state": AccountState.UNKNOWN}, Verdict.INACTIVE),
    "halted": ({"found": Absent(), "halted": "audit mode"}, Verdict.WOULD_SET),
    "modes that disagree": ({"found": Absent(), "modes": "two modes"}, Verdict.BLOCKED),
    "modes that disagree, and halted": (
        {"found": Absent(), "modes": "two modes", "halted": "writes are paused"},
        Verdict.BLOCKED,
    ),
    "modes that disagree, and compliant": (
        {"found": Present(contact=SOC), "modes": "two modes"},
        Verdict.COMPLIANT,
    ),
    "modes that disagree, and unreadable": (
        {"found": Unreadable(reason="x"), "modes": "two modes"},
        Verdict.UNREADABLE,
    ),
    "halted and compliant": ({"found": Present(contact=SOC), "halted": "audit mode"}, Verdict.COMPLIANT),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_case_is_decided_as_the_table_says(row):
    arguments, expected = ROWS[row]
    made = decide(**arguments)
    assert [item.verdict for item in made.findings] == ([] if expected == "change" else [expected])
    assert len(made.changes) == (1 if expected == "change" else 0)


situations = {
    "requirement": requirements,
    "account": accounts,
    "observations": st.dictionaries(st.sampled_from(ContactKind), observations),
    "halted": st.none() | st.just("audit mode"),
}


@given(**situations)
def test_every_kind_is_either_changed_or_left_alone_with_a_reason(requirement, account, observations, halted):
    made = make_plan(requirement=requirement, account=account, observations=observations, halted=halted)
    assert sorted([item.kind for item in made.changes] + [item.kind for item in made.findings]) == sorted(
        observations
    )
    assert all(finding.reason for finding in made.findings)


@given(**situations)
def test_no_plan_touches_what_it_must_not(requirement, account, observations, halted):
    made = make_plan(requirement=requirement, account=account, observations=observations, halted=halted)
    for change in made.changes:
        assert account.state is AccountState.ACTIVE
        assert requirement.exempt is None
        assert halted is None
        assert not isinstance(change.found, Unreadable)
        assert change.wanted == requirement.desired[change.kind]
        assert isinstance(change.wanted, Desired | DesiredAbsent)


def carried_out(change: Change):
    if isinstance(change.wanted, DesiredAbsent):
        return Absent()
    return Present(contact=change.wanted.contact)


@given(**situations)
def test_after_a_plan_is_carried_out_the_next_one_is_empty(requirement, account, observations, halted):
    made = make_plan(requirement=requirement, account=account, observations=observations, halted=halted)
    after = observations | {change.kind: carried_out(change) for change in made.changes}
    assert not make_plan(requirement=requirement, account=account, observations=after, halted=halted).changes


@given(**situations)
def test_a_compliant_contact_is_never_written(requirement, account, observations, halted):
    made = make_plan(requirement=requirement, account=account, observations=observations, halted=halted)
    for change in made.changes:
        assert not matches(change.found, change.wanted)
