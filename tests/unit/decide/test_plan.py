"""The plan, as a table and as properties."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollcall.decide.plan import Change, Plan, make_plan
from rollcall.decide.resolve import Requirement
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import ALL_PARTS, KEEP, Contact, ContactKind
from rollcall.model.desired import (
    Absent,
    Conflict,
    Desired,
    DesiredAbsent,
    Observation,
    Present,
    Unreadable,
    matches,
)
from rollcall.outcomes.verdicts import Verdict
from tests.support.cases import check_each
from tests.support.strategies import accounts, observations, requirements

SOC = Contact(
    name="Security Operations", title="Duty officer", email="soc@example.com", phone="+1 206 555 0100"
)
OTHER = replace(SOC, name="Other")
PADDED = replace(SOC, email="  soc@example.com ")


WANTED = Desired(contact=SOC, source="contact soc (defaults)")
GONE = DesiredAbsent(source="absent (defaults)")


def decide(
    found,
    *,
    wanted=WANTED,
    exempt=None,
    state=AccountState.ACTIVE,
    halted=None,
    modes=None,
    kind=ContactKind.SECURITY,
) -> Plan:
    demands = {} if wanted is None else {kind: wanted}
    return make_plan(
        requirement=Requirement(desired=demands, exempt=exempt, blocked=modes),
        account=Account(id="222222222222", name="Payments", state=state, ou_path=(), parent_ids=("r-a1b2",)),
        observations={kind: found},
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


@check_each("kind", ContactKind)
@check_each("row", ROWS)
def test_each_case_is_decided_as_the_table_says(row, kind):
    arguments, expected = ROWS[row]
    made = decide(**arguments, kind=kind)
    assert [item.verdict for item in made.findings] == ([] if expected == "change" else [expected])
    assert len(made.changes) == (1 if expected == "change" else 0)


#: It keeps its name and its second line, sets the rest, and removes the website.
OFFICE = Contact(
    name=KEEP,
    address_line1="410 Terry Avenue North",
    address_line2=KEEP,
    city="Seattle",
    state_or_region="WA",
    postal_code="98109",
    country_code="US",
    phone="+1 206 555 0110",
)
THERE = replace(OFFICE, name="Payments", address_line2="Floor 3")
DIFFERS = replace(THERE, city="Portland", state_or_region="OR", website_url="https://old.example.com")
#: What is found of a primary contact, what of the roster differs from `OFFICE`, and what is put; None if
#: nothing is, a text if it is blocked with a reason that holds it.
KEPT: dict[str, tuple[Observation, dict[str, str], Contact | str | None]] = {
    "what is kept does not differ": (Present(contact=THERE), {}, None),
    "its other name does not either": (Present(contact=replace(THERE, name="Anybody")), {}, None),
    "AWS has the country in capitals": (Present(contact=THERE), {"country_code": "us"}, None),
    "what is kept is put as it was found": (Present(contact=DIFFERS), {}, THERE),
    "so is what is not there": (
        Present(contact=replace(DIFFERS, address_line2="")),
        {},
        replace(THERE, address_line2=""),
    ),
    "what the roster does not have is removed": (
        Present(contact=replace(THERE, website_url="https://old.example.com")),
        {},
        THERE,
    ),
    "an optional part that is kept survives": (
        Present(contact=DIFFERS),
        {"website_url": KEEP},
        replace(THERE, website_url="https://old.example.com"),
    ),
    "without one, it has the account's name": (Absent(), {}, replace(THERE, address_line2="")),
    "without one, the rest cannot be kept": (Absent(), {"city": KEEP}, "city is empty"),
    "a state that is kept and not there": (
        Present(contact=replace(DIFFERS, state_or_region="", country_code="CH")),
        {"state_or_region": KEEP},
        "state_or_region is empty, which AWS asks for in US",
    ),
    "a country that is kept decides it, too": (
        Present(contact=replace(DIFFERS, country_code="CH")),
        {"state_or_region": "", "country_code": KEEP},
        replace(THERE, state_or_region="", country_code="CH"),
    ),
    "what AWS would not take any more is right as it is": (
        Present(contact=replace(THERE, state_or_region="")),
        {"state_or_region": KEEP},
        None,
    ),
}


@check_each("row", KEPT)
def test_a_primary_contact_is_put_with_what_the_roster_keeps(row):
    found, changes, expected = KEPT[row]
    wanted = Desired(contact=replace(OFFICE, **changes), source="contact office (defaults)")
    made = decide(found, wanted=wanted, kind=ContactKind.PRIMARY)
    if isinstance(expected, Contact):
        (change,) = made.changes
        assert change.wanted == replace(wanted, contact=expected)
        return
    (finding,) = made.findings
    if expected is None:
        assert finding.verdict is Verdict.COMPLIANT
        assert isinstance(found, Present)
        assert isinstance(finding.wanted, Desired)
        assert finding.wanted.contact.as_stored() == found.contact
    else:
        assert finding.verdict is Verdict.BLOCKED
        assert (
            finding.reason == f"contact office (defaults): {expected} once it is filled in for this account"
        )


situations = {
    "requirement": requirements,
    "account": accounts,
    "observations": observations,
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
        assert isinstance(change.wanted, Desired | DesiredAbsent)
        asked = requirement.desired[change.kind]
        if isinstance(asked, DesiredAbsent):
            assert change.wanted == asked
            continue
        assert isinstance(change.wanted, Desired)
        assert change.wanted.source == asked.source
        for part in ALL_PARTS:
            given, put = asked.contact.get(part), change.wanted.contact.get(part)
            there = change.found.contact.get(part) if isinstance(change.found, Present) else account.name
            assert put == (there if given == KEEP else given) or (put, change.found) == ("", Absent())


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
