"""Good files compile, bad ones are refused: all faults at once, each with line, field and what is allowed."""

from __future__ import annotations

import os
import random
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from localcloud.kept import ROOT
from rollcall.model.contact import COUNTRIES_WITH_STATES, KEEP, PRIMARY_PARTS, Contact
from rollcall.model.roster import Roster
from rollcall_config.document import ConfigError
from rollcall_config.located_yaml import read as read_yaml
from rollcall_config.roster_compile import list_absent_kinds, list_managed_kinds, read_roster
from rollcall_config.roster_model import PrimaryContact
from rollcall_config.settings import Settings, read_settings
from tests.stacks.configs import CONTACTS, ORGANIZATION, PRIMARY, complaints, load_from
from tests.support.cases import check_each

if TYPE_CHECKING:
    from collections.abc import Callable

#: Each key, in an order that is not the compiled one.
EVERYTHING = """\
version: 1
mode: enforce
contacts:
  soc:
    name: SOC of {account_name}
    title: On call
    email: soc+{account_id}@example.com
    phone: "1"
    review_by: 2027-05-01
  pci: {name: PCI, title: On call, email: pci@example.com, phone: "2", review_by: "2027-05-01"}
defaults: {security: soc, operations: absent}
overrides:
  - {tag: {scope: pci, env: prod}, security: pci}
  - {ou: ou-a1b2-11111111, operations: soc}
  - {ou: Sandbox, mode: audit}
  - {tag: {env: prod, scope: pci}, mode: enforce}
  - {accounts: ["444455556666", "111122225555"], billing: absent}
exempt:
  - {accounts: ["111122224444", "111122223333"], reason: sold, until: 2027-03-31}
authorised_changers:
  - arn:aws:iam::444455556666:user/mary
  - arn:aws:iam::444455556666:role/finance-terraform
  - arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Finance_0123456789abcdef
  - arn:aws:iam::444455556666:root
limits: {max_changed_accounts: 25}
"""

_CASES = Path(__file__).with_name("bad_configs.yaml")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # every process that collects reads them
BAD: list[dict[str, Any]] = yaml.load(_CASES.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  # both are safe
GOOD = {"organization": ORGANIZATION, "contacts": CONTACTS, "primary": PRIMARY}


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
                "review_by": None,
            },
            "platform": {
                "name": "Cloud Platform",
                "title": "On call",
                "email": "ops@example.com",
                "phone": "+1 206 555 0101",
                "review_by": None,
            },
        },
        "defaults": {"SECURITY": "soc", "OPERATIONS": "platform"},
        "overrides": [{"ou": "Workloads/Production", "kinds": {"SECURITY": "platform"}, "mode": None}],
        "exempt": [{"accounts": ["111122223333"], "reason": "divested", "until": None}],
        "authorised_changers": [],
        "limits": {"max_changed_accounts": None},
        "bulk_edits": {"accounts": 5, "minutes": 10},
        "repeated_edits": {"reverts": 3, "minutes": 60},
    }


def test_every_key_compiles_to_what_the_core_reads(tmp_path: Path) -> None:
    document = load_from(tmp_path, contacts=EVERYTHING).roster
    assert document["contacts"]["soc"]["review_by"] == "2027-05-01"
    assert document["defaults"] == {"SECURITY": "soc", "OPERATIONS": None}
    assert document["overrides"] == [
        {"accounts": ["111122225555", "444455556666"], "kinds": {"BILLING": None}, "mode": None},
        {"ou": "Sandbox", "kinds": {}, "mode": "audit"},
        {"ou": "ou-a1b2-11111111", "kinds": {"OPERATIONS": "soc"}, "mode": None},
        {"tag": {"env": "prod", "scope": "pci"}, "kinds": {"SECURITY": "pci"}, "mode": "enforce"},
    ]
    assert document["exempt"] == [
        {"accounts": ["111122223333", "111122224444"], "reason": "sold", "until": "2027-03-31"}
    ]
    roster = Roster.from_document(document)
    assert [str(override.selector) for override in roster.overrides] == [
        "accounts 111122225555, 444455556666",
        "OU Sandbox",
        "OU ou-a1b2-11111111",
        "tag env=prod, scope=pci",
    ]
    assert roster.exemptions[0].until == date(2027, 3, 31)
    assert roster.authorised_changers == {
        "arn:aws:iam::444455556666:role/finance-terraform",
        "arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Finance_0123456789abcdef",
        "arn:aws:iam::444455556666:user/mary",
        "arn:aws:iam::444455556666:root",
    }
    assert document["limits"] == {"max_changed_accounts": 25}


def test_absence_is_known_wherever_it_is_asked_for(tmp_path: Path) -> None:
    nowhere = load_from(tmp_path).roster
    in_defaults = load_from(tmp_path, contacts=CONTACTS.replace("operations: platform", "operations: absent"))
    in_override = load_from(tmp_path, contacts=CONTACTS.replace("security: platform", "security: absent"))
    assert list_absent_kinds(nowhere) == ()
    assert list_managed_kinds(nowhere) == ("OPERATIONS", "SECURITY")
    assert list_absent_kinds(in_defaults.roster) == ("OPERATIONS",)
    assert list_managed_kinds(in_defaults.roster) == ("SECURITY",)
    assert list_absent_kinds(in_override.roster) == ("SECURITY",)
    assert list_managed_kinds(in_override.roster) == ("OPERATIONS", "SECURITY")


def test_a_primary_contact_is_compiled_to_the_parts_of_the_model(tmp_path: Path) -> None:
    compiled = load_from(tmp_path, contacts=PRIMARY).roster
    # DistrictOrCounty is not named, and kept; both lines and the website are absent.
    assert compiled["contacts"]["office"] == {
        "name": "Cloud Office of {account_name}",
        "company_name": "Corp Inc.",
        "address_line1": "410 Terry Avenue N",
        "city": "Seattle",
        "district_or_county": KEEP,
        "state_or_region": "WA",
        "postal_code": "98109",
        "country_code": "US",
        "phone": "+1 206-234-5601",
        "review_by": "2027-05-01",
    }
    untouched = dict.fromkeys(PRIMARY_PARTS, KEEP)
    assert compiled["contacts"]["untouched"] == untouched | {"review_by": None}
    assert compiled["defaults"] == {"SECURITY": "soc", "PRIMARY": "office"}
    assert compiled["overrides"] == [{"ou": "Legacy", "kinds": {"PRIMARY": "untouched"}, "mode": None}]
    assert list_managed_kinds(compiled) == ("PRIMARY", "SECURITY")
    assert list_absent_kinds(compiled) == ()
    roster = Roster.from_document(compiled)
    assert roster.contacts["untouched"] == Contact(**untouched)
    assert (roster.contacts["office"].website_url, roster.contacts["office"].country_code) == ("", "US")


def test_every_part_of_a_primary_contact_has_its_key() -> None:
    fields = {name: field.alias for name, field in PrimaryContact.model_fields.items()}
    assert fields == {part: rule.member for part, rule in PRIMARY_PARTS.items()} | {"review_by": "review_by"}
    required = {name for name, field in PrimaryContact.model_fields.items() if field.is_required()}
    assert required == {part for part, rule in PRIMARY_PARTS.items() if rule.required}


@pytest.mark.parametrize("country", sorted(COUNTRIES_WITH_STATES))
def test_a_state_is_asked_for_where_aws_asks_for_it(tmp_path: Path, country: str) -> None:
    here = PRIMARY.replace("CountryCode: us", f"CountryCode: {country.lower()}")
    without = here.replace("    StateOrRegion: WA\n", "")
    assert complaints(tmp_path, contacts=here) == []
    assert complaints(tmp_path, contacts=here.replace("WA", "keep")) == []
    (complaint,) = complaints(tmp_path, contacts=without)
    assert f"AWS asks for it in {country}" in complaint
    for other in ("FR", "keep"):
        elsewhere = without.replace(f"CountryCode: {country.lower()}", f"CountryCode: {other}")
        assert complaints(tmp_path, contacts=elsewhere) == []


@check_each("case", BAD)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, case: dict[str, Any]) -> None:
    good = GOOD[case["file"]]
    assert case["replace"] == "all" or case["replace"] in good
    bad = case["by"] if case["replace"] == "all" else good.replace(case["replace"], case["by"], 1)
    file = "organization" if case["file"] == "organization" else "contacts"
    assert complaints(tmp_path, **{file: bad}) == case["says"].splitlines()


def test_faults_of_both_files_are_told_at_once(tmp_path: Path) -> None:
    told = complaints(
        tmp_path,
        organization=ORGANIZATION.replace("365", "0"),
        contacts=CONTACTS.replace("enforce", "enforced"),
    )
    assert [line.split(": ")[0] for line in told] == ["config/contacts.yaml:2", "config/organization.yaml:9"]


def test_two_overrides_of_one_unit_become_one(tmp_path: Path) -> None:
    more = "  - {ou: Workloads/Production, security: platform, operations: soc, mode: audit}\nexempt:\n"
    roster = load_from(tmp_path, contacts=CONTACTS.replace("exempt:\n", more)).roster
    assert roster["overrides"] == [
        {
            "ou": "Workloads/Production",
            "kinds": {"SECURITY": "platform", "OPERATIONS": "soc"},
            "mode": "audit",
        }
    ]


def test_the_order_of_overrides_means_nothing(tmp_path: Path) -> None:
    selectors = [f"ou: {name}" for name in ("B", "A/C", "A", "D/E/F", "B/A", "ou-a1b2-11111111")]
    selectors += ["tag: {b: x}", "tag: {a: x, b: y}", 'accounts: ["111122224444"]']
    entries = [f"  - {{{selector}, security: soc}}\n" for selector in selectors]
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
    assert (configuration.roster["overrides"], configuration.roster["exempt"]) == ([], [])


@pytest.mark.parametrize("read", [read_roster, read_settings])
def test_a_file_that_cannot_be_read(tmp_path: Path, read: Callable[..., object]) -> None:
    path = tmp_path / "file.yaml"
    with pytest.raises(ConfigError, match=r"^config/file.yaml: there is no such file$"):
        read(path, file="config/file.yaml")
    path.write_bytes(b"version: 1\nmode: \xff\n")
    with pytest.raises(ConfigError, match=r"^config/file.yaml:2: is not UTF-8: save the file as UTF-8$"):
        read(path, file="config/file.yaml")
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match=r"^config/file.yaml: cannot be read: Is a directory$"):
        read(path, file="config/file.yaml")


@pytest.mark.parametrize("read", [read_roster, read_settings])
@pytest.mark.parametrize(
    "text", ["[" * 5000, "{a: " * 5000, "\n".join(" " * depth + "a:" for depth in range(2000))]
)
def test_a_file_that_is_nested_without_end(tmp_path: Path, read: Callable[..., object], text: str) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"^config/file.yaml: is nested too deeply"):
        read(path, file="config/file.yaml")


@pytest.mark.parametrize("directory", ["config/example", "localcloud/config"])
def test_without_the_parser_in_c_the_same_is_read(monkeypatch: pytest.MonkeyPatch, directory: str) -> None:
    files = [ROOT / directory / name for name in ("organization.yaml", "contacts.yaml")]
    fast = [read_yaml(path, file="f") for path in files]
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert [read_yaml(path, file="f") for path in files] == fast


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
