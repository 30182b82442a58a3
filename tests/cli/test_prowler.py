"""Prowler fails the accounts of the example organization that `rollcall validate --live` warns of.

Prowler decides one of its checks of accounts, account_maintain_different_contact_details_to_security_billing_
and_operations; those of current details, of the security contact and of security questions are manual.
Source: https://github.com/prowler-cloud/prowler/tree/master/prowler/providers/aws/services/account
"""

import json

import pytest
import yaml
from botocore.exceptions import ClientError

from localcloud.kept import ROOT
from simulation.caller import Caller
from simulation.organization import AlternateContact
from tests.cli.desk import HUB, MANAGEMENT, ORGANIZATION

EXAMPLE = (ROOT / "config" / "example" / "contacts.yaml").read_text(encoding="utf-8")
KINDS = ("SECURITY", "BILLING", "OPERATIONS")
#: Another than that of the example's soc, which is the primary contact of the simulation, too.
PRIMARY = {"FullName": "Example Corp", "PhoneNumber": "+1 206 555 0199"}


def passes(desk, account):
    """Prowler's rule: four names and four phones of which no two are equal, and three mailboxes.

    A contact that is missing counts as a value, so that one may be missing.
    """
    client = desk.cloud.client("account", Caller.role(account, "Auditor", "prowler"))
    primary = client.get_contact_information()["ContactInformation"]
    found = []
    for kind in KINDS:
        try:
            found.append(client.get_alternate_contact(AlternateContactType=kind)["AlternateContact"])
        except ClientError:
            found.append({})
    names = {primary["FullName"], *(one.get("Name") for one in found)}
    phones = {primary["PhoneNumber"], *(one.get("PhoneNumber") for one in found)}
    mailboxes = {one.get("EmailAddress") for one in found}
    return (len(names), len(phones), len(mailboxes)) == (4, 4, 3)


def compare(desk, text, primary):
    """Whether Prowler fails an account that has what the roster wants, and whether Rollcall warns."""
    roster = yaml.safe_load(text)
    desk.write(organization=ORGANIZATION, contacts=text)
    # `validate` reads the primary contact of all but the management account, which only that one can read.
    members = [one for one in desk.organization.accounts if one != MANAGEMENT]
    assert HUB in members
    for account in members:
        held = desk.organization.accounts[account]
        held.primary = {**held.primary, **primary}
        for kind, name in roster["defaults"].items():
            held.contacts[kind.upper()] = AlternateContact(**roster["contacts"][name])
    warnings = json.loads(desk.run("validate", "--live", "--json").stdout)["warnings"]
    failed = {not passes(desk, account) for account in members}
    assert len(failed) == 1
    return failed.pop(), any("Prowler fails" in one["problem"] for one in warnings)


@pytest.mark.parametrize(
    ("old", "new", "primary"),
    [
        ("", "", {"PhoneNumber": "+1 206 555 0100"}),
        ("", "", {"FullName": "Cloud Finance"}),
        ("name: Cloud Platform", "name: Cloud Finance", {}),
        ("email: aws-platform@example.com", "email: aws-soc@example.com", {}),
        ('phone: "+1 206 555 0102"', 'phone: "+1 206 555 0101"', {}),
        ("operations: platform", "operations: soc", {}),
    ],
)
def test_rollcall_warns_of_what_prowler_fails(desk, old, new, primary):
    assert compare(desk, EXAMPLE.replace(old, new, 1), PRIMARY | primary) == (True, True)


@pytest.mark.parametrize("text", [EXAMPLE, EXAMPLE.replace("  billing: finops\n", "")])
def test_neither_objects_to_contacts_that_differ(desk, text):
    assert compare(desk, text, PRIMARY) == (False, False)


def test_rollcall_also_warns_of_one_number_that_is_written_in_two_ways(desk):
    assert compare(desk, EXAMPLE, PRIMARY | {"PhoneNumber": "+1 (206) 555-0100"}) == (False, True)
