"""`rollcall validate`: every fault and warning with its place, and with --live what AWS no longer has."""

from __future__ import annotations

import json
import re

import pytest
from botocore.exceptions import ClientError

from rollcall.model.roster import compute_digest
from rollcall_config.configuration import load
from tests.cli.desk import (
    CONTACTS,
    DIVESTED,
    HUB,
    MANAGEMENT,
    ORGANIZATION,
    PAYMENTS,
    PLAYGROUND,
    SHOP,
    WITH_PRIMARY,
    assert_golden,
)

#: Both files are full of values of documentation, which are two warnings in each test.
SAMPLES = ("organization", "contacts.soc.email")
STRANGE = CONTACTS.replace(
    "  - {ou: Sandbox, mode: audit}\n",
    """\
  - {ou: Sandbox, mode: audit}
  - {ou: Workloads/Prodution, security: pci-soc}
  - {ou: ou-a1b2-00000000, security: pci-soc}
  - {tag: {scope: pci, tier: gold}, security: pci-soc}
  - {accounts: ["444455556667", "222222222222"], security: pci-soc}
""",
).replace("exempt:\n", 'exempt:\n  - {accounts: ["999988887777"], reason: sold}\n')


def test_good_files_are_good(desk):
    result = desk.run("validate")
    assert result.exit_code == 0
    assert_golden("validate-good.txt", result.stdout)
    assert not desk.asked_for


def test_warnings_are_told_and_stop_nothing(desk):
    desk.write(contacts=CONTACTS.replace("+1 206 443 2100", "+1 206 555 0100"))
    result = desk.run("validate")
    assert result.exit_code == 0
    assert "warning: config/contacts.yaml:4: contacts.soc.phone:" in result.stdout
    assert "Valid, 3 warnings." in result.stdout


def test_every_fault_is_told_with_file_line_and_field(desk):
    bad = CONTACTS.replace("mode: enforce", "mode: enforced").replace("billing: finops}", "billing: finop}")
    desk.write(contacts=bad, organization="version: 1\n")
    result = desk.run("validate")
    assert result.exit_code == 1
    assert_golden("validate-errors.txt", result.stdout)


def test_scripts_get_json(desk):
    desk.write(contacts=CONTACTS.replace("+1 206 443 2100", "+1 206 555 0100"))
    found = json.loads(desk.run("validate", "--json").stdout)
    assert found["version"] == 1
    assert found["digest"] == compute_digest(load(desk.where, "config").roster)
    assert found["errors"] == []
    assert [warning["field"] for warning in found["warnings"]] == [*SAMPLES, "contacts.soc.phone"]
    warning = found["warnings"][-1]
    assert (warning["file"], warning["line"], warning["field"]) == (
        "config/contacts.yaml",
        4,
        "contacts.soc.phone",
    )
    assert warning["problem"]


def test_json_of_a_bad_roster_has_no_digest(desk):
    desk.write(contacts=CONTACTS.replace("mode: enforce", "mode: enforced"))
    result = desk.run("validate", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["digest"] is None
    assert [(error["file"], error["line"], error["field"]) for error in found["errors"]] == [
        ("config/contacts.yaml", 2, "mode")
    ]


def test_another_directory_can_be_named_and_the_option_wins(desk):
    desk.directory = "mine"
    (desk.where / "config").rename(desk.where / "mine")
    result = desk.run("validate")
    assert (result.exit_code, result.stderr) == (0, "")
    result = desk.run("validate", "--config", "elsewhere")
    assert result.exit_code == 1
    assert "error: elsewhere: has neither organization.yaml nor contacts.yaml" in result.stdout


@pytest.mark.parametrize("named", ["config/contacts.yaml", ""])
def test_a_file_in_place_of_the_directory_is_an_error_that_says_so(desk, named):
    result = desk.run("validate", "--config", named)
    assert result.exit_code == 1
    assert "is not a directory: name the one that has organization.yaml and contacts.yaml" in result.stdout


def test_one_file_alone_is_not_a_configuration(desk):
    (desk.where / "config" / "contacts.yaml").unlink()
    assert "config/contacts.yaml: there is no such file" in desk.run("validate").stdout


@pytest.mark.parametrize("arguments", [["validate"], ["explain", SHOP, "--offline"], ["plan", "--json"]])
def test_a_directory_that_nothing_names_is_shown(desk, arguments):
    desk.directory = None
    result = desk.run(*arguments)
    assert result.stderr.startswith("Configuration: config (--config or ROLLCALL_CONFIG names another)\n")
    assert "Configuration:" not in result.stdout


def test_the_example_is_never_used_unasked(desk):
    desk.directory = None
    (desk.where / "config" / "example").mkdir()
    for name in ("organization", "contacts"):
        (desk.where / "config" / f"{name}.yaml").rename(desk.where / "config" / "example" / f"{name}.yaml")
    result = desk.run("status")
    assert result.exit_code == 1
    assert "error: config: has neither organization.yaml nor contacts.yaml: `rollcall init`" in result.stderr
    assert not desk.calls
    assert desk.run("validate", "--config", "config/example").exit_code == 0


def test_what_is_past_is_decided_by_the_clock(desk):
    desk.write(contacts=CONTACTS.replace("2027-03-31", "2026-01-01"))
    assert "exempt[0].until: ended on 2026-01-01" in desk.run("validate").stdout


@pytest.mark.parametrize("caller", [HUB, MANAGEMENT])
def test_live_warns_of_what_the_organization_does_not_have(desk, caller):
    desk.caller = caller
    desk.write(contacts=STRANGE)
    result = desk.run("validate", "--live")
    assert result.exit_code == 0
    assert_golden("validate-live.txt", result.stdout)
    assert not result.stderr


def live_warnings(desk, contacts):
    desk.write(contacts=contacts)
    found = json.loads(desk.run("validate", "--live", "--json").stdout)["warnings"]
    return {warning["field"]: warning["problem"] for warning in found if warning["field"] not in SAMPLES}


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("sandbox", "Sandbox"),
        ("Production", "Workloads/Production"),
        ("root/workloads/production", "Workloads/Production"),
        ("Workloads/Developmnt", "Workloads/Development"),
        ("CI/CD", "ou-a1b2-"),
        ("CI/CD/Deep", "ou-a1b2-"),
        ("ci/cd", "ou-a1b2-"),
    ],
)
def test_an_ou_that_is_not_there_is_answered_by_one_that_a_roster_can_name(desk, named, meant):
    desk.organization.add_ou("Deep", desk.organization.add_ou("CI/CD"))
    desk.organization.accounts[PLAYGROUND].tags["scope"] = "pci"
    contacts = CONTACTS.replace("ou: Sandbox", "ou: {}")
    problem = live_warnings(desk, contacts.replace("{}", named))["overrides[1].ou"]
    suggested = re.findall(r"'([^']*)'", problem)[-1]
    assert suggested.startswith(meant)
    assert suggested != named
    assert live_warnings(desk, contacts.replace("{}", suggested)) == {}


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("{scope: pci}", "Scope=PCI"),
        ("{Scope: PCl}", "Scope=PCI"),
        ("{scope: pci, Tier: Gold}", "tier=gold, Scope=PCI"),
    ],
)
def test_a_tag_that_no_account_carries_is_answered_by_one_that_is_carried(desk, tag, meant):
    desk.organization.accounts[PLAYGROUND].tags.update({"Scope": "PCI", "tier": "gold"})
    desk.organization.accounts[SHOP].tags.update({"scope": "", "tier": "silver"})
    problem = live_warnings(desk, CONTACTS.replace("{scope: pci}", tag))["overrides[0].tag"]
    assert problem.endswith(f" now (did you mean {meant}?)")
    written = "{" + meant.replace("=", ": ") + "}"
    assert live_warnings(desk, CONTACTS.replace("{scope: pci}", written)) == {}


@pytest.mark.parametrize("tag", ["{cost: center}", "{Scope: PCI, tier: silver}"])
def test_where_no_tag_is_near_none_is_suggested(desk, tag):
    desk.organization.accounts[PLAYGROUND].tags["Scope"] = "PCI"
    desk.organization.accounts[SHOP].tags["tier"] = "silver"
    problem = live_warnings(desk, CONTACTS.replace("{scope: pci}", tag))["overrides[0].tag"]
    assert problem.endswith(" now")


@pytest.mark.parametrize(
    ("key", "end"), [("Contact", ""), ("contact", " (did you mean 'Contact'?)"), ("owner", "")]
)
def test_a_key_of_a_tag_that_no_account_carries_is_answered_by_one_that_is_carried(desk, key, end):
    desk.organization.accounts[PLAYGROUND].tags.update({"scope": "pci", "Contact": "soc"})
    contacts = CONTACTS.replace("operations: platform", f"operations: {{tag: {key}, default: platform}}")
    found = live_warnings(desk, contacts)
    problem = f"no account carries the tag {key} now{end}"
    assert found == ({} if key == "Contact" else {"defaults.operations.tag": problem})


def test_a_contact_that_is_the_primary_one_too_is_named_with_its_accounts(desk):
    primary = dict(desk.organization.accounts[SHOP].primary)
    phone = {**primary, "FullName": "Anybody", "PhoneNumber": "+1 (206) 443-2100"}
    name = {**primary, "FullName": "cloud finance", "PhoneNumber": "+1 206 443 9999"}
    for account in (PAYMENTS, SHOP, DIVESTED, PLAYGROUND, HUB):
        desk.organization.accounts[account].primary = phone
    desk.organization.accounts[MANAGEMENT].primary = name
    desk.organization.accounts[PLAYGROUND].tags["scope"] = "pci"
    found = live_warnings(desk, CONTACTS)
    # The divested account is exempt, and the playground gets another security contact.
    assert set(found) == {"contacts.soc.phone"}
    assert f"of 3 accounts ({HUB}, {PAYMENTS}, {SHOP}): Prowler fails" in found["contacts.soc.phone"]
    assert "443" not in found["contacts.soc.phone"]
    desk.caller = MANAGEMENT
    assert set(live_warnings(desk, CONTACTS)) == {"contacts.soc.phone", "contacts.finops.name"}
    for account in desk.organization.accounts.values():
        account.primary = primary
    assert live_warnings(desk, CONTACTS) == {}


def test_more_accounts_than_a_person_reads_are_counted(desk):
    for number in range(40):
        account = desk.organization.add_account(name=f"n{number}", email=f"n{number}@example.com")
        account.primary = {**account.primary, "PhoneNumber": "+1 206 443 2100"}
    desk.organization.accounts[PLAYGROUND].tags["scope"] = "pci"
    start = desk.clock.now()
    assert "of 40 accounts (" in live_warnings(desk, CONTACTS)["contacts.soc.phone"]
    assert " and 37 more)" in live_warnings(desk, CONTACTS)["contacts.soc.phone"]
    reads = [name for name, _ in desk.calls].count("get_contact_information")
    assert (desk.clock.now() - start).total_seconds() >= (reads - 16) / 5  # at half of the quota


def test_without_the_permission_for_primary_contacts_the_rest_is_compared(desk):
    text = "because no identity-based policy allows the account:GetContactInformation action"
    refusal = ClientError(
        {"Error": {"Code": "AccessDeniedException", "Message": text}}, "GetContactInformation"
    )
    desk.failures["account"] = [refusal]
    result = desk.run("validate", "--live")
    assert result.exit_code == 0
    assert "overrides[0].tag: no account carries" in result.stdout
    assert result.stderr.startswith(
        "Primary contacts were not compared: the policies of these credentials do not allow"
        " account:GetContactInformation here: allow it on arn:aws:account::"
    )


def test_live_is_silent_when_everything_is_there(desk):
    desk.organization.accounts[PLAYGROUND].tags["scope"] = "pci"
    ou = desk.organization.find_ou("Workloads/Production")
    desk.write(contacts=CONTACTS.replace("ou: Sandbox", f"ou: {ou}"))
    assert "Valid, 2 warnings" in desk.run("validate", "--live").stdout


def test_an_empty_ou_is_there(desk):
    desk.organization.add_ou("Fresh")
    desk.organization.accounts[PLAYGROUND].tags["scope"] = "pci"
    desk.write(contacts=CONTACTS.replace("ou: Sandbox", "ou: Fresh"))
    assert "2 warnings" in desk.run("validate", "--live").stdout


def test_live_reads_every_page(desk):
    """Behind empty pages, 40 OUs and 40 accounts, of which the last carries the tag."""
    desk.cloud.organizations.empty_pages = True
    units = [desk.organization.add_ou(f"Team {number}") for number in range(40)]
    accounts = [
        desk.organization.add_account(name=f"n{number}", email=f"n{number}@example.com", parent=unit)
        for number, unit in enumerate(units)
    ]
    account = accounts[-1]
    account.tags["scope"] = "pci"
    desk.write(contacts=CONTACTS.replace("ou: Sandbox", "ou: Team 39").replace(SHOP, account.id))
    assert "Valid, 2 warnings" in desk.run("validate", "--live").stdout


def test_tags_are_read_only_if_the_roster_uses_them(desk):
    desk.run("validate", "--live")
    assert sum(name == "list_tags_for_resource" for name, _ in desk.calls) == len(desk.organization.accounts)
    desk.calls.clear()
    desk.write(contacts=CONTACTS.replace("  - {tag: {scope: pci}, security: pci-soc}\n", ""))
    desk.run("validate", "--live")
    assert "list_tags_for_resource" not in [name for name, _ in desk.calls]


def test_a_bad_roster_is_not_taken_to_aws(desk):
    desk.write(contacts=CONTACTS.replace("mode: enforce", "mode: enforced"))
    assert desk.run("validate", "--live").exit_code == 1
    assert not desk.asked_for


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_a_terminal_only(desk, terminal):
    desk.terminal = terminal
    result = desk.run("validate", "--live")
    assert ("Reading the organization" in result.stderr) is terminal
    assert "Reading" not in result.stdout


def test_the_region_of_the_settings_and_the_profile_are_used(desk):
    desk.write(
        organization=(desk.where / "config/organization.yaml").read_text()
        + "region: cn-northwest-1\n"
        + "powertools_layer: arn:aws-cn:lambda:cn-northwest-1:333333333333:layer:powertools:1\n"
    )
    desk.run("validate", "--live", "--profile", "audit")
    assert {(region, profile) for _, region, profile in desk.asked_for} == {("cn-northwest-1", "audit")}


@pytest.mark.parametrize(
    ("old", "field"),
    [
        ("Duty officer", "contacts.soc.title"),
        ("being divested", "exempt[0].reason"),
        ("Sandbox", "overrides[1].ou"),
        ("scope", "overrides[0].tag"),
    ],
)
def test_the_escapes_of_json_for_an_emoji_are_a_fault_with_its_line(desk, old, field):
    desk.write(contacts=CONTACTS.replace(old, '"\\ud83d\\ude00"', 1))
    result = desk.run("validate")
    assert result.exit_code == 1
    assert f"{field}: has an escape for half a character" in result.stdout


def test_a_number_that_python_refuses_to_read_is_a_fault_like_others(desk):
    desk.write(contacts=f"{CONTACTS}limits: {{max_changed_accounts: {'9' * 5000}}}\n")
    result = desk.run("validate")
    assert result.exit_code == 1
    assert "is not allowed; allowed: a number of accounts" in result.stdout


def test_contacts_are_compared_with_the_primary_contact_of_the_roster(desk):
    for account in desk.organization.accounts.values():
        account.primary = {**account.primary, "FullName": "cloud finance", "PhoneNumber": "+1 206 443 2100"}
    number = '"+1 206 555 0100"'
    assert set(live_warnings(desk, WITH_PRIMARY)) >= {"contacts.finops.name"}
    assert "contacts.soc.phone" not in live_warnings(desk, WITH_PRIMARY)
    kept = WITH_PRIMARY.replace(number, "keep")
    assert "contacts.soc.phone" in live_warnings(desk, kept)
    desk.calls.clear()
    named = WITH_PRIMARY.replace("FullName: keep", "FullName: Example Corp")
    named = named.replace(number, '"+1 206 443 2102"')
    assert set(live_warnings(desk, named)) >= {"contacts.finops.phone"}
    assert "get_contact_information" not in [name for name, _ in desk.calls]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "o-exampleorgid",
            "o-anotherorgid",
            "config/organization.yaml:2: organization: these credentials see o-exampleorgid: correct it",
        ),
        (
            MANAGEMENT,
            "777788889999",
            f"config/organization.yaml:3: management: these credentials see {MANAGEMENT}: correct it",
        ),
    ],
)
def test_live_refuses_the_ids_of_another_organization(desk, old, new, problem):
    desk.write(organization=ORGANIZATION.replace(old, new))
    assert desk.run("validate").exit_code == 0
    result = desk.run("validate", "--live")
    assert result.exit_code == 1
    assert problem in result.stdout
    assert result.stdout.endswith("\n1 error.\n")
    assert "list_accounts" not in [name for name, _ in desk.calls]
