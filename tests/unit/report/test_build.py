from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rollcall.model.display import spell_value
from rollcall.outcomes.verdicts import COUNTED, OUT_OF_SCOPE, Verdict
from rollcall.report.build import find_status
from rollcall.report.csv_file import list_columns, read_cell, write_csv
from rollcall.report.page import MOST_ROWS, render
from tests.support.cases import check_each
from tests.support.reports import HOSTILE, fetches, sample_report

TEMPLATES = Path(__file__).parents[3] / "lambdas" / "rollcall" / "report" / "templates"
SCHEMA = Path(__file__).parents[3] / "schemas" / "report.schema.json"
# What no contact of a sweep can end in: these belong to single events.
OF_EVENTS = {
    Verdict.UNDONE,
    Verdict.BACKED_OFF,
    Verdict.NOTIFIED,
    Verdict.OWN_WRITE,
    Verdict.UNRECORDED_WRITE,
    Verdict.OVERWRITTEN,
    Verdict.UNEXPLAINED,
    Verdict.CHANGED_BACK,
    Verdict.SET_BY_OTHERS,
    Verdict.KEPT_EDITED,
    Verdict.NO_ACCOUNT,
    Verdict.IGNORED,
}


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return sample_report(40)


def by_status(report: dict[str, Any]) -> Counter[str]:
    return Counter(
        contact["status"] for entry in report["accounts"] for contact in entry["contacts"].values()
    )


def test_every_contact_of_every_account_is_counted_once(report: dict[str, Any]) -> None:
    counts = report["coverage"]["contacts"]
    assert sum(counts.values()) == 3 * 40
    assert {status: count for status, count in counts.items() if count} == by_status(report)


def test_coverage_is_the_share_of_managed_contacts_that_are_right_now(report: dict[str, Any]) -> None:
    counts = by_status(report)
    managed = sum(count for status, count in counts.items() if status not in OUT_OF_SCOPE)
    assert report["coverage"]["managed"] == managed
    assert report["coverage"]["compliant_share"] == (counts["compliant"] + counts["set"]) / managed


def test_units_add_up_to_the_organization(report: dict[str, Any]) -> None:
    total: Counter[str] = Counter()
    for unit in report["units"]:
        total.update(unit["contacts"])
    assert dict(total) == report["coverage"]["contacts"]
    assert sum(unit["accounts"] for unit in report["units"]) == 40


def test_changes_are_what_was_fixed_and_what_would_be(report: dict[str, Any]) -> None:
    counts = by_status(report)
    assert len(report["changes"]) == counts["set"] + counts["would-set"]
    fixed = next(change for change in report["changes"] if change["status"] == "set")
    assert fixed["set"] is not None
    assert fixed["set"] != fixed["found"]


def test_a_plan_that_was_not_carried_out_fixes_nothing() -> None:
    held = by_status(sample_report(40, held=True))
    assert held["set"] == 0
    assert held["would-set"] > 0


def test_holders_are_counted_as_they_are_after_the_run(report: dict[str, Any]) -> None:
    security = sum(holder["kinds"]["SECURITY"] for holder in report["holders"])
    known = [
        entry["contacts"]["SECURITY"]
        for entry in report["accounts"]
        if entry["contacts"]["SECURITY"]["found"] is not None
    ]
    held = [item for item in known if item["status"] == "set" or item["found"]["state"] == "present"]
    assert security == len(held)
    counts = [holder["count"] for holder in report["holders"]]
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) > 1
    strangers = [holder["email"] for holder in report["holders"] if holder["contact"] is None]
    assert strangers == ["pat.doe@example.net"]


def test_reviews_and_exemptions_say_what_is_past(report: dict[str, Any]) -> None:
    assert [review["contact"] for review in report["reviews"]] == ["soc"]
    assert [(entry["reason"], entry["ended"]) for entry in report["exemptions"]] == [
        ("being divested", False)
    ]


def test_the_trend_goes_on_from_the_report_before_and_forgets_in_the_end(report: dict[str, Any]) -> None:
    assert len(report["trend"]) == 31
    assert report["trend"][-1]["run"] == report["run"]["run"]


def test_every_report_fits_its_schema() -> None:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    for sample in (sample_report(40), sample_report(40, held=True), sample_report(0)):
        assert [error.message for error in validator.iter_errors(json.loads(json.dumps(sample)))] == []


@check_each("verdict", sorted(set(Verdict) - OF_EVENTS))
def test_every_verdict_of_a_sweep_has_a_word(verdict: Verdict) -> None:
    assert find_status(verdict) in COUNTED


@check_each("verdict", sorted(OF_EVENTS))
def test_a_verdict_of_events_is_refused(verdict: Verdict) -> None:
    with pytest.raises(ValueError, match=str(verdict)):
        find_status(verdict)


def test_csv_has_a_line_for_each_contact(report: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(write_csv(report))))
    assert len(rows) == 3 * 40
    assert tuple(rows[0]) == list_columns()


@check_each("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
@check_each("before", ["", " ", "x;", "x; ", 'x",', "x|", "x:", "x\t"])
@check_each("separator", [",", ";", "\t", "|"])
def test_no_cell_of_the_csv_is_a_formula_whatever_separates_cells(
    report: dict[str, Any], before: str, sign: str, separator: str
) -> None:
    hostile = json.loads(json.dumps(report | {"accounts": report["accounts"][:2]}))
    hostile["accounts"][0]["name"] = f'{before}{sign}HYPERLINK("https://evil.example")'
    lines = io.StringIO(write_csv(hostile), newline="")
    cells = [cell for row in csv.reader(lines, delimiter=separator) for cell in row]
    assert not [cell for cell in cells if cell.strip(' "').startswith(("=", "+", "-", "@", sign))]
    if separator == "," and not before:
        assert f'\'{sign}HYPERLINK("https://evil.example")' in cells
        assert any(cell.startswith("'+1 206") for cell in cells)


def test_the_csv_quotes_every_cell_and_has_no_control_character(report: dict[str, Any]) -> None:
    hostile = json.loads(json.dumps(report))
    hostile["accounts"][0]["name"] = "a\x1b[2J\r\nb\t\x9b\u202e"
    lines = write_csv(hostile).split("\r\n")
    assert lines.pop() == ""
    assert all(line.startswith('"') and line.endswith('"') for line in lines)
    assert all(character.isprintable() for line in lines for character in line)


@given(
    st.text(st.sampled_from(list("=+-@;,|:\"' a\n\t\x07\u202e\uff1d\\u{7}")) | st.characters(codec="utf-8"))
)
def test_a_cell_of_the_csv_can_be_read_back(name: str) -> None:
    named = {"id": "1", "name": name, "ou": "", "state": "ACTIVE"}
    contact = {"status": "", "reason": "", "found": None, "wanted": None, "source": None}
    text = write_csv({"accounts": [named | {"contacts": {"SECURITY": contact}}]})
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    if not re.search(r"\\u\{[0-9a-f]+\}", name):  # a person could have typed it, and it reads as what it says
        assert read_cell(row["account_name"]) == name


def test_the_csv_says_whether_a_contact_is_absent_or_not_known(report: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(write_csv(report))))
    found = [entry["contacts"][kind]["found"] for entry in report["accounts"] for kind in entry["contacts"]]
    assert [row["found"] for row in rows] == [one["state"] if one else "" for one in found]
    assert {"present", "absent", "unreadable"} <= {row["found"] for row in rows}


def test_a_hostile_name_is_text_in_the_page(report: dict[str, Any]) -> None:
    page = render(report)
    assert HOSTILE not in page
    assert "<script>document" not in page
    assert "\u202e" not in page


def test_nothing_runs_in_the_page_but_its_own_script(report: dict[str, Any]) -> None:
    page = render(report)
    assert "default-src 'none'; style-src 'sha256-" in page.replace("&#39;", "'")
    assert page.count("<script") == 2
    assert fetches(page) == []


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_read_on_every_ground(scheme: int) -> None:
    style = (TEMPLATES / "page.css").read_text()
    colours = dict(re.findall(r"--([a-z]+):(#[0-9a-f]+)", style.split(":root{")[scheme + 1].split("}")[0]))
    for ground in ("paper", "card"):
        for text in ("ink", "dim", "good", "warn", "bad", "blue"):
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def _contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_long_table_says_that_it_is_cut() -> None:
    large = sample_report(1600)
    assert len(large["changes"]) > MOST_ROWS
    assert f"The first {MOST_ROWS} of {len(large['changes'])}" in render(large)


def test_an_organization_without_accounts_has_a_report() -> None:
    assert "contacts of 0 accounts" in render(sample_report(0))


@given(st.text())
def test_what_is_shown_can_be_seen(text: str) -> None:
    assert all(character.isprintable() or character.isspace() for character in spell_value(text))
