"""Which result each check of the doctor gets: a failure that follows from another one is unknown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from rollcall_cli.doctor.facts import Unseen
from rollcall_cli.doctor.model import Check, diagnose, report_failure, report_pass, report_unknown

if TYPE_CHECKING:
    from rollcall_cli.doctor.model import CheckFinding

PASS = report_pass("it is there")
FAIL = report_failure("it is missing", fix="create it")
UNREAD = report_unknown(Unseen(reason="AWS denied it", fix="a permission"))
#: These credentials are of another account: AWS was not asked.
UNASKED = report_unknown(Unseen(reason="another account", fix="--other-profile", asked=False))


def results(*checks: tuple[str, CheckFinding, dict[str, Any]]) -> dict[str, tuple[str, tuple[str, ...], str]]:
    """Result, causes and fix of each check, by its name."""
    findings = {name: found for name, found, _ in checks}
    made = [
        Check(name=name, title=name, run=partial(lambda name, _: findings[name], name), **links)
        for name, _, links in checks
    ]
    facts: Any = None
    return {
        one.check.name: (str(one.finding.result), one.follows_from, one.finding.fix)
        for one in diagnose(made, facts)
    }


@pytest.mark.parametrize(
    ("need", "found", "result", "causes"),
    [
        (PASS, FAIL, "fail", ()),
        (FAIL, FAIL, "unknown", ("need",)),
        (UNREAD, FAIL, "fail", ()),  # that it is missing was read all the same
        (FAIL, PASS, "pass", ()),
        (FAIL, UNREAD, "unknown", ("need",)),
        (FAIL, UNASKED, "unknown", ()),  # fixing the other one would not help these credentials
    ],
)
def test_a_failure_that_follows_from_its_need_is_unknown(need, found, result, causes):
    diagnosis = results(("need", need, {}), ("check", found, {"needs": ("need",)}))
    assert diagnosis["check"][:2] == (result, causes)


def test_a_result_that_follows_names_the_root_and_offers_no_fix_of_its_own():
    diagnosis = results(
        ("root", FAIL, {}),
        ("middle", FAIL, {"needs": ("root",)}),
        ("leaf", FAIL, {"needs": ("middle",)}),
    )
    assert diagnosis["root"] == ("fail", (), "create it")
    assert diagnosis["leaf"] == ("unknown", ("root",), "")


@pytest.mark.parametrize(("found", "causes"), [(UNREAD, ("reader",)), (FAIL, ())])
def test_a_failing_reader_explains_what_was_not_read_but_no_failure(found, causes):
    diagnosis = results(("reader", FAIL, {}), ("check", found, {"seen_by": ("reader",)}))
    assert diagnosis["check"][1] == causes


def test_checks_that_need_each_other_name_each_other():
    diagnosis = results(("one", FAIL, {"needs": ("two",)}), ("two", FAIL, {"needs": ("one",)}))
    assert {name for found in diagnosis.values() for name in found[1]} == {"one", "two"}


def test_a_need_that_is_not_checked_with_these_settings_explains_nothing():
    assert results(("check", FAIL, {"needs": ("guardrail",)})) == {"check": ("fail", (), "create it")}
