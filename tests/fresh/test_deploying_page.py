"""docs/deploying.md followed word for word, from an organization without anything to all green and back.

The tests go on from one another, in the order of the page: each takes what the one before left.
"""

import json
import re

import pytest

from localcloud.cloud.clients import AccountClients
from localcloud.running import find_running
from tests.cloud.tools import wait_for
from tests.fresh.page import PAGE, Reader, blocks

pytestmark = pytest.mark.cloud
MANAGEMENT, HUB, MEMBER = "111111111111", "333333333333", "222222222222"
DOCTOR = ".venv/bin/rollcall doctor --config config --json --profile hub --other-profile management"
COPY = "cp config/example/*.yaml config/\n"
# What somebody breaks, by the check that must say so, and as whom.
BROKEN = {
    "trail": (MANAGEMENT, lambda of: of("cloudtrail").stop_logging(Name="organization")),
    "trusted-access": (
        MANAGEMENT,
        lambda of: of("organizations").disable_aws_service_access(ServicePrincipal="account.amazonaws.com"),
    ),
    "stacksets-delegation": (
        MANAGEMENT,
        lambda of: of("organizations").deregister_delegated_administrator(
            AccountId=HUB, ServicePrincipal="member.org.stacksets.cloudformation.amazonaws.com"
        ),
    ),
    "forwarder-management": (
        MANAGEMENT,
        lambda of: of("events").disable_rule(
            Name=of("events").list_rules(NamePrefix="RollcallManagement")["Rules"][0]["Name"]
        ),
    ),
    "topic": (
        HUB,
        lambda of: of("sns").unsubscribe(
            SubscriptionArn=of("sns").list_subscriptions()["Subscriptions"][0]["SubscriptionArn"]
        ),
    ),
}


@pytest.fixture(scope="module")
def clients(bare):
    return AccountClients(find_running(bare).endpoint)


@pytest.fixture(scope="module")
def reader(clients, tmp_path_factory):
    """Has copied the example and put the page's own `members` into it, as the page says first."""
    reader = Reader(
        tmp_path_factory.mktemp("reader") / "project", clients, {"hub": HUB, "management": MANAGEMENT}
    )
    reader.run("management", COPY)
    members = next(block.text for block in blocks() if block.tag == "yaml")
    with (reader.directory / "config" / "organization.yaml").open("a") as file:
        file.write(members)
    return reader


def diagnose(reader):
    """The doctor's result by check, and its fixes."""
    checks = json.loads(reader.try_("hub", DOCTOR).stdout)["checks"]
    return {c["check"]: c["result"] for c in checks}, {c["check"]: c.get("fix", "") for c in checks}


def test_every_block_with_commands_says_whose_they_are():
    others = [block.tag for block in blocks() if block.tag not in {"console hub", "console management"}]
    # A sample of what a command shows is text.
    assert set(others) <= {"yaml", "hcl", "json", "text"}


def test_from_nothing_to_all_green(reader):
    reader.follow("1. Prepare", but=COPY)
    named = re.findall(r"`(cdk\.out/[^`]*)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) == 3
    assert [path for path in named if not (reader.directory / path).exists()] == []
    reader.follow("2. Give the hub its place in the organization")
    reader.follow("3. The hub")
    reader.follow("4. The management account")
    said = reader.follow("6. Look")
    assert re.search(r"^2\d pass, 0 fail, 0 unknown\.$", said, re.MULTILINE)


def test_then_a_change_in_a_member_is_told(bare, clients):
    contact = {"Name": "M", "Title": "D", "EmailAddress": "m@example.net", "PhoneNumber": "+1 206 555 0199"}
    clients.client("account", MEMBER).put_alternate_contact(AlternateContactType="SECURITY", **contact)
    (alert,) = wait_for(
        lambda: [json.loads(line) for line in (bare / "alerts.jsonl").read_text().splitlines()]
    )
    assert alert["attributes"]["account"] == MEMBER
    assert "NOT restored" in alert["subject"]  # the shipped roster audits


def test_broken_prerequisites_are_named_and_their_fixes_are_run(reader, clients):
    """All at once: that each is named alone, tests/cli/test_doctor.py shows."""
    for account, harm in BROKEN.values():
        harm(lambda service, account=account: clients.client(service, account))
    results, fixes = diagnose(reader)
    assert {check for check, result in results.items() if result == "fail"} == set(BROKEN)
    for name, (account, _) in BROKEN.items():
        commands = [found for found in re.findall(r"`([^`]+)`", fixes[name]) if found.startswith("aws ")]
        reader.run("hub" if account == HUB else "management", commands[0])
    results, _ = diagnose(reader)
    assert set(results.values()) == {"pass"}


def test_other_tools_get_templates(reader):
    reader.follow("Control Tower, Terraform and other tools")
    written = (reader.directory / "out" / "templates").iterdir()
    assert sorted(file.name for file in written) == ["rollcall-forwarder.json", "rollcall-management.json"]


def test_an_upgrade_changes_what_is_there(reader):
    said = reader.follow("Upgrade", but="make synth\n")  # of the same files, which are still there
    assert "no changes" in said


def test_removal_leaves_what_the_page_says(reader, clients):
    reader.follow("Removal")
    for account in (HUB, MANAGEMENT, MEMBER):
        stacks = clients.client("cloudformation", account).describe_stacks()["Stacks"]
        assert [stack["StackName"] for stack in stacks if "ollcall" in stack["StackName"]] == []
    hub = {name: clients.client(name, HUB) for name in ("dynamodb", "s3", "kms", "logs")}
    assert len(hub["dynamodb"].list_tables()["TableNames"]) == 1
    assert [b["Name"] for b in hub["s3"].list_buckets()["Buckets"] if "ledger" in b["Name"]]
    assert hub["kms"].list_keys()["Keys"]
    assert len(hub["logs"].describe_log_groups()["logGroups"]) >= 2
    organizations = clients.client("organizations", MANAGEMENT)
    assert organizations.list_delegated_administrators()["DelegatedAdministrators"] == []


def test_what_was_undone_can_be_set_up_again(reader):
    assert "done now" in reader.run("management", ".venv/bin/rollcall setup")
    again = reader.run("management", ".venv/bin/rollcall setup")
    assert "done now" not in again
    results, _ = diagnose(reader)
    wanted = ("trusted-access", "delegation", "probe", "stacksets-access", "stacksets-delegation")
    assert {results[check] for check in wanted} == {"pass"}
    assert results["hub-stack"] == "fail"
