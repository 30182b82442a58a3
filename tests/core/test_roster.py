"""Which contact an account must have."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.account import Account, AccountState
from rollcall.contacts import ContactKind
from rollcall.roster import Mode, Roster, digest_of
from tests.core.strategies import accounts
from tests.support.world import EXEMPT, ROSTER

ACCOUNT = Account(
    id="222222222222", name="Payments", state=AccountState.ACTIVE, ou_path=(), parent_ids=("r-a1b2",)
)
DEEP = ROSTER | {
    "overrides": [
        {"ou": "A/B", "kinds": {"SECURITY": "pci-soc"}},
        {"ou": "A", "kinds": {"SECURITY": "platform", "BILLING": "platform"}},
    ]
}


@pytest.mark.parametrize(
    ("path", "security", "billing"),
    [
        ((), "soc", "finops"),
        (("A",), "platform", "platform"),
        (("A", "B"), "pci-soc", "platform"),
        (("A", "B", "C"), "pci-soc", "platform"),
        (("AB",), "soc", "finops"),
        (("X", "A"), "soc", "finops"),
    ],
)
def test_the_deepest_organizational_unit_wins_and_children_inherit(path, security, billing):
    wanted = Roster.from_document(DEEP).requirement(replace(ACCOUNT, ou_path=path)).wanted
    contacts = DEEP["contacts"]
    assert wanted[ContactKind.SECURITY].contact.as_document() == contacts[security]
    assert wanted[ContactKind.BILLING].contact.as_document() == contacts[billing]
    assert security in wanted[ContactKind.SECURITY].source


def test_an_exempt_account_is_known_with_its_reason():
    requirement = Roster.from_document(ROSTER).requirement(replace(ACCOUNT, id=EXEMPT))
    assert requirement.exempt == "being divested"


def test_a_kind_that_nobody_names_is_unmanaged():
    roster = Roster.from_document(ROSTER | {"defaults": {"SECURITY": "soc"}, "overrides": []})
    assert set(roster.requirement(ACCOUNT).wanted) == {ContactKind.SECURITY}
    assert roster.mode is Mode.ENFORCE


def test_another_version_is_refused():
    with pytest.raises(ValueError, match="version 1"):
        Roster.from_document(ROSTER | {"version": 2})


@given(account=accounts, seed=st.randoms(use_true_random=False))
def test_the_order_of_overrides_never_matters(account, seed):
    shuffled = list(DEEP["overrides"])
    seed.shuffle(shuffled)
    again = Roster.from_document(DEEP | {"overrides": shuffled}).requirement(account)
    assert again == Roster.from_document(DEEP).requirement(account)


def test_the_digest_is_that_of_the_content_and_not_of_its_writing():
    reordered = json.loads(json.dumps(ROSTER, sort_keys=True))
    assert digest_of(reordered) == digest_of(ROSTER)
    assert digest_of(ROSTER | {"mode": "audit"}) != digest_of(ROSTER)
