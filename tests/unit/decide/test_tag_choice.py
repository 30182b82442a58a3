"""Contacts that tags choose: which, why none, and that nothing but a name ever comes from a tag."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollcall.decide.resolve import find_candidates, resolve_requirement
from rollcall.decide.tag_choice import list_selectable
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Conflict, Desired
from rollcall.model.roster import Roster
from tests.support.cases import check_each
from tests.support.organizations import BASE, PRIMARY_CONTACTS, TODAY, make_account

ACCOUNT = make_account(2)
CONTACTS = BASE["contacts"] | PRIMARY_CONTACTS
#: A contact of each kind, and two that it cannot be.
FITTING = {kind: "headquarters" if kind is ContactKind.PRIMARY else "soc" for kind in ContactKind}
MISFITS = {kind: "soc" if kind is ContactKind.PRIMARY else "headquarters" for kind in ContactKind}


def make_roster(*overrides: dict[str, Any], **defaults: Any) -> Roster:
    document = {"contacts": CONTACTS, "defaults": defaults, "overrides": list(overrides)}
    return Roster.from_document(BASE | document)


def choose(kind: ContactKind, tags: dict[str, str], *, default: str | None = None) -> Desired | Conflict:
    roster = make_roster(**{kind: {"tag": "contact", "default": default}})
    found = resolve_requirement(roster, replace(ACCOUNT, tags=tags), today=TODAY).desired[kind]
    assert isinstance(found, Desired | Conflict)
    return found


@pytest.mark.parametrize("kind", ContactKind)
class TestEachKind:
    def test_the_value_is_the_name_of_the_contact(self, kind):
        found = choose(kind, {"contact": FITTING[kind]}, default="branch" if kind == "PRIMARY" else "finops")
        assert isinstance(found, Desired)
        assert found.contact.as_document() == CONTACTS[FITTING[kind]]
        assert found.source == f"contact {FITTING[kind]} (defaults by tag contact)"

    def test_without_the_tag_the_default_holds(self, kind):
        found = choose(kind, {"Contact": "x"}, default=FITTING[kind])
        assert isinstance(found, Desired)
        assert found.source == f"contact {FITTING[kind]} (defaults without tag contact)"

    def test_without_tag_and_default_it_is_blocked(self, kind):
        assert choose(kind, {}) == Conflict(
            reason=f"the account has no tag contact, which names its {kind.lower()} contact:"
            " tag it, or give the roster a default"
        )

    @pytest.mark.parametrize("default", [None, "usual"])
    def test_a_contact_of_another_form_is_blocked_and_never_the_default(self, kind, default):
        found = choose(kind, {"contact": MISFITS[kind]}, default=default and FITTING[kind])
        assert isinstance(found, Conflict)
        assert f'tag contact="{MISFITS[kind]}" names no {kind.lower()} contact of the roster' in found.reason

    def test_placeholders_are_filled_in(self, kind):
        contact = CONTACTS[FITTING[kind]] | {"name": "Owner of {account_name}"}
        document = {"contacts": CONTACTS | {FITTING[kind]: contact}, "overrides": []}
        choice = {"tag": "contact", "default": FITTING[kind]}
        roster = Roster.from_document(BASE | document | {"defaults": {str(kind): choice}})
        wanted = resolve_requirement(roster, ACCOUNT, today=TODAY).desired[kind]
        assert isinstance(wanted, Desired)
        assert wanted.contact.name == "Owner of Member 2"

    @given(
        value=st.text(max_size=300) | st.sampled_from([*CONTACTS, "absent", "{keep}"]), tagged=st.booleans()
    )
    @example(value="", tagged=True)
    def test_every_value_gives_a_contact_of_the_roster_as_it_is_or_none(self, kind, value, tagged):
        tags = {"other": value} | ({"contact": value} if tagged else {})
        found = choose(kind, tags, default=FITTING[kind])
        expected = value if tagged else FITTING[kind]
        if expected in list_selectable(make_roster(), kind):
            assert isinstance(found, Desired)
            values = {
                part: text.replace("{account_id}", ACCOUNT.id) for part, text in CONTACTS[expected].items()
            }
            assert found.contact.as_document() == values
        else:
            assert isinstance(found, Conflict)
            assert found.summary == (f"a value of tag contact names no {kind.lower()} contact of the roster")
            assert found.reason.isprintable()
            assert len(found.reason) < 1000


@check_each(
    ("value", "shown"),
    [
        ("pci-sco", '"pci-sco" names no security contact of the roster (nearest: pci-soc)'),
        ("SOC", '"SOC" names no security contact of the roster (nearest: soc, pci-soc)'),
        ("absent", '"absent" names no security contact of the roster'),
        ("", '"" names no security contact of the roster'),
        ("mary@example.com", '"m***@example.com" names'),
        ("+44 20 7946 0000", '"***00" names'),
        ("mary jones", '"m*** j***" names'),
        ("44 20 @", '"4***@" names'),
        ("s\u043ec", '"s***" names'),
        ("\u0455oc", r'"\u{455}***" names'),
        ("\u202eso\u202ec\n", r'"\u{202e}***" names'),
        ("x" * 64, '"' + "x" * 64 + '" names'),
        ("x" * 65, '"x***" names'),
        ("x y " * 64, '"' + "*** " * 15 + r'***\x20..." names'),
    ],
)
def test_the_reason_shows_the_value_so_that_nobody_is_deceived_or_exposed(value, shown):
    found = choose(ContactKind.SECURITY, {"contact": value})
    assert isinstance(found, Conflict)
    assert found.reason.startswith(f"tag contact={shown}")


SECURITY = ContactKind.SECURITY
BY_TAG = {"SECURITY": {"tag": "contact", "default": "soc"}}


@pytest.mark.parametrize(
    ("overrides", "tags", "expected"),
    [
        # An override replaces the kind as a whole: the tag of the defaults counts no more.
        ([{"ou": "Workloads", "kinds": {"SECURITY": "finops"}}], {"contact": "pci-soc"}, "finops"),
        ([{"ou": "Sandbox", "kinds": {"SECURITY": "finops"}}], {"contact": "pci-soc"}, "pci-soc"),
        (
            [{"ou": "Workloads", "kinds": {"SECURITY": {"tag": "team", "default": None}}}],
            {"contact": "pci-soc", "team": "platform"},
            "platform",
        ),
        ([{"ou": "Workloads", "kinds": {"SECURITY": {"tag": "team", "default": None}}}], {}, None),
        ([{"ou": "Workloads", "kinds": {"SECURITY": {"tag": "team", "default": None}}}], {"team": "x"}, None),
        # Two of one rank: what counts is what they come to.
        (
            [
                {"ou": "Workloads", "kinds": {"SECURITY": {"tag": "team", "default": "finops"}}},
                {"ou": "ou-a1b2-11111111", "kinds": {"SECURITY": "finops"}},
            ],
            {},
            "finops",
        ),
        (
            [
                {"ou": "Workloads", "kinds": {"SECURITY": {"tag": "team", "default": "finops"}}},
                {"ou": "ou-a1b2-11111111", "kinds": {"SECURITY": "finops"}},
            ],
            {"team": "soc"},
            None,
        ),
    ],
)
def test_which_entry_chooses(overrides, tags, expected):
    roster = make_roster(*({"mode": None} | one for one in overrides), **BY_TAG)
    account = replace(ACCOUNT, tags=tags)
    found = resolve_requirement(roster, account, today=TODAY).desired[SECURITY]
    assert isinstance(found, Conflict) == (expected is None)
    if isinstance(found, Desired):
        assert found.contact.as_document() == CONTACTS[expected]
        assert find_candidates(roster, account, SECURITY)[0].source in found.source


def test_the_tags_that_matter_are_those_of_overrides_and_choices():
    entry = {"tag": {"scope": "pci", "env": "prod"}, "mode": None}
    chosen = entry | {"kinds": {"BILLING": {"tag": "team", "default": None}}}
    assert make_roster(chosen, **BY_TAG).tag_keys == {"scope", "env", "team", "contact"}
    assert make_roster(**BY_TAG).uses_tags
    assert not make_roster(SECURITY="soc").uses_tags
