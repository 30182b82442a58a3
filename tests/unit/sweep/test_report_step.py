"""The end of a run: what is counted, what is told, and what an event path that failed looks like."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rollcall.model.errors import WriteRefusedError
from rollcall.model.roster import compute_digest
from rollcall.sweep import rollout
from simulation.errors import ApiError
from tests.support.samples import leaks
from tests.support.sweep_runs import BAD, LOOSE, NARROW, STRICT, changed, drift, held_drift, settled
from tests.support.sweep_world import ALICE, SweepWorld
from tests.support.world import EXEMPT, MALLORY, MEMBER, PRODUCTION, ROSTER, api_values

if TYPE_CHECKING:
    from typing import Any

KEYS = [
    "version",
    "run",
    "data",
    "trigger",
    "by",
    "started_at",
    "ended_at",
    "ending",
    "roster",
    "approved",
    "judged_by",
    "accounts",
    "active",
    "contacts",
    "changes",
    "drift",
    "suspects",
    "plan",
    "pending",
    "failed",
    "observed",
    "reads",
    "read_by",
    "lost_roles",
]


def test_a_quiet_run_says_that_all_is_right_and_nobody_is_told():
    world = settled()
    execution = world.sweep("schedule")
    assert list(world.summary) == KEYS
    assert world.summary["run"] == execution.document["id"]
    assert (world.summary["accounts"], world.summary["active"]) == (6, 6)
    counted = {name: count for name, count in world.summary["contacts"].items() if count}
    assert counted == {"compliant": 15, "exempt": 3}
    assert world.summary["reads"]["organizations"] > 0
    assert (world.told(), world.metrics["SweepFinished"]) == ([], 1)


def test_the_summary_has_no_contact_details_and_the_report_begins_with_it():
    world = settled(LOOSE)
    drift(world, MEMBER)
    run = world.sweep().document["id"]
    report = json.loads(world.runs.reports[f"reports/{run}/report.json"])
    assert report["run"] == world.summary
    text = json.dumps(world.summary)
    assert not any(value in text for value in (*MALLORY.values(), *ROSTER["contacts"]["soc"].values()))


def test_an_account_that_is_not_active_is_counted_and_not_asked():
    world = settled()
    world.organization.accounts[MEMBER].state = "SUSPENDED"
    world.sweep()
    assert world.summary["contacts"]["inactive"] == 3
    assert (world.summary["accounts"], world.summary["active"]) == (6, 5)
    assert ("get_alternate_contact", MEMBER) not in world.calls


class TestDrift:
    def test_drift_that_no_event_announced_is_counted_told_and_shown_masked(self):
        world = settled(LOOSE)
        drift(world, MEMBER, PRODUCTION)
        world.sweep("schedule")
        assert world.metrics["SweepDrift"] == world.summary["drift"] == 2
        facts = world.facts("sweep-drift")
        assert (facts["accounts"], facts["contacts"], facts["became"]) == (2, 2, {"set": 2})
        assert facts["suspects"] == [f"{MEMBER} Payments", f"{PRODUCTION} Web Shop"]
        assert world.summary["suspects"] == [MEMBER, PRODUCTION]
        first, second = facts["groups"]
        assert first.startswith(
            "1 account: SECURITY soc (set): email m***@evil.example -> aws-soc@example.com, "
        )
        assert first.endswith(f"; {MEMBER} Payments")
        assert second.endswith(f"; {PRODUCTION} Web Shop")
        assert leaks(str(world.bus.notices), [MALLORY]) == []

    def test_an_edit_that_its_event_brought_back_is_not_counted(self):
        world = settled(LOOSE)
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.drain()
        world.sweep()
        assert (world.summary["drift"], world.metrics["SweepDrift"]) == (0, 0)

    def test_what_a_new_roster_changes_is_no_drift(self):
        world = settled()
        world.deploy(NARROW)
        world.sweep("roster")
        assert world.summary["drift"] == 0
        assert "sweep-drift" not in world.told()

    def test_during_a_pause_nothing_is_counted_because_events_change_nothing(self):
        world = settled(LOOSE)
        world.command("pause")
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.drain()
        world.sweep()
        assert world.summary["drift"] == 0

    def test_a_plan_that_is_held_is_counted_and_told_by_its_own_alert_alone(self):
        world, _ = held_drift()
        assert (world.summary["drift"], world.told()) == (2, ["sweep-held"])


class TestUnchanged:
    """What nobody changed is no drift, although the roster wants something else there since."""

    def move(self, world, account):
        organization = world.organization
        (production,) = (one.id for one in organization.units.values() if one.name == "Production")
        organization.move(account, production)
        world.queue.clear()

    def test_an_account_whose_move_no_event_announced_accuses_nobody(self):
        world = settled(LOOSE)
        world.sweep()
        self.move(world, MEMBER)
        drift(world, PRODUCTION)
        world.sweep()
        assert world.contacts()["SECURITY"] == api_values("pci-soc")
        assert world.summary["suspects"] == [PRODUCTION]
        assert world.facts("sweep-drift")["contacts"] == 1
        assert world.facts("sweep-applied")["became"] == {"set": 2}

    def test_an_edit_before_the_move_is_drift_all_the_same(self):
        world = settled(LOOSE)
        world.sweep()
        drift(world, MEMBER)
        self.move(world, MEMBER)
        world.sweep()
        assert world.summary["suspects"] == [MEMBER]

    def test_an_edit_that_the_sweep_before_could_not_restore_is_drift_again(self):
        world = settled(LOOSE)
        world.sweep()
        drift(world, MEMBER)
        world.blocked = frozenset({MEMBER})
        world.sweep()
        world.blocked = frozenset()
        world.sweep()
        assert world.told().count("sweep-drift") == 2

    def test_what_a_sweep_restored_and_somebody_changed_again_to_the_same_is_drift(self):
        world = settled(LOOSE)
        for _ in range(2):
            drift(world, MEMBER)
            world.sweep()
            assert world.summary["suspects"] == [MEMBER]
            world.clock.sleep(3600)

    def test_an_account_that_was_suspended_while_the_roster_changed(self):
        world = settled(LOOSE)
        world.organization.accounts[PRODUCTION].state = "SUSPENDED"
        world.deploy(changed(LOOSE, "pci-soc", title="On duty"))
        world.sweep("roster")
        assert world.approve_held().document["ending"] == "finished"
        world.organization.accounts[PRODUCTION].state = "ACTIVE"
        world.sweep()
        assert world.contacts(PRODUCTION)["SECURITY"]["Title"] == "On duty"
        assert (world.summary["suspects"], "sweep-drift" in world.told()) == ([], False)

    def test_what_an_event_restored_under_the_roster_before(self):
        world = settled(LOOSE)
        before = changed(LOOSE, "soc", title="On duty")
        world.deploy(before)
        world.sweep("roster")
        world.clock.sleep(8 * 86400)
        world.deploy(LOOSE)
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
        execution = world.execution("roster").run_to("gate")
        world.drain()
        assert world.contacts()["SECURITY"]["Title"] == "On duty"
        execution.run()
        world.clock.sleep(3600)
        world.sweep()
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert (world.summary["suspects"], "sweep-drift" in world.told()) == ([], False)
        assert world.facts("sweep-applied")["became"] == {"set": 1}


class TestRollOut:
    def test_an_approved_plan_is_summed_up_once_with_who_approved_it(self):
        world = SweepWorld(approve=False)
        world.sweep("roster")
        world.management_role = False
        world.approve_held()
        facts = world.facts("sweep-applied")
        assert (facts["trigger"], facts["by"], facts["ending"]) == ("approval", ALICE, "finished")
        assert facts["became"] == {"set": 12, "unreachable": 3}
        assert len(facts["examples"]) == 3
        assert {item["verdict"] for item in facts["examples"]} == {"unreachable"}
        assert all("rollcall-management-contacts" in item["reason"] for item in facts["examples"])
        assert EXEMPT not in str(facts)

    @pytest.mark.parametrize("failed", [True, False])
    def test_it_is_medium_if_a_contact_failed_and_not_if_one_was_skipped(self, failed):
        world = SweepWorld(approve=False)
        world.sweep("roster")
        if failed:
            world.faults.plan("put_alternate_contact.after", WriteRefusedError("refused for a reason"))
        else:
            drift(world, MEMBER)
        world.approve_held()
        verdict = "failed" if failed else "skipped"
        assert world.facts("sweep-applied")["became"] == {"set": 14, verdict: 1}
        (severity,) = [item["severity"] for item in world.notices if item["notice"] == "sweep-applied"]
        assert severity == ("MEDIUM" if failed else "INFO")

    @pytest.mark.parametrize(("managed", "severity"), [(True, "MEDIUM"), (False, "INFO")])
    def test_it_says_what_was_not_checked_and_is_medium_unless_only_the_management_account_is_left_out(
        self, *, managed, severity
    ):
        world = SweepWorld(approve=False)
        if managed:
            denied = ApiError("AccessDeniedException", "explicit deny in a service control policy", 403)
            world.cloud.account.fail_next("GetAlternateContact", denied, times=3, account=MEMBER)
        else:
            world.management_role = False
        world.sweep("roster")
        world.approve_held()
        facts = world.facts("sweep-applied")
        assert facts["not_checked"] == {"unreadable" if managed else "unreachable": 3}
        assert set(facts["became"]) == {"set"}
        (found,) = [item["severity"] for item in world.notices if item["notice"] == "sweep-applied"]
        assert found == severity

    def test_a_run_that_is_stopped_says_so_and_what_it_did_not_reach(self):
        world = SweepWorld(approve=False)
        world.sweep("roster")
        world.command("pause")
        world.approve_held()
        facts = world.facts("sweep-applied")
        assert (facts["ending"], facts["became"]) == ("paused", {"would-set": 15})
        assert facts["examples"][0]["reason"] == "writes were paused before it was reached"
        assert (len(facts["examples"]), facts["examples_count"]) == (5, 15)


class TestCutOff:
    """What is left of a roll-out that needed nobody is no drift, and a later edit is."""

    @staticmethod
    def cut_off():
        """A roster within the limits is in force, and a pause began before its plan was carried out."""
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("apply")
        world.command("pause")
        assert execution.run().document["ending"] == "paused"
        assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")
        world.command("unpause")
        return world

    def test_it_is_rolled_out_by_the_next_run_and_suspects_nobody(self):
        world = self.cut_off()
        world.sweep("schedule")
        assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc", NARROW)
        assert ("sweep-drift" in world.told(), world.summary["suspects"]) == (False, [])
        assert world.told().count("sweep-applied") == 2

    def test_an_edit_in_between_is_drift(self):
        world = self.cut_off()
        drift(world, PRODUCTION)
        world.sweep("schedule")
        assert world.facts("sweep-drift")["contacts"] == 1

    def test_what_was_wrong_under_the_roster_before_is_drift(self):
        world = settled()
        drift(world, PRODUCTION)
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("apply")
        world.command("pause")
        assert execution.run().document["ending"] == "paused"
        world.command("unpause")
        world.sweep("schedule")
        assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc", NARROW)
        assert world.facts("sweep-drift")["contacts"] == 1

    @staticmethod
    def unfinished():
        """A person approved a roster that could not be set in one account, as a later one cannot be."""
        world = SweepWorld(LOOSE, approve=False)
        world.sweep("roster")
        world.blocked = frozenset({MEMBER})
        world.approve_held()
        return world

    def test_what_rosters_before_could_not_set_is_no_drift(self):
        world = self.unfinished()
        for title in ("On duty", "Duty"):
            roster = changed(LOOSE, "pci-soc", title=title)
            world.deploy(roster)
            assert world.sweep("roster").document["ending"] == "finished"
            assert world.sweep("schedule").document["ending"] == "finished"
            assert world.state.approved == compute_digest(roster)
            assert "SECURITY" not in world.contacts()
        world.blocked = frozenset()
        world.sweep("schedule")
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert ("sweep-drift" in world.told(), world.summary["suspects"]) == (False, [])

    @pytest.mark.parametrize("most", [2000, 0])
    def test_an_edit_beside_what_could_not_be_set_is_drift(self, monkeypatch, most):
        monkeypatch.setattr(rollout, "_MOST_STORED", most)
        world = self.unfinished()
        drift(world, PRODUCTION, kind="OPERATIONS")
        world.deploy(NARROW)
        world.execution("roster").run_to("apply")
        world.command("pause")
        world.executions[-1].run()
        world.command("unpause")
        world.blocked = frozenset()
        world.sweep("schedule")
        assert PRODUCTION in str(world.summary["suspects"])
        assert (MEMBER in str(world.summary["suspects"])) == (not most)

    def test_a_gate_that_comes_again_after_the_approval_knows_the_drift_that_it_found_before(self):
        world = self.unfinished()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("approve")
        (before,) = world.sweeps.passed.values()
        assert before.drifted == ()
        world.broken["approve", "after"] = 1
        execution.run_to("apply")
        execution.state = "gate"
        execution.try_once()
        (after,) = world.sweeps.passed.values()
        assert after.drifted == ()

    def test_what_was_set_and_changed_back_since_is_drift_while_others_wait(self):
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("report")
        (passed,) = world.sweeps.passed.values()
        execution.run()
        world.sweeps.save_passed(passed)  # as if another of its contacts could not be set
        world.clock.sleep(3600)
        before = api_values("pci-soc")
        world.member(PRODUCTION).put_alternate_contact(AlternateContactType="SECURITY", **before)
        world.sweep("schedule")
        assert world.facts("sweep-drift")["contacts"] == 1

    def test_another_roster_in_force_ends_it_and_it_counts_all_the_same(self):
        world = self.cut_off()
        world.sweeps.forget_others({compute_digest(STRICT)}, world.clock.now())
        assert [(one.accounts, one.plan) for one in world.sweeps.passed.values()] == [(1, None)]

    def test_once_it_is_rolled_out_the_same_difference_is_drift(self):
        world = self.cut_off()
        world.sweep("schedule")
        world.clock.sleep(3600)
        before = api_values("pci-soc")
        world.member(PRODUCTION).put_alternate_contact(AlternateContactType="SECURITY", **before)
        world.sweep("schedule")
        assert world.facts("sweep-drift")["contacts"] == 1

    def test_it_still_counts_among_what_nobody_looked_at(self):
        world = self.cut_off()
        world.sweep("schedule")
        assert [passed.accounts for passed in world.sweeps.list_passed(world.clock.now())] == [1]


class TestWithoutItsRoster:
    def test_a_run_whose_candidate_nobody_has_any_more_ends_without_counts(self):
        world = settled(STRICT, approve=False)
        execution = world.execution("roster").run_to("gate")
        world.deploy(BAD)
        execution.run()
        assert execution.document["ending"] == "superseded"
        assert world.summary["contacts"]["compliant"] == 0
        assert world.summary["roster"] == compute_digest(STRICT)
        assert world.metrics["SweepFinished"] == 0

    def test_a_superseded_run_of_an_organization_with_a_roster_is_judged_by_that(self):
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("gate")
        world.deploy(BAD)
        execution.run()
        assert world.summary["contacts"]["compliant"] == 15

    def test_a_plan_that_is_held_when_its_roster_is_replaced_fails_no_report(self):
        world = settled()
        world.deploy(BAD)
        execution = world.execution("roster").run_to("report")
        world.deploy(ROSTER)
        execution.run()
        assert world.told() == ["sweep-held"]
        assert (execution.document["ending"], world.summary["contacts"]["compliant"]) == (
            "pending-approval",
            15,
        )
        report = json.loads(world.runs.reports[f"reports/{execution.document['id']}/report.json"])
        assert report["waiting"] == []


@pytest.mark.parametrize("trigger", ["schedule", "operator", "roster", "approval"])
def test_a_run_knows_what_started_it(trigger):
    world = held_drift()[0] if trigger == "approval" else settled()
    if trigger == "roster":
        world.deploy(NARROW)
    if trigger == "approval":
        world.approve_held()
    else:
        world.sweep(trigger)
    summary: dict[str, Any] = world.summary
    assert summary["trigger"] == trigger
    assert summary["by"] == (ALICE if trigger == "approval" else None)
