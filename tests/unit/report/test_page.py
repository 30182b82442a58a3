"""What the head of the page says, and that it is true at the end of the run."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.model.contact import ContactKind
from rollcall.model.roster import compute_digest
from rollcall.report.page import render
from rollcall.report.summary import ENDED, STARTED_BY, format_percent
from rollcall.sweep import observe
from rollcall.sweep.run import Ending, Trigger
from tests.support.reports import sample_report
from tests.support.sweep_runs import AUDIT, BAD, NARROW, STRICT, changed, drift, settled
from tests.support.sweep_world import FOR_GOOD, SweepWorld
from tests.support.world import MEMBER

#: Endings of runs that begin nothing, and so have no report.
WITHOUT_REPORT = {Ending.BUSY, Ending.NOTHING_NEW}


def report_of(world: SweepWorld) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(world.runs.reports[f"reports/{world.summary['run']}/report.json"])
    return document


def page_of(world: SweepWorld) -> str:
    """The page as text, without its tags."""
    text: str = world.runs.reports[f"reports/{world.summary['run']}/report.html"].decode()
    body = text.partition("<body>")[2].partition("<script")[0]
    return " ".join(
        re.sub(r"<[^>]+>", "", re.sub(r"</(dt|dd|p|h2|li|td|div|span|small)>", " ", body)).split()
    )


def digits(roster: dict[str, Any]) -> str:
    return compute_digest(roster)[:12]


@given(st.integers(0, 1000))
def test_a_share_in_thousandths_is_said_as_it_is(thousandths: int) -> None:
    assert format_percent(thousandths / 1000) == f"{thousandths // 10}.{thousandths % 10} %"


@given(st.integers(1, 30_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_only_all_is_a_hundred_percent(counted: tuple[int, int]) -> None:
    right, managed = counted
    assert (format_percent(right / managed) == "100.0 %") is (right == managed)


@pytest.mark.parametrize("trigger", list(Trigger))
def test_every_trigger_has_words(trigger: Trigger) -> None:
    assert STARTED_BY[str(trigger)]


@pytest.mark.parametrize("ending", sorted(set(Ending) - WITHOUT_REPORT))
def test_every_ending_of_a_report_has_words(ending: Ending) -> None:
    assert ENDED[str(ending)]


class TestRoster:
    def test_a_roster_that_this_run_approved_is_called_approved(self) -> None:
        world = settled()
        world.deploy(NARROW)
        world.sweep("roster")
        run = report_of(world)["run"]
        assert run["approved"] == run["judged_by"] == run["roster"] == compute_digest(NARROW)
        assert f"Roster {digits(NARROW)} approved" in page_of(world)
        assert "not approved" not in page_of(world)

    def test_the_first_roster_is_not_approved_while_its_plan_waits(self) -> None:
        world = SweepWorld(approve=False)
        world.sweep("roster")
        page = page_of(world)
        assert "not approved, nothing is enforced" in page
        assert "Nothing of it was written. nothing is enforced yet, and a person approves the" in page

    def test_a_roster_in_audit_mode_is_not_approved(self) -> None:
        world = SweepWorld(AUDIT, approve=False)
        world.sweep("roster")
        page = page_of(world)
        assert f"Roster {digits(AUDIT)} not approved, nothing is enforced, in audit mode" in page

    def test_an_approved_roster_in_audit_mode_says_that_nothing_is_set_right(self) -> None:
        world = settled(STRICT | {"mode": "audit"})
        world.sweep("schedule")
        page = page_of(world)
        assert "approved, in audit mode: differences are alerted and not set" in page
        assert "not approved" not in page

    def test_while_a_new_roster_waits_the_page_compares_with_the_approved_one(self) -> None:
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        page = page_of(world)
        assert f"Roster {digits(STRICT)} approved" in page
        assert f"Deployed roster {digits(BAD)} not approved" in page
        assert "the rest of this page compares with that one" in page

    def test_a_roster_that_was_approved_during_the_run_is_called_approved(self) -> None:
        world = SweepWorld(approve=False)
        world.sweep("roster")
        execution = world.execution("schedule").run_to("gate")
        world.approve_held()
        execution.run()
        assert f"Roster {digits(world.roster)} approved" in page_of(world)


class TestWaitingPlan:
    def test_a_held_run_shows_what_would_be_written_and_does_not_say_that_all_is_well(self) -> None:
        world = settled()
        world.deploy(changed(STRICT, email="aws-sco@example.com"))
        world.sweep("roster")
        page = page_of(world)
        assert "Pending approval: 4 contacts in 4 of 6 active accounts" in page
        assert "4 of 6 active accounts would change, the limit is 1" in page
        assert "4 accounts: SECURITY soc email aws-soc@example.com aws-sco@example.com" in page
        assert "This run changed nothing. 4 changes are pending approval" in page
        assert "contact changes are pending approval. By the approved roster 15 of 15" in page
        head = page.partition("Trend by the approved roster")[0]
        assert "100.0 %" not in head
        (plan,) = report_of(world)["waiting"]
        assert f"rollcall approve {plan['plan'][:12]}" in page
        (group,) = plan["groups"]
        assert len(group["accounts"]) == 4

    def test_foreign_values_are_in_full(self) -> None:
        world = settled()
        drift(world, MEMBER)
        world.deploy(changed(STRICT, email="aws-sco@example.com"))
        world.sweep("roster")
        assert "email mallory@evil.example aws-sco@example.com" in page_of(world)

    def test_what_a_roster_weakens_is_said_once(self) -> None:
        world = settled()
        world.deploy(STRICT | {"mode": "audit"})
        world.sweep("roster")
        page = page_of(world)
        assert page.count("audit mode: Rollcall only alerts") == 1
        assert "Always needs approval: audit mode: Rollcall only alerts, and restores nothing" in page

    def test_entries_that_match_nothing_are_named(self) -> None:
        lost = {"ou": "Production", "kinds": {"SECURITY": "pci-soc"}, "mode": None}
        world = settled(STRICT | {"overrides": [*STRICT["overrides"], lost]})
        world.sweep("schedule")
        assert "the override of OU Production matches no account (nearest: OU Workloads/Production)" in (
            page_of(world)
        )

    def test_weakenings_are_listed(self) -> None:
        report = sample_report(held=True)
        report["waiting"][0]["weakenings"] = [{"kind": "audit", "text": "audit mode for <b>", "accounts": []}]
        assert "<strong>Always needs approval:</strong> audit mode for &lt;b&gt;" in render(report)

    def test_a_plan_that_was_altered_is_not_shown(self) -> None:
        world = settled()
        world.deploy(BAD)
        world.faults.then("runs.read_accounts", lambda: None)
        execution = world.execution("roster").run_to("report")
        (key,) = [key for key in world.runs.objects if f"/plan/{digits(BAD)}/" in key]
        world.runs.objects[key] = world.runs.objects[key].replace(MEMBER, "666677778888")
        execution.run()
        page = page_of(world)
        assert "Do not approve: the stored plan differs from its digest" in page
        assert "To approve exactly this plan" not in page

    def test_what_was_approved_meanwhile_waits_no_more(self) -> None:
        world = settled()
        world.deploy(BAD)
        execution = world.execution("roster").run_to("report")
        world.approve_held()
        execution.run()
        assert "Pending approval" not in page_of(world)


class TestWhatIsNotThere:
    def test_accounts_that_were_not_looked_at_are_said_before_every_number(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = settled()
        # The first slice lists them, and is at its end.
        monkeypatch.setattr(observe, "SLICE_SECONDS", 0)
        execution = world.execution("schedule").run_to("observe")
        execution.advance()
        world.broken["observe", "before"] = FOR_GOOD
        execution.run()
        page = page_of(world)
        seen = report_of(world)["coverage"]["accounts"]
        assert f"{6 - seen} of 6 accounts were not read The numbers below do not include them." in page
        assert "The run did not finish" in page
        assert 'class="tile main good"' not in render(report_of(world))

    def test_a_run_that_never_knew_its_accounts_leaves_the_report_before(self) -> None:
        world = settled()
        world.sweep("schedule")
        before = world.runs.reports["reports/latest.json"]
        world.broken["observe", "before"] = FOR_GOOD
        assert world.sweep("schedule").document["ending"] == "failed"
        assert world.runs.reports["reports/latest.json"] == before
        assert world.told()[-1] == "sweep-failed"

    def test_a_pause_is_said(self) -> None:
        world = settled()
        drift(world, MEMBER)
        world.command("pause")
        world.sweep()
        page = page_of(world)
        assert "Writes are paused" in page
        assert "would-set writes were paused before it was reached" in page

    def test_what_no_event_told_of_is_marked_where_it_stands(self) -> None:
        world = settled()
        drift(world, MEMBER)
        world.sweep()
        page = page_of(world)
        assert "1 change was found by the sweep only, marked below" in page
        assert "set found by the sweep only" in page

    def test_an_account_directly_below_the_root_has_a_unit(self) -> None:
        world = settled()
        world.sweep()
        page = render(report_of(world))
        assert '<tr><td><bdi>Root</bdi></td><td class="n">1</td>' in page
        texts = json.loads(page.partition('id="data">')[2].partition("</script>")[0])["texts"]
        assert "Root" in texts

    def test_one_account_is_not_called_accounts(self) -> None:
        assert "contacts of 1 account, 2026-10-05" in render(sample_report(1))


def test_edits_are_listed_by_kind() -> None:
    report = sample_report(240)
    edits = [report["edits"][0] | {"kind": str(kind)} for kind in reversed(ContactKind)]
    rows = render({**report, "edits": edits}).partition('<section id="edits">')[2]
    kinds = "|".join(str(kind).lower() for kind in ContactKind)
    assert re.findall(f"<td>({kinds})</td>", rows.partition("</table>")[0]) == kinds.split("|")


def test_all_right_is_green_and_less_is_not() -> None:
    whole, less = sample_report(2), sample_report(240)
    whole["coverage"]["compliant_share"] = 1.0
    assert 'class="tile main good"' in render(whole)
    assert 'class="tile main good"' not in render(less)


def test_a_change_that_was_not_written_says_why() -> None:
    held = sample_report(40, held=True)
    assert {change["reason"] for change in held["changes"]} == {"the plan is pending approval", "audit mode"}
    assert "the plan is pending approval" in render(held)
