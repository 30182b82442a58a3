"""`rollcall init`: a first roster from what the accounts have, which changes nothing."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.model.contact import ALTERNATE_KINDS
from rollcall_config.configuration import load
from simulation.accounts import AlternateContact
from simulation.errors import ApiError
from simulation.seeds import HUB
from tests.cli.desk import (
    CONTACTS,
    DIVESTED,
    MALLORY,
    MANAGEMENT,
    PAYMENTS,
    PLAYGROUND,
    RIGHT,
    SHOP,
    Desk,
    assert_golden,
)
from tests.cli.stack_sets import CloudFormation, Deployed

OTHER = ("Lab Security", "Lead", "aws-lab@example.com", "+1 206 443 2199")


@pytest.fixture
def fresh(desk):
    """Nothing configured yet, contacts all over the place."""
    for name in ("organization", "contacts"):
        (desk.where / "config" / f"{name}.yaml").unlink()
    for account in (HUB, PAYMENTS, SHOP):
        desk.has(account, **RIGHT)
    desk.has(SHOP, security=RIGHT["security"], operations=RIGHT["operations"])
    for account in (DIVESTED, PLAYGROUND):
        desk.has(account, security=OTHER)
    return desk


def text(desk, name="contacts"):
    return (desk.where / "config" / f"{name}.yaml").read_text(encoding="utf-8")


def test_the_most_common_is_the_default_and_the_rest_are_overrides(fresh):
    result = fresh.run("init")
    assert result.exit_code == 0, result.stderr
    assert_golden("init.txt", result.stdout)
    assert_golden("init-contacts.yaml", text(fresh))
    assert_golden("init-organization.yaml", text(fresh, "organization"))
    assert fresh.run("validate").exit_code == 0


def test_the_stack_set_that_it_proposes_is_valid(fresh):
    fresh.run("init")
    fresh.write(
        organization=text(fresh, "organization").replace("# members:", "members:").replace("#   ", "  ")
    )
    settings = load(fresh.where, "config", today=fresh.clock.now().date()).settings
    assert (settings.members_deploy, settings.members_targets) == ("stackset", ("r-a1b2",))


def test_the_management_account_is_included_with_its_own_credentials(fresh):
    fresh.caller = MANAGEMENT
    fresh.has(MANAGEMENT, **RIGHT)
    result = fresh.run("init")
    assert "exempt" not in text(fresh)
    assert "5 have the default" not in result.stdout


def test_primary_contacts_are_proposed_only_if_they_are_asked_for(fresh):
    fresh.run("init")
    assert "get_contact_information" not in [name for name, _ in fresh.calls]
    lab = fresh.organization.accounts[PLAYGROUND]
    lab.primary = {**lab.primary, "CompanyName": "Example Lab", "PhoneNumber": "206 555 0199"}
    result = fresh.run("init", "--primary", "--force")
    assert result.exit_code == 0, result.stderr
    assert "  primary:    4 have the default, 1 another one, 0 none\n" in result.stdout
    assert_golden("init-contacts-primary.yaml", text(fresh))


@pytest.mark.parametrize(
    ("form", "named"), [("{name}", "{keep}"), ("Owner of {name}", "{keep}"), ("Example Corp", "Example Corp")]
)
def test_full_names_are_kept_unless_accounts_share_them(fresh, form, named):
    for account in fresh.organization.accounts.values():
        account.primary = {**account.primary, "FullName": form.format(name=account.name)}
    fresh.run("init", "--primary")
    assert load(fresh.where, "config").roster["contacts"]["primary"]["name"] == named


@pytest.mark.parametrize("options", [(), ("--primary",)])
def test_nothing_is_written_to_aws(fresh, options):
    fresh.run("init", *options)
    assert all(name.startswith(("get_", "list_", "describe_")) for name, _ in fresh.calls)


def test_reading_takes_half_of_the_quota(fresh):
    for number in range(200):
        fresh.organization.add_account(name=f"Account {number}", email=f"{number}@example.com")
    start = fresh.clock.now()
    assert fresh.run("init").exit_code == 0
    reads = [name for name, _ in fresh.calls].count("get_alternate_contact")
    assert reads == 3 * (5 + 200)
    assert (fresh.clock.now() - start).total_seconds() >= (reads - 8) / 5


def test_files_that_are_there_are_not_overwritten(desk):
    result = desk.run("init")
    assert result.exit_code == 1
    assert "organization.yaml and contacts.yaml in config would be overwritten" in result.stderr
    assert text(desk) == CONTACTS
    assert not desk.asked_for
    assert desk.run("init", "--force").exit_code == 0
    assert text(desk) != CONTACTS


def test_one_file_that_is_there_is_enough_to_refuse(fresh):
    fresh.write(contacts=CONTACTS)
    assert "contacts.yaml in config would be" in fresh.run("init").stderr
    assert not (fresh.where / "config" / "organization.yaml").exists()


def test_a_directory_that_cannot_be_one_is_told_before_anything_is_read(fresh):
    (fresh.where / "taken").write_text("x", encoding="utf-8")
    result = fresh.run("init", "--config", "taken/config")
    assert result.exit_code == 1
    assert "error: taken/config cannot be written to: taken is not a directory\nfix: choose" in result.stderr
    assert not fresh.asked_for


def test_a_directory_where_one_may_not_write_is_told_before_anything_is_read(fresh, monkeypatch):
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    result = fresh.run("init", "--config", "new")
    assert "error: new cannot be written to: no permission to write there" in result.stderr
    assert not fresh.asked_for


def test_a_file_that_cannot_be_written_in_the_end_is_told(fresh):
    (fresh.where / "config" / "contacts.yaml").mkdir()
    result = fresh.run("init", "--force")
    assert result.exit_code == 1
    assert "error: config cannot be written to: Is a directory\nfix: choose another" in result.stderr


def test_another_directory_is_made(fresh):
    assert fresh.run("init", "--config", "new/one").exit_code == 0
    assert load(fresh.where, "new/one").settings.hub == HUB


def test_what_cannot_be_read_is_left_alone_and_explained(fresh):
    refusal = ApiError("AccessDeniedException", "with an explicit deny in a service control policy", 403)
    fresh.cloud.account.fail_next("GetAlternateContact", refusal, account=SHOP, kind="BILLING")
    result = fresh.run("init")
    assert f"  {SHOP} Web Shop\n    a service control policy denies these credentials" in result.stdout
    exempt = load(fresh.where, "config").roster["exempt"]
    assert [entry["accounts"] for entry in exempt] == [[MANAGEMENT], [SHOP]]
    assert "# a service control policy denies" in text(fresh)


@pytest.mark.parametrize("caller", [HUB, MANAGEMENT])
def test_where_nothing_can_be_read_nothing_is_written(fresh, caller):
    fresh.organization.trusted_access.clear()
    fresh.caller = caller
    result = fresh.run("init")
    assert result.exit_code == 1
    assert "error: no contact of any member account could be read" in result.stderr
    assert "fix: trusted access is off: in" in result.stderr
    assert not list((fresh.where / "config").iterdir())


@pytest.mark.parametrize(
    ("part", "value", "why"),
    [("name", " Security ", "has space around it"), ("title", "{Duty}", "has a brace")],
)
def test_a_contact_that_no_roster_can_say_leaves_its_account_alone(fresh, part, value, why):
    contacts = fresh.organization.accounts[SHOP].contacts
    contacts["SECURITY"] = replace(contacts["SECURITY"], **{part: value})
    assert f"the {part} of its SECURITY contact {why}" in fresh.run("init").stdout
    assert SHOP in load(fresh.where, "config").roster["exempt"][-1]["accounts"]


def test_an_organization_without_contacts_gets_an_example_to_fill_in(fresh):
    for account in fresh.organization.accounts:
        fresh.has(account)
    result = fresh.run("init")
    assert result.exit_code == 0
    assert "Alerts go to an example address: replace it in organization.yaml" in result.stdout
    assert_golden("init-contacts-none.yaml", text(fresh))
    assert "This one is an example" in text(fresh, "organization")


def test_a_single_account_says_nothing_of_its_unit(fresh):
    fresh.organization.move(PLAYGROUND, fresh.organization.root_id)
    fresh.run("init")
    assert "ou:" not in text(fresh)


@pytest.mark.parametrize("name", ["a/b", "r-a1b2", "ou-a1b2-11111111", " Sandbox", "\x07"])
def test_a_unit_whose_name_no_roster_can_say_is_named_by_id(fresh, name):
    unit = fresh.organization.find_ou("Sandbox")
    fresh.organization.rename_ou(unit, name)
    assert fresh.run("init").exit_code == 0
    (entry,) = (one for one in load(fresh.where, "config").roster["overrides"] if "ou" in one)
    assert entry["ou"] in {unit, "\x07"}


def test_accounts_that_are_not_active_are_not_read(fresh):
    fresh.organization.accounts[PAYMENTS].state = "SUSPENDED"
    assert "5 active accounts; 1 inactive account not read." in fresh.run("init").stdout
    assert PAYMENTS not in [parameters.get("AccountId") for _, parameters in fresh.calls]


def test_alerts_go_where_they_are_told_to(fresh):
    fresh.run("init", "--alerts", "soc@example.com")
    assert load(fresh.where, "config").settings.alert_addresses == ("soc@example.com",)
    assert "an email address has the form" in fresh.run("init", "--alerts", "soc", "--force").stderr


def test_the_hub_is_asked_for_while_nobody_administers_contacts(fresh):
    fresh.organization.delegated_administrators.clear()
    fresh.caller = MANAGEMENT
    assert "with --hub" in fresh.run("init").stderr
    assert "is the management account" in fresh.run("init", "--hub", MANAGEMENT).stderr
    assert fresh.run("init", "--hub", HUB).exit_code == 0
    assert load(fresh.where, "config").settings.hub == HUB


def test_another_administrator_of_contacts_is_named(fresh):
    assert f"account {HUB} already administers contacts" in fresh.run("init", "--hub", SHOP).stderr


@pytest.mark.parametrize("delegated", [True, False])
def test_a_member_cannot_see_the_organization(fresh, delegated):
    fresh.caller = PAYMENTS
    if delegated:
        fresh.organization.delegate(PAYMENTS, "other.amazonaws.com")
    result = fresh.run("init")
    assert result.exit_code == 1
    assert f"these are credentials of account {PAYMENTS}" in result.stderr
    assert f"management account {MANAGEMENT}" in result.stderr


def test_interrupted_nothing_is_written(fresh):
    fresh.failures["account"] = [KeyboardInterrupt()]
    result = fresh.run("init")
    assert result.exit_code == 130
    assert result.stderr == "error: interrupted\nfix: nothing was changed\n"
    assert not list((fresh.where / "config").iterdir())


def test_a_person_at_a_terminal_sees_how_far_it_is(fresh):
    fresh.terminal = True
    result = fresh.run("init")
    assert "Reading contacts" in result.stderr
    assert "6/6" in result.stderr
    assert "/s" in result.stderr


def test_mallory_cannot_write_yaml(fresh):
    evil = ('Eve"\n    email: x', "\\", MALLORY[2], MALLORY[3])
    fresh.has(SHOP, security=evil)
    fresh.organization.accounts[SHOP].name = "Shop\nmode: enforce"
    fresh.run("init")
    roster = load(fresh.where, "config").roster
    assert roster["mode"] == "audit"
    # A roster takes no line break in a name.
    assert evil[0] not in [contact["name"] for contact in roster["contacts"].values()]
    assert SHOP in [account for entry in roster["exempt"] for account in entry["accounts"]]
    assert "name of its SECURITY contact has characters that cannot be seen" in " ".join(
        text(fresh).replace("#", "").split()
    )


CONTACT = st.builds(
    AlternateContact,
    name=st.sampled_from(["Ann", "Bo", " Bo", "{x}", 'say "hi"', "\u2028\x07", "\U0001f600"]),
    title=st.sampled_from(["Lead", "No: #1", "'"]),
    email=st.sampled_from(["a@example.com", "b@example.com "]),
    phone=st.sampled_from(["1", "+1 (2)", "01"]),
)
#: Members of ContactInformation: also what no roster can say, or what a roster would read as a word.
PRIMARY = st.fixed_dictionaries(
    {
        "FullName": st.sampled_from(["Example Corp", "{x}", "keep"]),
        "AddressLine1": st.sampled_from(["Main Street 1", "absent", "'=1"]),
        "City": st.sampled_from(["Seattle", " Z\u00fcrich", ""]),
        "PostalCode": st.sampled_from(["98101", "01"]),
        "CountryCode": st.sampled_from(["US", "CH", "XX"]),
        "PhoneNumber": st.sampled_from(["+1 206 555 0100", "206 555 0100"]),
    },
    optional={
        "CompanyName": st.sampled_from(["Example Corp", "x" * 51]),
        "StateOrRegion": st.sampled_from(["WA", "keep"]),
        "WebsiteUrl": st.sampled_from(["https://example.com", "absent"]),
    },
)
UNITS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["A", "B", "a/b", "ou-a1b2-11111111", "Ü", "#", "x "])),
    max_size=6,
)


@st.composite
def organizations(draw):
    """A seed for `fill`: contacts from a few values, so that units share them."""
    values = draw(st.lists(CONTACT, min_size=1, max_size=2))
    names = draw(st.sampled_from([None, "Account {}", "Owner of {}"]))
    primary = st.sampled_from(draw(st.lists(PRIMARY, min_size=1, max_size=2)))
    account = st.tuples(
        st.integers(0, 2),
        st.sampled_from(["ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED"]),
        st.dictionaries(st.sampled_from(ALTERNATE_KINDS), st.sampled_from(values)),
        st.tuples(primary, st.just(names)),
        st.booleans() if draw(st.booleans()) else st.just(value=False),
    )
    return draw(UNITS), draw(st.lists(account, max_size=9)), draw(st.sampled_from([HUB, MANAGEMENT]))


def fill(desk, seed):
    organization = desk.organization
    units, accounts, desk.caller = seed
    desk.elsewhere = lambda _service, account: CloudFormation(
        Deployed(organization=organization, hub_account=HUB), account
    )
    made = [organization.root_id]
    for parent, name in units:
        place = made[parent % len(made)]
        below = {organization.units[unit].name for unit in organization.child_units[place]}
        if name not in below and len(organization.list_lineage(place)) <= 5:
            made.append(organization.add_ou(name, place))
    for number, (place, state, contacts, (primary, form), refused) in enumerate(accounts):
        account = organization.add_account(
            name=f"Account {number}", email=f"{number}@example.com", parent=made[place % len(made)]
        )
        account.state = state
        account.contacts.update(contacts)
        account.primary = primary | ({"FullName": form.format(number)} if form else {})
        if refused:
            refusal = ApiError("AccessDeniedException", "no", 403)
            desk.cloud.account.fail_next("GetAlternateContact", refusal, times=3, account=account.id)
            desk.cloud.account.fail_next("GetContactInformation", refusal, account=account.id)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(organizations(), st.sampled_from([(), ("--primary",)]))
def test_what_is_proposed_plans_nothing_even_if_it_were_enforced(seed, primary):
    with tempfile.TemporaryDirectory() as where:
        desk = Desk(Path(where))
        fill(desk, seed)
        result = desk.run("init", "--force", *primary)
        assert result.exit_code == 0, result.stderr
        assert ("primary:" in text(desk)) is bool(primary)
        assert desk.run("validate").exit_code == 0
        desk.write(contacts=text(desk).replace("mode: audit", "mode: enforce"))
        planned = desk.run("plan", "--fresh", "--json")
    assert planned.exit_code == 0, planned.output
    found = json.loads(planned.stdout)
    # Those that could not be read can be now: had they been given anything, it would differ.
    assert not found["differences"]
    assert not found["unknown"]
