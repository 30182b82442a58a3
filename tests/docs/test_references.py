"""What the pages list is all that there is, with the values that the code has."""

import re
from pathlib import Path
from typing import Any

import typer.main

from bench.goals import GOALS
from rollcall.outcomes.verdicts import COUNTED
from rollcall_cli.app import app
from tests.support.cases import check_each

DOCS = Path(__file__).parents[2] / "docs"


def section(page: str, heading: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return str(found)


def rows(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")
    ]


def commands() -> dict[str, Any]:
    found: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # it is a group
    return found


@check_each("name", sorted(commands()))
def test_every_command_is_on_its_page(name):
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## ([^\n]+)$", page, re.MULTILINE)
    assert [heading for heading in headings if f"`rollcall {name}" in heading]


def test_every_status_of_the_report_is_on_its_page():
    listed = [
        name for row in rows(section("report.md", "Report")) for name in re.findall(r"`([^`]+)`", row[0])
    ]
    assert sorted(listed) == sorted(map(str, COUNTED))


def test_every_row_of_the_bench_that_a_page_names_is_one():
    pages = [path.read_text(encoding="utf-8") for path in DOCS.glob("**/*.md")]
    groups = "|".join(sorted({name.partition("_")[0] for name in GOALS}))
    named = {name for text in pages for name in re.findall(rf"`((?:{groups})_[a-z0-9_]+)`", text)}
    assert set(GOALS) <= named
    assert {name for name in named if name.split("_")[0] in {"sweep", "storm", "peer"}} <= set(GOALS)
