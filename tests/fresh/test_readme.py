"""README.md followed from a fresh checkout to an approved roster, as a person types it.

What it shows of `make demo` and `make test` is not typed here: tests/cloud/test_demo.py plays the demo.
"""

import json
import re

import pytest

from localcloud.aws.trails import log_organization
from localcloud.cloud.clients import ADMINISTRATOR, AccountClients
from localcloud.running import find_running
from localcloud.story.cdk import ROOT
from tests.cloud.tools import wait_for
from tests.fresh.page import Reader, blocks

pytestmark = pytest.mark.cloud
MANAGEMENT, HUB, MEMBER = "111111111111", "333333333333", "222222222222"
STATUS_JSON = ".venv/bin/rollcall status --json --config config"
README = ROOT / "README.md"
#: Everything else is 0. `doctor` sees one account, so that some checks are unknown.
STATUS = {"rollcall doctor": 2, "rollcall status": 2}


@pytest.fixture(scope="module")
def clients(bare):
    """An organization as the README wants it: contacts in its accounts, and a trail."""
    clients = AccountClients(find_running(bare).endpoint)
    log_organization(clients, MANAGEMENT)
    listed = clients.client("organizations", MANAGEMENT).list_accounts()["Accounts"]
    for account in listed:
        clients.client("account", account["Id"]).put_alternate_contact(
            AlternateContactType="SECURITY", **contact("security")
        )
    return clients


def contact(name):
    return {
        "Name": name,
        "Title": "Duty officer",
        "EmailAddress": f"{name}@example.com",
        "PhoneNumber": "+1 206 443 2100",
    }


@pytest.fixture(scope="module")
def reader(clients, tmp_path_factory):
    return Reader(
        tmp_path_factory.mktemp("reader") / "rollcall", clients, {"hub": HUB, "management": MANAGEMENT}
    )


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_from_a_fresh_checkout_to_an_approved_roster(reader, clients, bare):
    typed = [block for block in blocks(README) if block.tag.startswith("console ")]
    assert [block.section for block in typed] == ["Deploy it"] * 7
    config = reader.directory / "config"
    assert [path.name for path in config.iterdir()] == ["example"]
    for block in typed:
        who = block.tag.split(" ")[1]
        if "rollcall setup" in block.text:  # the step before says: uncomment members
            replace(
                config / "organization.yaml",
                "# members:\n#   deploy: stackset\n#   ",
                "members:\n  deploy: stackset\n  ",
            )
        if "DIGEST" in block.text:  # the step says: set mode: enforce, and name who approves
            with (config / "organization.yaml").open("a", encoding="utf-8") as organization:
                organization.write(f"operators: [arn:aws:iam::{HUB}:role/{ADMINISTRATOR}]\n")
            replace(config / "contacts.yaml", "mode: audit", "mode: enforce")
        for line in block.text.splitlines():
            command = line.strip()
            if "DIGEST" in command:
                command = command.replace("DIGEST", wait_for(lambda: pending(reader))[:8])
            status, shown = reader.type(who, command)
            assert status == STATUS.get(command, 0), f"as {who}: {command}\n{shown}"
    roster = json.loads(reader.try_("hub", STATUS_JSON).stdout)["roster"]
    assert roster["approved"] == roster["deployed"] != None  # noqa: E711  # one chain
    member = clients.client("account", MEMBER)
    member.put_alternate_contact(AlternateContactType="SECURITY", **contact("mallory"))
    wait_for(lambda: f"({MEMBER}) edited, restored" in (bare / "alerts.jsonl").read_text())
    found = member.get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"]
    assert found["EmailAddress"] == "security@example.com"


def pending(reader):
    """The digest of the plan that waits, once there is one."""
    plans = json.loads(reader.try_("hub", STATUS_JSON).stdout)["pending_approval"]
    return plans[0]["plan"] if plans else None


def test_every_block_with_commands_says_whose_they_are():
    others = {block.tag for block in blocks(README)} - {
        "console hub",
        "console management",
        "console operator",
    }
    assert others == {"", "yaml"}
    (local,) = [block.text for block in blocks(README) if "local-env" in block.text]
    assert re.search(r"^\.venv/bin/aws account delete-alternate-contact", local, re.MULTILINE)
