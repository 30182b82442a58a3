"""What the roster asks of an account: one row for each rule, and what holds for every roster."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.decide.resolve import fill_kept, find_candidates, is_authorised, resolve_requirement
from rollcall.events.actor import Actor
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import KEEP, Contact, ContactKind
from rollcall.model.desired import (
    Absent,
    Conflict,
    Desired,
    DesiredAbsent,
    DesiredOrConflict,
    Observation,
    Present,
)
from rollcall.model.roster import Roster, compute_digest
from tests.support.cases import check_each
from tests.support.organizations import FIRST_PRIMARY, PRIMARY_CONTACTS
from tests.support.world import ROSTER

TODAY = date(2026, 11, 21)
ACCOUNT = Account(
    id="222222222222",
    name="Payments",
    state=AccountState.ACTIVE,
    ou_path=("Workloads", "Production"),
    parent_ids=("r-a1b2", "ou-a1b2-workload", "ou-a1b2-producti"),
    tags={"scope": "pci", "team": "red"},
)


def override(mode=None, *, security="unnamed", billing="unnamed", **selector) -> dict[str, Any]:
    kinds = {"SECURITY": security, "BILLING": billing}
    return {
        **selector,
        "kinds": {kind: name for kind, name in kinds.items() if name != "unnamed"},
        "mode": mode,
    }


def resolved(*overrides, account=ACCOUNT, lost=None, **document):
    roster = Roster.from_document(ROSTER | {"overrides": list(overrides)} | document)
    return resolve_requirement(roster, account, today=TODAY, orphaned=lost)


def security_of(*overrides, account=ACCOUNT, **document) -> str:
    """The name of the contact that the security kind must be, `absent`, `held` or `unmanaged`."""
    match resolved(*overrides, account=account, **document).desired.get(ContactKind.SECURITY):
        case Desired(contact=contact):
            names = [name for name, values in ROSTER["contacts"].items() if values == contact.as_document()]
            return names[0]
        case DesiredAbsent():
            return "absent"
        case Conflict():
            return "held"
        case _:
            return "unmanaged"


BY_ACCOUNT = override(accounts=["222222222222"], security="finops")
BY_TAG = override(tag={"scope": "pci"}, security="pci-soc")
BY_PATH = override(ou="Workloads/Production", security="platform")
BY_UPPER_PATH = override(ou="Workloads", security="finops")
BY_ID = override(ou="ou-a1b2-producti", security="platform")

PRECEDENCE = {
    "defaults, if nothing matches": ([], "soc"),
    "account before tag": ([BY_TAG, BY_ACCOUNT], "finops"),
    "account before OU": ([BY_PATH, BY_ACCOUNT], "finops"),
    "tag before OU": ([BY_PATH, BY_TAG], "pci-soc"),
    "OU before defaults": ([BY_PATH], "platform"),
    "deepest OU wins": ([BY_UPPER_PATH, BY_PATH], "platform"),
    "children inherit": ([BY_UPPER_PATH], "finops"),
    "OU by id": ([BY_ID], "platform"),
    "OU by id beside one by path, agreeing": ([BY_ID, BY_PATH], "platform"),
    "OU by id beside one by path, disagreeing": (
        [BY_ID, override(ou="Workloads/Production", security="finops")],
        "held",
    ),
    "the root by id is the shallowest": ([override(ou="r-a1b2", security="finops"), BY_PATH], "platform"),
    "another account": ([override(accounts=["999999999999"], security="finops")], "soc"),
    "another value of the tag": ([override(tag={"scope": "hipaa"}, security="finops")], "soc"),
    "all tags must match": ([override(tag={"scope": "pci", "team": "blue"}, security="finops")], "soc"),
    "two tags match": ([override(tag={"scope": "pci", "team": "red"}, security="finops")], "finops"),
    "two tag entries that disagree": ([BY_TAG, override(tag={"team": "red"}, security="finops")], "held"),
    "two tag entries that agree": ([BY_TAG, override(tag={"team": "red"}, security="pci-soc")], "pci-soc"),
    "a disagreement below the winner": (
        [BY_TAG, override(tag={"team": "red"}, security="finops"), BY_ACCOUNT],
        "finops",
    ),
    "a path is not a prefix of names": ([override(ou="Work", security="finops")], "soc"),
    "a path starts at the root": ([override(ou="Production", security="finops")], "soc"),
    "absent": ([override(accounts=["222222222222"], security=None)], "absent"),
    "an override of another kind": ([override(accounts=["222222222222"], billing="soc")], "soc"),
}


@check_each("rule", PRECEDENCE)
def test_precedence(rule):
    overrides, expected = PRECEDENCE[rule]
    assert security_of(*overrides) == expected


def test_a_kind_that_nobody_names_is_unmanaged():
    assert security_of(defaults={"BILLING": "finops"}) == "unmanaged"


def test_a_disagreement_names_both_entries():
    held = resolved(BY_TAG, override(tag={"team": "red"}, security="finops")).desired[ContactKind.SECURITY]
    assert isinstance(held, Conflict)
    assert "tag scope=pci" in held.reason
    assert "tag team=red" in held.reason


@pytest.mark.parametrize(
    ("overrides", "mode", "halted"),
    [
        ([], "enforce", None),
        ([], "audit", "audit mode"),
        ([override("audit", ou="Workloads")], "enforce", "audit mode"),
        (
            [override("audit", ou="Workloads"), override("enforce", ou="Workloads/Production")],
            "enforce",
            None,
        ),
        ([override("enforce", accounts=["222222222222"])], "audit", None),
        ([override("audit", tag={"scope": "pci"}), BY_ACCOUNT], "enforce", "audit mode"),
    ],
)
def test_the_mode_resolves_on_its_own_like_a_kind(overrides, mode, halted):
    required = resolved(*overrides, mode=mode)
    assert (required.halted, required.blocked) == (halted, None)


def test_modes_that_disagree_hold_and_say_so():
    blocked = resolved(
        override("audit", tag={"scope": "pci"}), override("enforce", tag={"team": "red"})
    ).blocked
    assert blocked is not None
    assert "disagree on the mode" in blocked


@pytest.mark.parametrize(
    ("until", "exempt"), [(None, "divested"), ("2026-11-21", "divested"), ("2026-11-20", None)]
)
def test_an_exemption_ends_after_its_last_day(until, exempt):
    entry = {"accounts": ["222222222222"], "reason": "divested", "until": until}
    assert resolved(exempt=[entry]).exempt == exempt


def contacts_with(**values) -> dict[str, Any]:
    return {"contacts": ROSTER["contacts"] | {"soc": ROSTER["contacts"]["soc"] | values}}


@pytest.mark.parametrize("name", ["{account_name}", "Payments"])
def test_the_name_of_an_account_cannot_say_that_a_part_is_kept(name):
    roster = Roster.from_document(ROSTER | contacts_with(name=name) | {"overrides": []})
    account = replace(ACCOUNT, name=KEEP)
    wanted = resolve_requirement(roster, account, today=TODAY).desired[ContactKind.SECURITY]
    assert isinstance(wanted, Conflict) == (name == "{account_name}")


def test_placeholders_are_filled_in():
    document = contacts_with(name="SOC of {account_name}", email="soc+{account_id}@example.com")
    wanted = resolved(**document).desired[ContactKind.SECURITY]
    assert isinstance(wanted, Desired)
    assert wanted.contact.name == "SOC of Payments"
    assert wanted.contact.email == "soc+222222222222@example.com"


@pytest.mark.parametrize(
    ("values", "name", "part"),
    [
        ({"name": "SOC {account_name}"}, "x" * 61, "name"),
        ({"title": "{account_name}"}, "x" * 51, "title"),
        ({"email": "{account_name}@example.com"}, "Payments & Co", "email"),
        ({"name": "{account_name}"}, " ", "name"),
    ],
)
def test_what_does_not_fit_an_account_is_held_and_never_cut(values, name, part):
    held = resolved(account=replace(ACCOUNT, name=name), **contacts_with(**values)).desired[
        ContactKind.SECURITY
    ]
    assert isinstance(held, Conflict)
    assert part in held.reason
    assert name.strip() not in held.reason or not name.strip()


def test_a_name_is_filled_in_as_it_is():
    wanted = resolved(
        account=replace(ACCOUNT, name="{account_id}"), **contacts_with(name="{account_name}")
    ).desired[ContactKind.SECURITY]
    assert isinstance(wanted, Desired)
    assert wanted.contact.name == "{account_id}"


def fill_owner(found: Observation, **values) -> DesiredOrConflict:
    wanted = Desired(contact=Contact(**PRIMARY_CONTACTS["headquarters"] | values), source="contact owner")
    return fill_kept(wanted, found, ACCOUNT, ContactKind.PRIMARY)


@pytest.mark.parametrize("value", [" Floor 3", "x" * 99, "", "{keep}"])
def test_what_aws_has_is_kept_however_it_looks(value):
    filled = fill_owner(Present(contact=replace(FIRST_PRIMARY, address_line2=value)))
    assert isinstance(filled, Desired)
    assert (filled.contact.address_line2, filled.contact.name) == (value, FIRST_PRIMARY.name)
    assert filled.contact.city == PRIMARY_CONTACTS["headquarters"]["city"]


def test_a_contact_that_lacks_what_aws_asks_for_is_held():
    stateless = Present(contact=replace(FIRST_PRIMARY, country_code="PT", state_or_region=""))
    for found, values in ((Absent(), {"city": KEEP}), (stateless, {"state_or_region": KEEP})):
        held = fill_owner(found, **values)
        assert isinstance(held, Conflict)
        assert f"{next(iter(values))} is empty" in held.reason


def test_a_lost_match_holds_every_kind_that_the_roster_manages():
    held = resolved(lost="renamed", defaults={"SECURITY": "soc"}).desired
    assert {kind: type(demand) for kind, demand in held.items()} == {ContactKind.SECURITY: Conflict}


def test_another_version_is_refused():
    with pytest.raises(ValueError, match="version 1"):
        Roster.from_document(ROSTER | {"version": 2})


def test_the_digest_is_that_of_the_content_and_not_of_its_writing():
    assert compute_digest(json.loads(json.dumps(ROSTER, sort_keys=True))) == compute_digest(ROSTER)
    assert compute_digest(ROSTER | {"mode": "audit"}) != compute_digest(ROSTER)


ROLE = "arn:aws:iam::444455556666:role/finance-terraform"


@pytest.mark.parametrize(
    ("identity", "authorised"),
    [
        (
            {
                "arn": "arn:aws:sts::444455556666:assumed-role/finance-terraform/x",
                "sessionContext": {"sessionIssuer": {"arn": ROLE}},
            },
            True,
        ),
        ({"arn": ROLE}, True),
        ({"arn": ROLE + "2"}, False),
        ({"arn": ROLE.replace("444455556666", "222222222222")}, False),
        ({}, False),
    ],
)
def test_an_authorised_changer_is_known_by_its_exact_arn(identity, authorised):
    roster = Roster.from_document(ROSTER | {"authorised_changers": [ROLE]})
    assert is_authorised(roster, Actor.from_detail({"userIdentity": identity})) is authorised


names = st.sampled_from(sorted(ROSTER["contacts"]))
choices = st.fixed_dictionaries({"tag": st.sampled_from("ab"), "default": st.none() | names})
kinds = st.dictionaries(st.sampled_from(["SECURITY", "OPERATIONS", "BILLING"]), st.none() | names | choices)
selectors = st.one_of(
    st.fixed_dictionaries(
        {"accounts": st.lists(st.sampled_from(["222222222222", "333333333333"]), min_size=1)}
    ),
    st.fixed_dictionaries({"tag": st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), min_size=1)}),
    st.fixed_dictionaries({"ou": st.sampled_from(["A", "A/B", "A/B/C", "B", "ou-1", "ou-2", "r-1"])}),
)
overrides_ = st.builds(
    lambda selector, named, mode: {**selector, "kinds": named, "mode": mode},
    selectors,
    kinds,
    st.sampled_from([None, "audit", "enforce"]),
)
accounts_ = st.builds(
    lambda account_id, tags, depth: Account(
        id=account_id,
        name="N",
        state=AccountState.ACTIVE,
        ou_path=("A", "B", "C")[:depth],
        parent_ids=("r-1", "ou-1", "ou-2", "ou-3")[: depth + 1],
        tags=tags,
    ),
    st.sampled_from(["222222222222", "333333333333", "444444444444"]),
    st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy") | names),
    st.integers(0, 3),
)


def apply(overrides, account):
    return resolve_requirement(Roster.from_document(ROSTER | {"overrides": overrides}), account, today=TODAY)


@given(
    overrides=st.lists(overrides_, max_size=6), account=accounts_, random=st.randoms(use_true_random=False)
)
def test_resolving_is_total_and_the_order_of_overrides_never_matters(overrides, account, random):
    shuffled = random.sample(overrides, len(overrides))
    assert apply(shuffled, account) == apply(overrides, account)


@given(overrides=st.lists(overrides_, max_size=5), added=overrides_, account=accounts_)
def test_adding_an_override_changes_only_accounts_that_it_matches(overrides, added, account):
    roster = Roster.from_document(ROSTER | {"overrides": [added]})
    if roster.overrides[0].selector.match_rank(account) is None:
        assert apply([*overrides, added], account) == apply(overrides, account)


@given(overrides=st.lists(overrides_, max_size=5), account=accounts_)
def test_the_first_candidate_is_the_one_that_decides(overrides, account):
    roster = Roster.from_document(ROSTER | {"overrides": overrides})
    demands = apply(overrides, account).desired
    for kind in ContactKind:
        found = find_candidates(roster, account, kind)
        assert (kind in demands) == bool(found)
        if found and not isinstance(demands[kind], Conflict):
            assert found[0].source in demands[kind].source
