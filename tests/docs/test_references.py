"""What the pages list is all that there is, with the values that the code has."""

import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
import typer.main
from pydantic import BaseModel

from rollcall.outcomes.notices import NoticeKind
from rollcall.outcomes.verdicts import Verdict
from rollcall.report.build import Status
from rollcall_cli.app import app
from rollcall_config.organization_model import OrganizationFile
from tests.functions.test_golden_alerts import DOCUMENTS

DOCS = Path(__file__).parents[2] / "docs"
ADAPTERS = Path(__file__).parents[2] / "lambdas" / "rollcall" / "adapters"


def section(page: str, heading: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[1]


def rows(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")
    ]


def models(annotation: Any) -> list[type[BaseModel]]:
    """The models in a type, such as that of a section which may be left away."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for one in get_args(annotation) for found in models(one)]


def settings(model: type[BaseModel], prefix: str = "") -> dict[str, Any]:
    """Each key of the file with dots between its parts, and what the model knows of it."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        within = models(field.annotation)
        found |= settings(within[0], f"{prefix}{name}.") if within else {prefix + name: field}
    return found


SETTINGS = settings(OrganizationFile)
TABLE = {
    key: row for row in rows(section("deploying.md", "Settings")) for key in re.findall(r"`([^`]+)`", row[0])
}


def test_every_setting_is_in_the_table_once_and_nothing_else():
    assert sorted(TABLE) == sorted(SETTINGS)


@pytest.mark.parametrize("key", sorted(SETTINGS))
def test_the_table_has_a_setting_with_its_default_and_what_is_allowed(key):
    field, (_, default, allowed) = SETTINGS[key], TABLE[key]
    value = field.default
    if field.is_required():
        assert default == "needed"
    elif value is None:
        assert default == "none"
    else:
        assert default == f"`{str(value).lower() if isinstance(value, bool) else value}`"
    limits = {type(one).__name__: one for one in field.metadata}
    if "Ge" in limits:
        assert f"{limits['Ge'].ge} to {limits['Le'].le} " in allowed
    if "MaxLen" in limits:
        assert str(limits["MaxLen"].max_length) in allowed
    if get_origin(field.annotation) is Literal:
        assert set(get_args(field.annotation)) <= {*re.findall(r"`([^`]+)`", allowed), 1}


def commands() -> dict[str, Any]:
    found: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # it is a group
    return found


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_on_its_page_with_its_options(name):
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## ([^\n]+)$", page, re.MULTILINE)
    own = [heading for heading in headings if f"`rollcall {name}" in heading]
    text = section("cli.md", own[0]) + section("cli.md", "Options of most commands")
    if "report.md" in text:
        text += (DOCS / "report.md").read_text(encoding="utf-8")
    options = {option for one in commands()[name].params for option in one.opts if option.startswith("--")}
    assert (
        sorted(
            option
            for option in options
            if not re.search(rf"`[^`\n]*{option}\b|^(?:\$ )?rollcall .*{option}\b", text, re.MULTILINE)
        )
        == []
    )


def test_every_field_of_an_event_is_on_its_page():
    said = section("architecture.md", "Events of Rollcall")
    fields: set[str] = set()
    for document in DOCUMENTS.values():
        parts = [
            document,
            document.get("actor") or {},
            document.get("event") or {},
            document.get("account", {}),
        ]
        parts += document.get("outcomes", [])
        fields |= {key for part in parts for key in part}
    assert len(fields) >= 40
    known = set(re.findall(r"\w+", said))
    assert sorted(fields - known) == []


def events() -> dict[str, list[str]]:
    """The rows of the tables of notices and verdicts, by each name in their first cells."""
    table = rows(section("architecture.md", "Events of Rollcall"))
    return {name: row for row in table for name in re.findall(r"`([^`]+)`", row[0])}


def test_every_notice_and_every_verdict_is_on_its_page():
    assert set(events()) == {*map(str, NoticeKind), *map(str, Verdict)}


@pytest.mark.parametrize("name", sorted(name for name, one in DOCUMENTS.items() if "facts" in one))
def test_every_fact_of_a_notice_is_on_its_page(name):
    notice = DOCUMENTS[name]
    assert sorted(set(notice["facts"]) - set(re.findall(r"\w+", events()[notice["notice"]][1]))) == []


def test_every_status_of_the_report_is_on_its_page():
    listed = [
        name
        for row in rows(section("report.md", "What it says of a contact"))
        for name in re.findall(r"`([^`]+)`", row[0])
    ]
    assert sorted(listed) == sorted(map(str, Status))


def test_every_kind_of_item_of_the_state_table_is_on_its_page():
    table = rows(section("architecture.md", "State table"))[2:]
    listed = {name for row in table for name in re.findall(r"^`([a-z]+#?)", row[0])}
    written = re.compile(
        r'(?:key_of\(f?|_PK: Final = |(?:_STANDOFFS|_ANNOUNCED): Final = |return f)"([a-z]+#?)["{]'
    )
    texts = [path.read_text(encoding="utf-8") for path in ADAPTERS.rglob("*.py")]
    assert listed == {name for text in texts for name in written.findall(text)}


def test_every_measure_of_the_bench_that_a_page_names_is_one():
    sources = [path.read_text(encoding="utf-8") for path in (DOCS.parent / "bench").glob("*.py")]
    names = {name for text in sources for name in re.findall(r'\brow\(\s*f?"([^"]+)"', text)}
    measures = "|".join(re.sub(r"\{\w+\}", r"\\w+", name) for name in names)
    assert not re.fullmatch(measures, "sweep_of_nothing")
    pages = [path.read_text(encoding="utf-8") for path in DOCS.glob("**/*.md")]
    begins = r"`((?:signal|sweep|storm|report|cold|cpu|synth|stored)_[a-z0-9_]+)`"
    named = {name for text in pages for name in re.findall(begins, text)}
    assert len(named) >= 4
    assert sorted(name for name in named if not re.fullmatch(measures, name)) == []
