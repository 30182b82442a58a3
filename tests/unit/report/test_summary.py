"""The three answers at the top of the page: what they say, and that security weighs more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollcall.contact.known_drift import KnownDrift
from rollcall.contact.record import add_edit, mark_published
from rollcall.model.contact import ContactKind
from rollcall.report.page import render
from rollcall.report.summary import answer_coverage, answer_edits, find_tasks
from tests.support.record_samples import make_edit
from tests.support.reports import sample_report
from tests.support.sweep_runs import BAD, drift, settled
from tests.support.sweep_world import SweepWorld
from tests.support.world import MEMBER
from tests.unit.report.test_page import page_of, report_of

MARY = "arn:aws:sts::222222222222:assumed-role/Dev/mary"


def edit_contact(
    world: SweepWorld, verdict: str, *, left: bool, kind: ContactKind = ContactKind.SECURITY
) -> None:
    """As an event of ten minutes ago left the contact's record."""
    record, at = world.state.load(MEMBER, kind), world.clock.now() - timedelta(minutes=10)
    record = mark_published(add_edit(record, make_edit(at=at, principal=MARY)), "edit-1", verdict, at)
    if left:
        record = replace(record, drift=KnownDrift(found=None, at=at))
    assert world.state.save(record, at=at)


def texts(report: dict[str, Any]) -> str:
    return " ".join([*answer_coverage(report).sentences, *answer_edits(report).sentences])


class TestCoverage:
    def test_all_compliant_is_yes(self) -> None:
        world = settled()
        world.sweep()
        answer = answer_coverage(report_of(world))
        assert (answer.short, answer.tone) == ("Yes", "good")
        assert answer.sentences[0] == "All 15 managed contacts that were read are compliant now."

    def test_what_the_run_repaired_was_wrong_before(self) -> None:
        world = settled()
        drift(world, MEMBER)
        world.sweep()
        report = report_of(world)
        assert answer_coverage(report).short == "Yes"
        assert "Before this run, 1 was not, 1 of them SECURITY." in texts(report)
        assert report["coverage"]["found_share"] == 14 / 15
        assert report["trend"][-1]["found_share"] == 14 / 15

    def test_the_run_before_is_compared(self) -> None:
        world = settled()
        drift(world, MEMBER)
        world.sweep()
        first = report_of(world)
        assert "The run before" not in texts(first)
        world.sweep()
        second = report_of(world)
        assert second["previous"] == first["trend"][-1]
        assert "The run before ended with 100.0 % of 15 at 2026-10-05" in texts(second)

    @pytest.mark.parametrize(("kind", "tone"), [("SECURITY", "bad"), ("BILLING", "warn")])
    def test_security_weighs_more(self, kind: str, tone: str) -> None:
        report = sample_report(6)
        for name, counts in report["coverage"]["kinds"].items():
            counts["compliant"] = counts["managed"] - (name == kind)
        answer = answer_coverage(report)
        assert (answer.short, answer.tone) == ("Not fully", tone)
        assert f"{int(kind == 'SECURITY')} of them SECURITY" in answer.sentences[0]

    def test_without_all_accounts_it_is_not_known(self) -> None:
        world = settled()
        world.sweep()
        report = report_of(world)
        report["run"]["accounts"] += 1
        assert answer_coverage(report).short == "Not known"

    def test_a_pending_roster_is_no_yes(self) -> None:
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        assert answer_coverage(report_of(world)).short == "Yes, by the approved roster"
        first = SweepWorld(approve=False)
        first.sweep("roster")
        assert answer_coverage(report_of(first)).short == "Nothing is enforced yet"

    def test_without_contacts_nothing_is_known(self) -> None:
        assert answer_coverage(sample_report(0)).sentences == ("No managed contact was read.",)


class TestEdits:
    def test_an_edit_that_was_restored_is_in_the_next_report_only(self) -> None:
        world = settled()
        edit_contact(world, "set", left=False)
        world.sweep()
        report = report_of(world)
        (edit,) = report["edits"]
        assert (edit["principal"], edit["account_name"], edit["open"]) == (MARY, "Payments", False)
        assert answer_edits(report).short == "1 edit"
        assert "1 principal edited 1 contact, 1 of them SECURITY." in texts(report)
        world.clock.sleep(86400)
        world.sweep()
        assert report_of(world)["edits"] == []
        assert answer_edits(report_of(world)).short == "Nobody"

    def test_an_edit_that_is_left_says_how_long_and_stays_in_each_report(self) -> None:
        world = settled()
        edit_contact(world, "would-set", left=True, kind=ContactKind.BILLING)
        world.command("pause")
        world.sweep()
        world.clock.sleep(3600)
        world.sweep()
        report = report_of(world)
        answer = answer_edits(report)
        assert (answer.short, answer.tone) == ("1 edit, 1 still open", "warn")
        assert f"The longest is still wrong, for 70 min so far: BILLING of {MEMBER} Payments, by {MARY}." in (
            texts(report)
        )
        assert datetime.fromisoformat(report["run"]["ended_at"]) == world.clock.now()
        assert "rollcall history --open" in [task.command for task in find_tasks(report)]
        assert f"billing NOT restored {report['edits'][0]['incident_id']} 70 min so far {MARY}" in page_of(
            world
        )

    def test_an_open_edit_of_security_is_worse(self) -> None:
        report = sample_report(6)
        assert answer_edits(report).tone == "warn"
        report["edits"][-1]["kind"] = "SECURITY"
        assert answer_edits(report).tone == "bad"

    def test_what_no_event_reported_is_not_nobody(self) -> None:
        world = settled()
        drift(world, MEMBER)
        world.sweep()
        answer = answer_edits(report_of(world))
        assert (answer.short, answer.tone) == ("Not known", "warn")
        assert "1 more contact differed without a known edit: found by the sweep only." in answer.sentences

    def test_a_hostile_principal_is_text(self) -> None:
        report = sample_report(40)
        report["edits"][0] |= {"principal": "<b>\u202ex/y", "wrong_seconds": 10**6}
        page = render(report)
        assert "<b>" not in page
        assert "\u202e" not in page


class TestTasks:
    def test_nothing_waits_where_all_is_well(self) -> None:
        world = settled()
        world.sweep()
        assert list(find_tasks(report_of(world))) == []
        assert "What waits for a person? Nothing" in page_of(world)

    def test_each_thing_that_waits_has_its_command(self) -> None:
        report = sample_report(40, held=True)
        report["run"]["failed"] = {"observe": "x"}
        report["unmatched"] = ["an entry"]
        texts = {task.command: task.text for task in find_tasks(report)}
        assert texts["rollcall sweep"] == "The run did not finish: observe failed."
        assert texts["rollcall approve 000000000000"].startswith("A plan with ")
        assert "1 entry of the roster matches no account: correct or remove what is listed below." in [
            task.text for task in find_tasks(report)
        ]

    def test_a_pause_waits(self) -> None:
        world = settled()
        world.command("pause")
        world.sweep()
        assert [task.command for task in find_tasks(report_of(world))] == ["rollcall unpause --reason TEXT"]

    def test_attention_begins_with_security(self) -> None:
        page = render(sample_report(240))
        table = page.partition('id="attention"')[2].partition("</section>")[0]
        kinds = [kind for kind in ("security", "operations", "billing") if f"<td>{kind}</td>" in table]
        places = [table.index(f"<td>{kind}</td>") for kind in kinds]
        assert len(places) > 1
        assert places == sorted(places)
