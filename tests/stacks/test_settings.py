"""What `organization.yaml` says beyond whose organization it is, and what holds if it says nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from localcloud.kept import ROOT
from rollcall.model.roster import BulkLimits, RepeatedEditLimits, Roster
from tests.stacks.configs import CONTACTS, ORGANIZATION, complaints, load_from

if TYPE_CHECKING:
    from pathlib import Path

MORE = """
sweep: {schedule: "cron(30 4 * * ? *)"}
reports: {retention_days: 30}
dashboard: true
operators: [arn:aws:iam::333333333333:user/oncall/*]
readers: [arn:aws:iam::333333333333:role/Security*, arn:aws:iam::444455556666:role/ci]
"""

EDITS = """
bulk_edits: {accounts: 10, minutes: 30}
repeated_edits: {reverts: 5, minutes: 120}
"""


def test_what_holds_if_nothing_is_said(tmp_path: Path) -> None:
    settings = load_from(tmp_path).settings
    assert (settings.sweep_schedule, settings.reports_retention_days) == ("rate(1 day)", 400)
    assert not settings.dashboard
    assert (settings.operators, settings.readers) == ((), ())
    roster = Roster.from_document(load_from(tmp_path).roster)
    assert (roster.bulk_edits, roster.repeated_edits) == (BulkLimits(), RepeatedEditLimits())
    assert roster.bulk_edits.accounts == 5
    assert roster.bulk_edits.window == timedelta(minutes=10)
    assert (roster.repeated_edits.reverts, roster.repeated_edits.window) == (3, timedelta(hours=1))


def test_what_is_said_of_the_sweep_and_its_people(tmp_path: Path) -> None:
    settings = load_from(tmp_path, organization=ORGANIZATION + MORE).settings
    assert (settings.sweep_schedule, settings.reports_retention_days) == ("cron(30 4 * * ? *)", 30)
    assert settings.dashboard
    assert settings.operators == ("arn:aws:iam::333333333333:user/oncall/*",)
    assert settings.readers == (
        "arn:aws:iam::333333333333:role/Security*",
        "arn:aws:iam::444455556666:role/ci",
    )


def test_what_is_said_of_bulk_edits_and_repeated_edits(tmp_path: Path) -> None:
    roster = Roster.from_document(load_from(tmp_path, contacts=CONTACTS + EDITS).roster)
    assert roster.bulk_edits == BulkLimits(accounts=10, minutes=30)
    assert roster.repeated_edits == RepeatedEditLimits(reverts=5, minutes=120)


def test_the_page_shows_the_default_limits_of_edits(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "roster.md").read_text(encoding="utf-8")
    shown = (
        page.partition("## bulk_edits and repeated_edits")[2].partition("```yaml\n")[2].partition("```")[0]
    )
    assert set(yaml.safe_load(shown)) == {"bulk_edits", "repeated_edits"}
    assert load_from(tmp_path, contacts=CONTACTS + shown).roster == load_from(tmp_path).roster


@pytest.mark.parametrize(
    ("section", "key", "least", "most"),
    [
        ("bulk_edits", "accounts", 2, 40),
        ("bulk_edits", "minutes", 1, 60),
        ("repeated_edits", "reverts", 2, 20),
        ("repeated_edits", "minutes", 5, 1440),
    ],
)
def test_a_number_is_taken_up_to_its_limits_and_no_further(
    tmp_path: Path, section: str, key: str, least: int, most: int
) -> None:
    def said(number: int) -> list[str]:
        return complaints(tmp_path, contacts=f"{CONTACTS}{section}:\n  {key}: {number}\n")

    assert said(least) == said(most) == []
    for number in (least - 1, most + 1):
        [fault] = said(number)
        assert fault.startswith(f"config/contacts.yaml:{CONTACTS.count(chr(10)) + 2}: {section}.{key}")


@pytest.mark.parametrize(
    "schedule",
    [
        "rate(1 hour)",
        "rate(24 hours)",
        "cron(0 0 * * ? *)",
        "cron(59 23 ? * * *)",
        "cron(15 0,6,12,18 * * ? *)",
        "cron(15 8-17,22 * * ? *)",
        "cron(15 */4 * * ? *)",
        "cron(15 * * * ? *)",
    ],
)
def test_schedules_that_run_each_day(tmp_path: Path, schedule: str) -> None:
    assert complaints(tmp_path, organization=f'{ORGANIZATION}sweep: {{schedule: "{schedule}"}}\n') == []


def test_what_the_shipped_file_shows_as_comments_is_taken(tmp_path: Path) -> None:
    shipped = (ROOT / "config" / "example" / "organization.yaml").read_text(encoding="utf-8")
    shown = [line[2:] for line in shipped.splitlines() if line.startswith("# ") and line.endswith(("}", "]"))]
    keys = [key for line in shown for key in (yaml.safe_load(line) if line[0].isalpha() else ())]
    assert {"sweep", "reports", "operators", "readers"} <= set(keys)
    for line in shown:
        if line[0].isalpha() and line.split(":")[0] not in ORGANIZATION:
            assert complaints(tmp_path, organization=f"{ORGANIZATION}{line}\n") == []


def test_every_setting_that_the_page_shows_is_taken(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shown = {key for block in blocks for key in yaml.safe_load(block)}
    assert {"members", "sweep", "operators", "guardrail", "private_link"} <= shown
    for block in blocks:
        assert complaints(tmp_path, organization=ORGANIZATION + block) == []


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("ann", "ann", True),
        ("oncall/ann", "ops/ann", True),
        ("ann", "bob", False),
        ("ann", "joann", False),
        ("oncall/*", "ann", True),
        ("oncall/*", "oncall/*", True),
        ("*/ann", "ann", True),
        ("*/ann", "joann", False),
        ("*-ops", "ann-ops", True),
        ("*-ops", "ann-dev", False),
        ("*-ops", "x/*-ops", True),
        ("*-ops", "x/*s", True),
        ("*-ops", "*-dev", False),
        ("op?", "ops", True),
    ],
)
def test_no_two_operators_of_different_accounts_have_one_name(
    tmp_path: Path, one: str, other: str, alike: bool
) -> None:
    def find(first: str, second: str) -> list[str]:
        people = f"operators: ['arn:aws:iam::{first}', 'arn:aws:iam::{second}']\n"
        return complaints(tmp_path, organization=ORGANIZATION + people)

    for first, second in ((one, other), (other, one)):
        found = find(f"333333333333:user/{first}", f"444455556666:user/{second}")
        assert ["operators[1]: may match a user of the same name" in text for text in found] == [True] * alike
        # Of one account IAM lets no two users have one name, and roles cannot assume rollcall-operator.
        assert all(
            "same name" not in text for text in find(f"333333333333:user/{first}", "333333333333:user/x")
        )
        assert find(f"333333333333:role/{one}x", f"444455556666:role/{one}x") == []
