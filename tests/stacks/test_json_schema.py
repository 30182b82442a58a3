"""The JSON Schema of the files: up to date, wired to the shipped files, and of some use."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from localcloud.kept import ROOT
from rollcall_config.json_schema import DIRECTORY, make_schemas
from tests.stacks.configs import CONTACTS, ORGANIZATION, PRIMARY
from tests.support.cases import check_each

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = sorted(ROOT.glob("config/example/*.yaml")) + sorted(ROOT.glob("localcloud/config/*.yaml"))


def as_editors_read(text: str) -> Any:
    """YAML 1.2 knows no dates: to an editor they are text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


@cache
def make_validator(kind: str) -> Any:
    return jsonschema.Draft202012Validator(json.loads(make_schemas()[f"{kind}.schema.json"]))


def complaints(kind: str, text: str) -> list[str]:
    return [error.message for error in make_validator(kind).iter_errors(as_editors_read(text))]


@pytest.mark.parametrize("name", make_schemas())
def test_the_committed_schema_is_the_models(name: str) -> None:
    committed = (DIRECTORY / name).read_text(encoding="utf-8")
    assert committed == make_schemas()[name], "run: python -m rollcall_config.json_schema"
    jsonschema.Draft202012Validator.check_schema(json.loads(committed))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_shipped_file_points_to_its_schema_and_fits_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    pointer = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert pointer
    assert (path.parent / pointer[1]).resolve() == DIRECTORY / f"{path.stem}.schema.json"
    assert complaints(path.stem, text) == []


def test_every_file_is_there() -> None:
    assert len(SHIPPED) == 4


@check_each(
    ("kind", "good", "bad"),
    [
        ("organization", "o-exampleorgid", "o-EXAMPLE"),
        ("organization", "region: us-east-1", "region: eu-west-1"),
        ("organization", '"333333333333"', '"3333"'),
        ("organization", "hub:", "hubb:"),
        ("organization", "ledger:", "sweep: {schedule: rate(7 days)}\nledger:"),
        ("organization", "ledger:", "operators: [arn:aws:iam::*:role/Ops]\nledger:"),
        ("contacts", "mode: enforce", "mode: enforced"),
        ("contacts", "title: Duty officer", "titel: Duty officer"),
        ("contacts", "aws-soc@example.com", "aws-soc"),
        ("contacts", '"+1 206 555 0100"', '"ext. 7"'),
        ("contacts", '"+1 206 555 0100"', "12065550100"),
        ("contacts", "  platform: {", "  the platform: {"),
        ("contacts", "name: Security Operations", f"name: {'N' * 65}"),
        ("contacts", "ou: Workloads/Production", "tag: {}"),
        ("contacts", "ou: Workloads/Production\n", "ou: Workloads/Production\n    tag: {a: b}\n"),
        ("contacts", "  - ou: Workloads/Production\n    security", "  - security"),
        ("contacts", "    security: platform\n", ""),
        ("contacts", "    reason: divested\n", ""),
        ("contacts", "reason: divested", "reason: divested\n    until: someday"),
        ("contacts", "overrides:", "authorised_changers: [arn:aws:iam::*:role/x]\noverrides:"),
        ("contacts", "overrides:", "limits: {max_changed_accounts: 101%}\noverrides:"),
        ("primary", "primary: untouched", "primary: absent"),
        ("primary", "CountryCode: us", "CountryCode: usa"),
        ("primary", "City: Seattle", "City: absent"),
        ("primary", "    City: Seattle\n", ""),
        ("primary", "City: Seattle", "city: Seattle"),
        ("primary", "+1 206-234-5601", "206-234-5601"),
        ("primary", "+1 206-234-5601", "+1 206-234-5601 00000"),
        ("primary", '"98109"', "98109"),
        ("primary", "{name: Security,", "{name: Security, FullName: Security,"),
    ],
)
def test_an_editor_marks_what_synth_would_refuse(kind: str, good: str, bad: str) -> None:
    text = {"organization": ORGANIZATION, "contacts": CONTACTS, "primary": PRIMARY}[kind]
    file = "organization" if kind == "organization" else "contacts"
    assert complaints(file, text) == []
    assert good in text
    assert complaints(file, text.replace(good, bad, 1))
