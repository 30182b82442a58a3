"""Good files compile, bad ones are refused: all faults at once, each with line, field and what is allowed."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from rollcall.roster import Roster
from stacks.faults import ConfigError
from stacks.roster_source import read_roster
from stacks.settings import Settings, read_settings
from tests.stacks.configs import CONTACTS, ORGANIZATION, complaints, load_from

if TYPE_CHECKING:
    from collections.abc import Callable

_CASES = Path(__file__).with_name("bad_configs.yaml")
BAD: list[dict[str, Any]] = yaml.safe_load(_CASES.read_text(encoding="utf-8"))
GOOD = {"organization": ORGANIZATION, "contacts": CONTACTS}


def test_the_good_files_are_good(tmp_path: Path) -> None:
    configuration = load_from(tmp_path)
    assert configuration.settings == Settings(
        organization="o-exampleorgid",
        management="111111111111",
        hub="333333333333",
        region="us-east-1",
        alert_addresses=("aws-alerts@example.com",),
        ledger_retention_days=365,
    )
    assert configuration.roster == {
        "version": 1,
        "mode": "enforce",
        "contacts": {
            "soc": {
                "name": "Security Operations",
                "title": "Duty officer",
                "email": "aws-soc@example.com",
                "phone": "+1 206 555 0100",
            },
            "platform": {
                "name": "Cloud Platform",
                "title": "On call",
                "email": "ops@example.com",
                "phone": "+1 206 555 0101",
            },
        },
        "defaults": {"SECURITY": "soc", "OPERATIONS": "platform"},
        "overrides": [{"ou": "Workloads/Production", "kinds": {"SECURITY": "platform"}}],
        "exempt": {"111122223333": "divested"},
    }
    assert Roster.from_document(configuration.roster).exempt == {"111122223333": "divested"}


@pytest.mark.parametrize("case", BAD, ids=[case["name"] for case in BAD])
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, case: dict[str, Any]) -> None:
    good = GOOD[case["file"]]
    assert case["replace"] == "all" or case["replace"] in good
    bad = case["by"] if case["replace"] == "all" else good.replace(case["replace"], case["by"], 1)
    assert complaints(tmp_path, **{case["file"]: bad}) == case["says"].splitlines()


def test_faults_of_both_files_are_told_at_once(tmp_path: Path) -> None:
    told = complaints(
        tmp_path,
        organization=ORGANIZATION.replace("365", "0"),
        contacts=CONTACTS.replace("enforce", "enforced"),
    )
    assert [line.split(": ")[0] for line in told] == ["config/contacts.yaml:2", "config/organization.yaml:9"]


def test_two_overrides_of_one_unit_become_one(tmp_path: Path) -> None:
    more = "  - {ou: Workloads/Production, security: platform, operations: soc}\nexempt:\n"
    roster = load_from(tmp_path, contacts=CONTACTS.replace("exempt:\n", more)).roster
    assert roster["overrides"] == [
        {"ou": "Workloads/Production", "kinds": {"SECURITY": "platform", "OPERATIONS": "soc"}}
    ]


def test_the_order_of_overrides_means_nothing(tmp_path: Path) -> None:
    entries = [f"  - {{ou: {name}, security: soc}}\n" for name in ("B", "A/C", "A", "D/E/F", "B/A")]
    documents = []
    for seed in range(4):
        random.Random(seed).shuffle(entries)  # noqa: S311  # an order, no secret
        contacts = CONTACTS.replace("exempt:\n", "".join(entries) + "exempt:\n")
        documents.append(load_from(tmp_path, contacts=contacts).roster)
    assert all(document == documents[0] for document in documents)


def test_what_may_be_left_out(tmp_path: Path) -> None:
    organization = ORGANIZATION.replace("region: us-east-1\n", "")
    organization = organization[: organization.index("ledger:")]
    contacts = CONTACTS[: CONTACTS.index("overrides:")]
    configuration = load_from(tmp_path, organization=organization, contacts=contacts)
    assert (configuration.settings.region, configuration.settings.ledger_retention_days) == ("us-east-1", 365)
    assert (configuration.roster["overrides"], configuration.roster["exempt"]) == ([], {})


@pytest.mark.parametrize("read", [read_roster, read_settings])
def test_a_file_that_cannot_be_read(tmp_path: Path, read: Callable[..., object]) -> None:
    path = tmp_path / "file.yaml"
    with pytest.raises(ConfigError, match=r"^config/file.yaml: there is no such file$"):
        read(path, file="config/file.yaml")
    path.write_bytes(b"version: \xff\n")
    with pytest.raises(ConfigError, match=r"^config/file.yaml: is not UTF-8 text$"):
        read(path, file="config/file.yaml")
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match=r"^config/file.yaml: cannot be read: Is a directory$"):
        read(path, file="config/file.yaml")


def test_no_message_repeats_a_contact_detail(tmp_path: Path) -> None:
    """Faults end up in the logs of a build."""
    secrets = {
        "Security Operations": " Margarethe Unverwechselbar",
        "Duty officer": "Oberbereitschaftsverantwortliche" * 2,
        "aws-soc@example.com": "margarethe'unverwechselbar@example",
        '"+1 206 555 0100"': "4915112345678",
    }
    contacts = CONTACTS
    for good, bad in secrets.items():
        contacts = contacts.replace(good, f'"{bad}"' if " " in bad else bad)
    told = "\n".join(complaints(tmp_path, contacts=contacts))
    assert told.count(os.linesep) + 1 == len(secrets)
    assert not [secret for secret in secrets.values() if secret.strip() in told]
