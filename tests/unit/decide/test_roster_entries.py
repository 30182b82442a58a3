"""Entries that match no account, and the nearest that exists."""

from __future__ import annotations

import pytest

from rollcall.decide.weakening import WeakeningKind
from tests.support.cases import check_each
from tests.support.organizations import BASE, PRODUCTION, compare, make_account, observe

PCI = {"SECURITY": "pci-soc"}
ACCOUNTS = observe(
    [make_account(number, tags={"Scope": "PCI"} if number else {"env": "prod"}) for number in range(6)], BASE
)


def with_entry(selector, **more):
    return BASE | {"overrides": [*BASE["overrides"], {**selector, "kinds": PCI, "mode": None, **more}]}


def unmatched(candidate, approved=BASE):
    change = compare(approved, candidate, ACCOUNTS)
    waits = [one.text for one in change.weakenings if one.kind is WeakeningKind.MATCHES_NOTHING]
    return list(change.unmatched), waits


@check_each(
    ("selector", "text"),
    [
        ({"ou": "Production"}, "OU Production matches no account (nearest: OU Workloads/Production)"),
        (
            {"ou": "workloads/production"},
            "OU workloads/production matches no account (nearest: OU Workloads/Production)",
        ),
        (
            {"ou": "Workloads/Producktion"},
            "OU Workloads/Producktion matches no account (nearest: OU Workloads/Production)",
        ),
        ({"ou": "Legal"}, "OU Legal matches no account"),
        (
            {"ou": "Root/Production"},
            "OU Root/Production matches no account (nearest: OU Workloads/Production)",
        ),
        (
            {"ou": "ou-a1b2-22222223"},
            f"OU ou-a1b2-22222223 matches no account (nearest: OU {PRODUCTION} Workloads/Production)",
        ),
        ({"tag": {"scope": "pci"}}, "tag scope=pci matches no account (nearest: tag Scope=PCI)"),
        ({"tag": {"Scope": "PCI", "env": "prod"}}, "tag Scope=PCI, env=prod matches no account"),
        ({"tag": {"team": "blue"}}, "tag team=blue matches no account"),
        (
            {"accounts": ["700000000005", "70000000003"]},
            "account 70000000003 matches no account (nearest: 700000000003)",
        ),
        (
            {"accounts": [f"99999999990{number}" for number in range(5)]},
            "5 accounts (999999999900, 999999999901, 999999999902 and 2 more) matches no account",
        ),
    ],
)
def test_it_is_named_with_the_nearest_that_exists(selector, text):
    found, waits = unmatched(with_entry(selector))
    assert found == waits == [f"the override of {text}"]


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (
            {"ou": "Workloads/Pr\u043eduction"},
            r"OU Workloads/Pr\u{43e}duction matches no account (nearest: OU Workloads/Production)",
        ),
        ({"ou": "Cafe\u0301"}, r"OU Cafe\u{301} matches no account"),
        ({"tag": {"Sc\u043epe": "PCI"}}, r"tag Sc\u{43e}pe=PCI matches no account (nearest: tag Scope=PCI)"),
    ],
)
def test_names_that_look_alike_are_spelled_out(selector, text):
    assert unmatched(with_entry(selector))[1] == [f"the override of {text}"]


def test_the_override_of_another_ou_in_place_of_the_right_one_waits():
    """Its accounts would get the defaults in silence."""
    candidate = BASE | {"overrides": [BASE["overrides"][0] | {"ou": "Production"}]}
    found, waits = unmatched(candidate)
    assert (
        found
        == waits
        == ["the override of OU Production matches no account (nearest: OU Workloads/Production)"]
    )


def test_what_the_approved_roster_has_as_well_is_named_and_does_not_wait():
    approved = with_entry({"ou": "Legal"})
    found, waits = unmatched(approved | {"limits": {"max_changed_accounts": 0}}, approved)
    assert (len(found), waits) == (1, [])


@pytest.mark.parametrize(
    "other", [{"mode": "audit"}, {"kinds": {"SECURITY": "finops"}}, {"kinds": PCI | {"BILLING": None}}]
)
def test_but_not_if_it_says_something_else_by_now(other):
    found, waits = unmatched(with_entry({"ou": "Legal"}, **other), with_entry({"ou": "Legal"}))
    assert found == waits
    assert len(waits) == 1


def test_another_contact_under_the_same_name_is_something_else():
    approved = with_entry({"ou": "Legal"})
    contacts = approved["contacts"] | {"pci-soc": approved["contacts"]["pci-soc"] | {"title": "x"}}
    assert len(unmatched(approved | {"contacts": contacts}, approved)[1]) == 1


def test_an_exemption_that_has_ended_matches_nothing_and_harms_nobody():
    exempt = [{"accounts": ["999999999999"], "reason": "sold", "until": "2026-11-29"}]
    assert unmatched(BASE | {"exempt": exempt}) == ([], [])


def test_before_the_first_approval_they_are_named_too():
    change = compare(None, with_entry({"ou": "Production"}), ACCOUNTS)
    assert [one.text for one in change.weakenings] == list(change.unmatched)
    assert len(change.unmatched) == 1
