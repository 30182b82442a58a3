"""`rollcall explain`: which entry gives each contact and why, what is there, and what Rollcall would do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from simulation.accounts import EXAMPLE_PRIMARY
from simulation.errors import ApiError
from tests.cli.desk import (
    CONTACTS,
    DIVESTED,
    HUB,
    MALLORY,
    MANAGEMENT,
    ORGANIZATION,
    PAYMENTS,
    PLAYGROUND,
    RIGHT,
    SHOP,
    WITH_PRIMARY,
    assert_golden,
)

DENIED = "User: x is not authorized to perform: account:GetAlternateContact on resource: y because no "
DENIED += "identity-based policy allows the account:GetAlternateContact action"


def kinds(result):
    return {kind["kind"]: kind for kind in json.loads(result.stdout)["kinds"]}


def verdicts(result):
    return {kind: found["verdict"] for kind, found in kinds(result).items()}


def test_an_account_that_is_right(desk):
    desk.has(PAYMENTS, **RIGHT)
    result = desk.run("explain", PAYMENTS)
    assert result.exit_code == 0
    assert_golden("explain-compliant.txt", result.stdout)


def test_a_difference_is_shown_with_every_entry_and_the_parts_that_differ(desk):
    desk.organization.accounts[PAYMENTS].tags["scope"] = "pci"
    desk.has(PAYMENTS, **RIGHT | {"security": MALLORY})
    result = desk.run("explain", PAYMENTS)
    assert result.exit_code == 2
    assert_golden("explain-difference.txt", result.stdout)


def test_a_contact_that_must_be_absent(desk):
    desk.has(SHOP, billing=RIGHT["billing"])
    result = desk.run("explain", SHOP)
    assert result.exit_code == 2
    assert_golden("explain-absent.txt", result.stdout)


def test_audit_mode_only_tells(desk):
    desk.has(PLAYGROUND, security=MALLORY)
    result = desk.run("explain", PLAYGROUND)
    assert result.exit_code == 2
    assert_golden("explain-audit.txt", result.stdout)


def test_an_exempt_account_has_nothing_to_do(desk):
    desk.has(DIVESTED, security=MALLORY)
    result = desk.run("explain", DIVESTED)
    assert result.exit_code == 0
    assert_golden("explain-exempt.txt", result.stdout)


def test_an_exemption_that_is_over_is_shown_as_over(desk):
    desk.clock.sleep(timedelta(days=400).total_seconds())
    result = desk.run("explain", DIVESTED)
    assert result.exit_code == 2
    assert "exempt   being divested, to 2027-03-31 (expired)" in result.stdout


@pytest.mark.parametrize(("day", "shown"), [(31, "to 2027-03-31\n"), (32, "to 2027-03-31 (expired)\n")])
def test_an_exemption_holds_on_its_last_day(desk, day, shown):
    last = datetime(2027, 3, 1, 12, tzinfo=UTC) + timedelta(days=day - 1)
    desk.clock.sleep((last - desk.clock.now()).total_seconds())
    result = desk.run("explain", DIVESTED)
    assert shown in result.stdout
    assert ("SECURITY: exempt" in result.stdout) is (day == 31)


def test_an_unmanaged_contact_is_left_alone(desk):
    desk.write(contacts=CONTACTS.replace(", billing: finops}", "}"))
    desk.has(PAYMENTS, **RIGHT | {"billing": MALLORY})
    result = desk.run("explain", PAYMENTS)
    assert result.exit_code == 0
    assert "BILLING: unmanaged (the roster names no contact of this kind here)" in result.stdout


def test_an_account_that_is_not_active_is_left_alone(desk):
    desk.organization.accounts[PAYMENTS].state = "SUSPENDED"
    result = desk.run("explain", PAYMENTS, "--json")
    assert result.exit_code == 0
    assert set(verdicts(result).values()) == {"inactive"}


def test_two_entries_that_disagree_are_both_marked(desk):
    other = CONTACTS.replace("overrides:\n", "overrides:\n  - {tag: {tier: gold}, security: platform}\n")
    desk.write(contacts=other)
    desk.organization.accounts[PAYMENTS].tags.update(scope="pci", tier="gold")
    result = desk.run("explain", PAYMENTS)
    assert result.exit_code == 1
    assert "! override of tag scope=pci: pci-soc" in result.stdout
    assert "! override of tag tier=gold: platform" in result.stdout
    assert "SECURITY: blocked (two equally specific entries disagree" in result.stdout
    assert "A contact is blocked or unreadable" in result.stdout


@pytest.mark.parametrize(
    ("value", "code", "entry"),
    [
        ("pci-soc", 2, "> defaults by tag contact: pci-soc"),
        (None, 0, "> defaults without tag contact: soc"),
        ("pci-sco", 1, "> defaults by tag contact: no contact"),
    ],
)
def test_a_contact_that_a_tag_chooses_is_shown_with_the_tag(desk, value, code, entry):
    choice = CONTACTS.replace("security: soc", "security: {tag: contact, default: soc}")
    desk.write(contacts=choice)
    desk.organization.accounts[PAYMENTS].tags.update({} if value is None else {"contact": value})
    desk.has(PAYMENTS, **RIGHT)
    result = desk.run("explain", PAYMENTS)
    assert result.exit_code == code
    assert entry in result.stdout
    blocked = (
        'SECURITY: blocked (tag contact="pci-sco" names no security contact of the roster (nearest: pci-soc))'
    )
    assert (blocked in result.stdout) == (code == 1)


def test_modes_that_disagree_hold_what_differs(desk):
    modes = "overrides:\n  - {tag: {tier: gold}, mode: audit}\n  - {tag: {tier2: b}, mode: enforce}\n"
    desk.write(contacts=CONTACTS.replace("overrides:\n", modes))
    desk.organization.accounts[PAYMENTS].tags.update(tier="gold", tier2="b")
    desk.has(PAYMENTS, **RIGHT | {"security": MALLORY})
    result = desk.run("explain", PAYMENTS, "--json")
    assert result.exit_code == 1
    assert verdicts(result) == {"SECURITY": "blocked", "OPERATIONS": "compliant", "BILLING": "compliant"}
    assert "disagree on the mode" in json.loads(result.stdout)["halted"]


def test_a_value_that_grows_too_long_is_held_for_its_account(desk):
    desk.organization.accounts[PAYMENTS].name = "x" * 50
    desk.has(PAYMENTS, **RIGHT)
    result = desk.run("explain", PAYMENTS, "--json")
    assert result.exit_code == 1
    assert verdicts(result) == {"SECURITY": "compliant", "OPERATIONS": "blocked", "BILLING": "compliant"}
    assert kinds(result)["OPERATIONS"]["wanted"]["state"] == "blocked"


def test_scripts_get_json(desk):
    desk.organization.accounts[PAYMENTS].tags["scope"] = "pci"
    desk.has(PAYMENTS, security=MALLORY, operations=RIGHT["operations"])
    result = desk.run("explain", PAYMENTS, "--json")
    assert result.exit_code == 2
    assert_golden("explain.json", result.stdout)


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("shown", ["", "option", "terminal"])
def test_values_that_no_roster_has_are_shown_on_a_terminal_or_if_asked_for(desk, form, shown):
    desk.terminal = shown == "terminal"
    desk.has(PAYMENTS, security=MALLORY)
    result = desk.run("explain", PAYMENTS, *form, *(["--show-details"] if shown == "option" else []))
    for detail in ("aws-soc@example.com", "On call for Payments"):
        assert detail in result.stdout
    for detail in set(MALLORY) - {"Duty officer"}:
        assert (detail in result.stdout) is bool(shown)
    assert not result.stderr


def test_a_contact_cannot_speak_to_the_terminal(desk):
    evil = ("\x1b]0;owned\x07", "\x1b[2J", "a@example.com", "1")
    desk.has(PAYMENTS, security=evil)
    for extra in ([], ["--show-details"]):
        assert "\x1b" not in desk.run("explain", PAYMENTS, *extra).stdout


@pytest.mark.parametrize("caller", [HUB, MANAGEMENT])
def test_nothing_is_ever_written(desk, caller):
    desk.caller = caller
    desk.run("explain", PAYMENTS)
    desk.run("explain", MANAGEMENT)
    assert desk.calls
    assert all(name.startswith(("get_", "list_", "describe_")) for name, _ in desk.calls)


def test_the_management_account_reads_its_own_contacts_without_naming_itself(desk):
    desk.caller = MANAGEMENT
    desk.has(MANAGEMENT, security=MALLORY)
    result = desk.run("explain", MANAGEMENT)
    assert result.exit_code == 2
    assert_golden("explain-management.txt", result.stdout)
    asked = [parameters for name, parameters in desk.calls if name == "get_alternate_contact"]
    assert len(asked) == 3
    assert not any("AccountId" in parameters for parameters in asked)


def test_the_management_account_that_is_right_needs_nobody(desk):
    desk.caller = MANAGEMENT
    operations = ("Cloud Platform", "On call for Management", *RIGHT["operations"][2:])
    desk.has(MANAGEMENT, **RIGHT | {"operations": operations})
    assert desk.run("explain", MANAGEMENT).exit_code == 0


def test_the_hub_does_not_see_the_management_accounts_contacts(desk):
    result = desk.run("explain", MANAGEMENT)
    assert result.exit_code == 1
    assert "run this command with credentials of the management account" in result.stdout
    assert "SECURITY: unreadable" in result.stdout
    assert "writer   the role rollcall-management-contacts in this account" in result.stdout
    assert "get_alternate_contact" not in [name for name, _ in desk.calls]


@pytest.mark.parametrize("caller", [HUB, MANAGEMENT])
def test_without_its_role_the_management_account_is_out_of_reach(desk, caller):
    desk.caller = caller
    desk.write(organization=ORGANIZATION + "management_role: false\n")
    desk.has(MANAGEMENT, security=MALLORY)
    result = desk.run("explain", MANAGEMENT)
    assert result.exit_code == (2 if caller == MANAGEMENT else 1)
    assert "writer   no role: management_role is false in organization.yaml" in result.stdout
    assert "SECURITY: unreachable (only the management account can change its own contacts" in result.stdout


def test_its_role_lets_the_management_account_be_told_what_would_be_set(desk):
    desk.caller = MANAGEMENT
    desk.write(contacts=CONTACTS.replace("mode: enforce", "mode: audit"))
    desk.has(MANAGEMENT, security=MALLORY)
    assert set(verdicts(desk.run("explain", MANAGEMENT, "--json")).values()) == {"would-set"}


def test_the_hub_is_a_member_like_any_other(desk):
    desk.has(HUB, **RIGHT)
    assert desk.run("explain", HUB, "--json").exit_code == 2
    asked = [parameters for name, parameters in desk.calls if name == "get_alternate_contact"]
    assert all(parameters["AccountId"] == HUB for parameters in asked)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        (DENIED, "allow it on arn:aws:account::MANAGEMENT:account/ORGANIZATION/*"),
        ("... with an explicit deny in a service control policy", "exempt their role in it"),
        (
            "... (Your organization must first enable trusted access with AWS Account Management.)",
            "enable-aws-service-access",
        ),
        (
            "User: x is not authorized to perform: account:GetAlternateContact",
            "register-delegated-administrator",
        ),
    ],
)
def test_a_refusal_of_one_contact_names_its_fix_and_the_others_are_shown(desk, text, fix):
    desk.has(PAYMENTS, **RIGHT)
    refusal = ApiError("AccessDeniedException", text, 403)
    desk.cloud.account.fail_next("GetAlternateContact", refusal, kind="SECURITY")
    result = desk.run("explain", PAYMENTS)
    assert result.exit_code == 1
    assert fix in result.stdout
    assert "SECURITY: unreadable" in result.stdout
    assert "OPERATIONS: compliant" in result.stdout


def test_offline_nobody_is_asked(desk):
    result = desk.run(
        "explain", SHOP, "--offline", "--ou", "Sandbox/Lab", "--tag", "scope=pci", "--name", "Web Shop"
    )
    assert result.exit_code == 0
    assert_golden("explain-offline.txt", result.stdout)
    assert not desk.asked_for


def test_offline_json_says_that_nobody_looked(desk):
    result = desk.run("explain", DIVESTED, "--offline", "--name", "Divested", "--json")
    assert {found["found"]["state"] for found in kinds(result).values()} == {"unknown"}
    assert set(verdicts(result).values()) == {"exempt"}


def test_offline_needs_the_name_only_where_the_roster_fills_it_in(desk):
    result = desk.run("explain", PAYMENTS, "--offline")
    assert result.exit_code == 1
    assert "--name" in result.stderr
    desk.write(contacts=CONTACTS.replace("{account_name}", "{account_id}"))
    result = desk.run("explain", PAYMENTS, "--offline", "--show-details")
    assert result.exit_code == 0
    assert f"On call for {PAYMENTS}" in result.stdout


def test_offline_cannot_tell_what_is_below_an_ou_id(desk):
    desk.write(contacts=CONTACTS.replace("ou: Sandbox", "ou: ou-a1b2-12345678"))
    result = desk.run("explain", PAYMENTS, "--offline", "--name", "Payments")
    assert result.exit_code == 0
    assert "ou-a1b2-12345678" in result.stderr


def test_offline_held_is_no_good_end(desk):
    result = desk.run("explain", PAYMENTS, "--offline", "--name", "x" * 50)
    assert result.exit_code == 1
    assert "OPERATIONS: blocked" in result.stdout


def test_json_tells_three_answers_and_four_wishes_apart(desk):
    """Present, absent, unreadable; present, absent, held, unmanaged."""
    desk.write(
        contacts=CONTACTS.replace("{account_name}", "{account_name}{account_name}").replace(
            'accounts: ["444455556666"]', f'accounts: ["{PAYMENTS}"]'
        )
    )
    desk.organization.accounts[PAYMENTS].name = "x" * 30
    desk.has(PAYMENTS, operations=MALLORY)
    refusal = ApiError("AccessDeniedException", DENIED, 403)
    desk.cloud.account.fail_next("GetAlternateContact", refusal, kind="SECURITY")
    found = kinds(desk.run("explain", PAYMENTS, "--json"))
    assert {kind: (item["wanted"]["state"], item["found"]["state"]) for kind, item in found.items()} == {
        "SECURITY": ("present", "unreadable"),
        "OPERATIONS": ("blocked", "present"),
        "BILLING": ("absent", "absent"),
    }
    assert found["SECURITY"]["found"]["reason"] == found["SECURITY"]["reason"]
    desk.write(contacts=CONTACTS.replace("security: soc, ", "").replace("security: pci-soc", "mode: audit"))
    assert kinds(desk.run("explain", PAYMENTS, "--json"))["SECURITY"]["wanted"]["state"] == "unmanaged"


def test_parts_of_a_primary_contact_are_named_and_what_is_kept_is_no_difference(desk):
    desk.write(contacts=WITH_PRIMARY)
    desk.has(PAYMENTS, **RIGHT)
    account = desk.organization.accounts[PAYMENTS]
    account.primary = {**account.primary, "City": "Portland", "AddressLine2": "Floor 3"}
    result = desk.run("explain", PAYMENTS)
    assert result.exit_code == 2
    assert_golden("explain-primary.txt", result.stdout)
    assert "Portland" not in desk.run("explain", PAYMENTS, "--json").stdout
    found = kinds(desk.run("explain", PAYMENTS, "--json", "--show-details"))["PRIMARY"]
    assert found["differs_in"] == ["address_line2", "city"]
    assert found["wanted"]["contact"]["name"] == "{keep}"
    account.primary = {**EXAMPLE_PRIMARY, "FullName": "Somebody", "WebsiteUrl": "https://example.com"}
    result = desk.run("explain", PAYMENTS, "--json")
    assert verdicts(result)["PRIMARY"] == "compliant"
    # What the roster keeps is the account's own, also where all the rest is the roster's.
    assert "Somebody" not in result.stdout + desk.run("explain", PAYMENTS).stdout


def test_a_refusal_names_the_call_that_reads_a_primary_contact(desk):
    desk.write(contacts=WITH_PRIMARY)
    refusal = ApiError("AccessDeniedException", DENIED, 403)
    desk.cloud.account.fail_next("GetContactInformation", refusal, account=PAYMENTS)
    result = desk.run("explain", PAYMENTS, "--json")
    assert result.exit_code == 1
    reason = kinds(result)["PRIMARY"]["reason"]
    assert "do not allow account:GetContactInformation here" in reason
    assert "GetAlternateContact" not in reason
