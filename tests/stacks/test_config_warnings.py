"""What looks wrong and may be meant is told with its line, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.stacks.configs import CONTACTS, ORGANIZATION, PRIMARY, load_from
from tests.support.cases import check_each

#: No values of documentation.
REAL = ORGANIZATION
for _sample, _own in (
    ("o-exampleorgid", "o-k3j9x0q2w1"),
    ("111111111111", "123412341234"),
    ("333333333333", "432143214321"),
    ("example.com", "corp.internal"),
):
    REAL = REAL.replace(_sample, _own)
QUIET = """\
version: 1
mode: enforce
contacts:
  soc:
    name: Security Operations
    title: Duty officer
    email: soc@corp.internal
    phone: "+1 206 234 5600"
    review_by: 2027-05-01
  platform: {name: Cloud Platform, title: On call, email: platform@corp.internal, phone: "+1 206 234 5601"}
  finops:   {name: Cloud Finance, title: Lead, email: finops@corp.internal, phone: "+1 206 234 5602"}
  pci-soc:  {name: PCI Security, title: Lead, email: pci@corp.internal, phone: "+1 206 234 5603"}
defaults:
  security: soc
  operations: platform
  billing: finops
overrides:
  - {tag: {scope: pci}, security: pci-soc}
  - {accounts: ["444455556666"], billing: absent}
exempt: [{accounts: ["111122223333"], reason: sold, until: 2027-03-31}]
"""
_CASES = Path(__file__).with_name("config_warnings.yaml")
ODD: list[dict[str, Any]] = yaml.safe_load(_CASES.read_text(encoding="utf-8"))


def test_a_roster_that_is_fine_has_none(tmp_path: Path) -> None:
    assert load_from(tmp_path, organization=REAL, contacts=QUIET).warnings == ()


@check_each("case", ODD)
def test_what_looks_wrong_is_told_with_its_line(tmp_path: Path, case: dict[str, Any]) -> None:
    contacts = PRIMARY if case.get("of") == "primary" else QUIET
    for piece, other in case["replace"].items():
        assert contacts.count(piece) == 1
        contacts = contacts.replace(piece, other)
    assert [str(one) for one in load_from(tmp_path, organization=REAL, contacts=contacts).warnings] == case[
        "says"
    ].splitlines()


def test_a_warning_has_its_parts(tmp_path: Path) -> None:
    phone, *_ = [one for one in load_from(tmp_path, contacts=CONTACTS).warnings if "phone" in one.field]
    assert (phone.file, phone.line, phone.field) == ("config/contacts.yaml", 8, "contacts.soc.phone")
    assert phone.text.startswith("looks like a placeholder")
