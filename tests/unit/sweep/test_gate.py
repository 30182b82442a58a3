"""The gate: what is held, what goes on by itself, and what people are told of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pytest

from rollcall.model.display import Masks
from rollcall.model.roster import Roster, compute_digest
from rollcall.notify.notices import build_notice_message
from rollcall.sweep.gate import WITHIN_LIMITS
from tests.support.identities import MACHINE
from tests.support.samples import LINKS
from tests.support.sweep_runs import (
    ABSENT,
    AUDIT,
    BAD,
    LOOSE,
    NARROW,
    STRICT,
    changed,
    drift,
    held_drift,
    settled,
)
from tests.support.sweep_world import ALICE, SweepWorld
from tests.support.world import EXEMPT, KINDS, MALLORY, MEMBER, PRODUCTION, ROSTER, api_values

ACCOUNTS = 6
MANAGED = 5  # without the exempt one
DEV = "arn:aws:iam::222222222222:role/Dev"


class TestFirstRoster:
    def test_the_first_roster_that_writes_is_held_however_little_it_changes(self):
        world = settled(approve=False)
        execution = world.sweep("roster")
        assert (execution.document["ending"], world.state.approved) == ("pending-approval", None)
        facts = world.facts("sweep-held")
        assert (facts["first"], facts["changes"], facts["accounts_active"]) == (True, 0, ACCOUNTS)
        assert facts["reasons"] == ["nothing is enforced yet, and a person approves the first roster"]

    def test_it_is_told_with_what_it_would_change_in_values(self):
        world = SweepWorld(approve=False)
        world.sweep("roster")
        facts = world.facts("sweep-held")
        assert (facts["changes"], facts["accounts_changed"]) == (3 * MANAGED, MANAGED)
        assert facts["by_kind"] == dict.fromkeys(sorted(KINDS), MANAGED)
        assert facts["groups_count"] == len(facts["groups"]) == 4
        mailbox = Roster.from_document(ROSTER).contacts["finops"].email
        (billing,) = [group for group in facts["groups"] if "BILLING" in group]
        assert billing.startswith(f"5 accounts: add BILLING finops: email {mailbox}; ")

    def test_it_is_enforced_and_applied_once_a_person_approved_it(self):
        world = SweepWorld(approve=False)
        world.sweep("roster")
        assert world.writes() == []
        assert world.approve_held().document["ending"] == "finished"
        assert world.state.approved == compute_digest(ROSTER)
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")
        assert world.contacts(EXEMPT) == {}
        assert world.told() == ["sweep-held", "roster-approved", "plan-ended", "sweep-applied"]
        assert world.facts("roster-approved") == {
            "roster": compute_digest(ROSTER),
            "plan": world.facts("sweep-held")["plan"],
            "by": ALICE,
            "user_id": "AROAEXAMPLE:alice",
            "execution": "c-0",
            "automatic": False,
            "drift": False,
            "enforces": True,
            "changes": 3 * MANAGED,
        }

    def test_a_roster_in_audit_mode_is_looked_at_and_neither_held_nor_approved(self):
        world = SweepWorld(AUDIT, approve=False)
        execution = world.sweep("roster")
        assert (execution.document["ending"], world.state.approved, world.told()) == ("finished", None, [])
        assert world.summary["contacts"]["would-set"] == 3 * MANAGED

    def test_one_account_in_enforce_mode_is_enough_to_be_held(self):
        mixed = AUDIT | {
            "overrides": [{"accounts": [MEMBER], "kinds": {}, "mode": "enforce"}],
        }
        world = SweepWorld(mixed, approve=False)
        world.sweep("roster")
        assert world.facts("sweep-held")["changes"] == 3


class TestCandidate:
    def test_a_candidate_within_the_limits_is_approved_by_itself_told_and_applied(self):
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("approve").run_to("apply")
        assert execution.document["next"] == "apply"
        assert execution.run().document["ending"] == "finished"
        assert world.state.approved == compute_digest(NARROW)
        assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc", NARROW)
        assert world.told() == ["roster-approved", "sweep-applied"]
        facts = world.facts("roster-approved")
        assert (facts["by"], facts["automatic"], facts["changes"]) == (WITHIN_LIMITS, True, 1)

    @pytest.mark.parametrize(
        ("roster", "enforces"),
        [
            (STRICT | {"mode": "audit"}, False),
            (STRICT | {"mode": "audit", "overrides": [ROSTER["overrides"][0] | {"mode": "enforce"}]}, True),
            (STRICT | {"authorised_changers": [DEV]}, True),
        ],
    )
    def test_one_that_weakens_waits_and_whether_it_enforces_anything_is_told(self, roster, enforces):
        world = settled()
        world.deploy(roster)
        assert world.sweep("roster").document["ending"] == "pending-approval"
        assert world.state.approved == compute_digest(STRICT)
        (weakening,) = world.facts("sweep-held")["weakenings"]
        assert world.facts("sweep-held")["reasons"] == [weakening["text"]]
        world.approve_held()
        assert world.state.approved == compute_digest(roster)
        assert world.facts("roster-approved")["enforces"] is enforces
        (told,) = [item for item in world.notices if item["notice"] == "roster-approved"]
        assert told["severity"] == ("MEDIUM" if enforces else "HIGH")

    def test_from_audit_mode_to_audit_mode_nothing_is_switched_off(self):
        world = settled()
        for title in ("Duty", "On duty"):
            world.deploy(changed(STRICT | {"mode": "audit"}, title=title))
            world.sweep("roster")
            if world.sweeps.plans:
                world.approve_held()
        told = [item["severity"] for item in world.notices if item["notice"] == "roster-approved"]
        assert told == ["HIGH", "MEDIUM"]

    def test_one_that_changes_nothing_is_approved_and_nothing_is_applied(self):
        world = settled()
        world.deploy(STRICT | {"limits": {"max_changed_accounts": 0}})
        execution = world.sweep("roster")
        assert "apply" not in execution.trail
        assert world.told() == ["roster-approved"]
        assert world.state.approved == compute_digest(world.roster)

    def test_one_above_the_limits_is_held_and_nothing_of_it_is_written(self):
        world = settled()
        world.deploy(BAD)
        assert world.sweep("roster").document["ending"] == "pending-approval"
        assert world.writes() == []
        assert world.state.approved == compute_digest(STRICT)
        facts = world.facts("sweep-held")
        assert facts["reasons"] == [
            f"{MANAGED - 1} of {ACCOUNTS} active accounts would change, the limit is 1"
        ]
        assert facts["first"] is False

    def test_while_it_is_held_the_same_run_brings_drift_back_to_the_approved_roster(self):
        world = settled()
        drift(world, MEMBER)
        world.deploy(BAD)
        execution = world.sweep("roster")
        assert execution.document["ending"] == "pending-approval"
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert world.told() == ["sweep-held", "sweep-drift"]

    def test_it_cannot_raise_the_limit_that_it_is_held_to(self):
        world = settled()
        world.deploy(BAD | {"limits": {"max_changed_accounts": "100%"}})
        assert world.sweep("roster").document["ending"] == "pending-approval"

    def test_a_bad_roster_is_held_corrected_approved_and_applied(self):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.drain()
        assert world.contacts()["SECURITY"] == api_values("soc", STRICT)
        good = changed(STRICT, email="aws-security@example.com")
        world.deploy(good)
        (first,) = world.sweeps.plans
        assert "another roster" in world.command("approve", plan=first)["refused"]
        assert world.sweep("roster").document["ending"] == "pending-approval"
        bad, better = [item["facts"] for item in world.notices if item["notice"] == "sweep-held"]
        assert better["plan"][:12] in world.command("approve", plan=bad["plan"])["refused"]
        assert world.command("approve", plan=better["plan"])["done"]
        (approval,) = world.started.values()
        assert approval.run().document["ending"] == "finished"
        for account in world.organization.accounts:
            if account not in (EXEMPT, PRODUCTION):
                assert world.contacts(account)["SECURITY"] == api_values("soc", good)
        assert BAD["contacts"]["soc"]["email"] not in str(world.ledger.intents)


class TestValues:
    """The alert shows what would be written: old and new, and never one mask for both."""

    def test_a_typing_mistake_with_the_same_first_letter_is_seen(self):
        world = settled()
        world.deploy(changed(STRICT, email="aws-sco@example.com"))
        world.sweep("roster")
        (group,) = world.facts("sweep-held")["groups"]
        typing_mistake = "email aws-soc@example.com -> aws-sco@example.com"
        assert group.startswith(f"4 accounts: SECURITY soc: {typing_mistake}; ")

    def test_whoever_must_mask_their_own_mailboxes_too_still_sees_that_they_differ(self):
        world = settled(masks=Masks.EVERYTHING)
        world.deploy(changed(STRICT, email="aws-sco@example.com"))
        world.sweep("roster")
        (group,) = world.facts("sweep-held")["groups"]
        assert "email a***@example.com #1 -> a***@example.com #2" in group
        assert "aws-s" not in str(world.bus.notices)

    def test_what_was_found_and_is_of_no_roster_is_masked(self):
        world = settled()
        drift(world, MEMBER)
        world.deploy(BAD)
        world.sweep("roster")
        groups = world.facts("sweep-held")["groups"]
        assert any("email m***@evil.example -> aws-soc@exmaple.example" in group for group in groups)
        assert MALLORY["EmailAddress"] not in str(world.bus.notices)

    def test_the_roster_of_the_plan_is_stored_for_who_reads_it(self):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        (held,) = world.sweeps.plans.values()
        assert world.runs.read_roster(held.data, held.roster).digest == compute_digest(BAD)


class TestApprovedRoster:
    def test_few_drifted_contacts_are_put_right(self):
        world = settled()
        drift(world, MEMBER)
        assert world.sweep().document["ending"] == "finished"
        assert world.contacts()["SECURITY"] == api_values("soc")

    def test_many_drifted_contacts_wait_for_nobody(self):
        """Who changes many contacts must not gain time by it: events restore them one by one as well."""
        world = settled()
        drift(world, *world.organization.accounts)
        assert world.sweep("schedule").document["ending"] == "finished"
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")

    def test_a_delete_in_one_account_goes_on_and_in_two_it_is_held(self):
        absent = ROSTER | {"defaults": ROSTER["defaults"] | {"BILLING": None}}
        world = settled(absent)
        drift(world, MEMBER, kind="BILLING")
        assert world.sweep().document["ending"] == "finished"
        assert "BILLING" not in world.contacts()
        drift(world, MEMBER, PRODUCTION, kind="BILLING")
        assert world.sweep().document["ending"] == "pending-approval"
        assert world.facts("sweep-held")["reasons"] == ["contacts would be deleted in 2 accounts"]

    def test_a_candidate_and_the_approved_roster_may_both_be_held(self):
        world = settled(ABSENT)
        drift(world, MEMBER, PRODUCTION, kind="BILLING")
        bad = changed(ABSENT, email="aws-soc@exmaple.example")
        world.deploy(bad)
        execution = world.sweep("roster")
        assert len(execution.document["pending"]) == 2
        assert {held.roster for held in world.sweeps.plans.values()} == {
            compute_digest(bad),
            compute_digest(ABSENT),
        }
        assert world.writes() == []
        assert world.summary["pending"] == execution.document["pending"]


class TestWaiting:
    def test_the_same_plan_found_again_is_the_same_wait_and_one_alert(self):
        world, _ = held_drift()
        again = world.sweep()
        assert world.executions[0].document["pending"] == again.document["pending"]
        assert again.document["ending"] == "pending-approval"
        assert [item["notice"] for item in world.bus.notices] == ["sweep-held"]
        assert world.metrics["SweepHeld"] == 2

    def test_another_plan_of_the_same_roster_takes_its_place_and_is_told(self):
        world, _ = held_drift()
        drift(world, "666677778888", kind="BILLING")
        world.sweep()
        assert len(world.sweeps.plans) == 1
        assert world.told() == ["sweep-held", "sweep-held", "plan-ended"]

    def test_nothing_waits_with_deletes_but_deletes(self):
        world = settled(ABSENT)
        drift(world, MEMBER, PRODUCTION, kind="BILLING")
        drift(world, MEMBER, "666677778888")
        world.broken["gate", "after"] = 1
        execution = world.sweep()
        assert execution.document["ending"] == "pending-approval"
        for account in (MEMBER, "666677778888"):
            assert world.contacts(account)["SECURITY"] == api_values("soc")
        assert world.contacts()["BILLING"] == MALLORY
        facts = world.facts("sweep-held")
        assert (facts["changes"], facts["deletes"], facts["accounts_changed"]) == (2, 2, 2)
        assert all(group.startswith("2 accounts: delete BILLING") for group in facts["groups"])
        drifted = world.facts("sweep-drift")
        assert (drifted["contacts"], drifted["became"]) == (2, {"set": 2})
        counted = {name: count for name, count in world.summary["contacts"].items() if count}
        assert (counted["set"], counted["would-set"], world.summary["drift"]) == (2, 2, 4)
        report = json.loads(world.runs.reports[f"reports/{execution.document['id']}/report.json"])
        shown = Counter(
            (contact["status"], contact["reason"])
            for account in report["accounts"]
            for contact in account["contacts"].values()
        )
        assert shown["would-set", "the plan is pending approval"] == 2
        assert Counter(status for status, _ in shown.elements()) == counted

    def test_they_wait_on_through_later_sweeps_and_are_carried_out_as_approved(self):
        world, plan = held_drift()
        drift(world, MEMBER)
        for _ in range(2):
            world.sweep()
            assert list(world.sweeps.plans) == [plan]
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert world.told().count("sweep-held") == 1
        assert world.approve_held().document["ending"] == "finished"
        assert not any("BILLING" in world.contacts(account) for account in (MEMBER, PRODUCTION))
        assert world.sweeps.plans == {}

    def test_they_are_alerted_as_deletes_and_not_as_a_roster(self):
        world, _ = held_drift()
        world.approve_held()
        headlines = {
            item["notice"]: build_notice_message(item, LINKS).headline
            for item in world.notices
            if item["notice"] in ("sweep-held", "roster-approved")
        }
        assert headlines == {
            "sweep-held": "Open: 2 contacts that the roster does not allow wait for deletion",
            "roster-approved": "Reported: deletion of 2 contacts approved by rollcall-operator/alice",
        }

    def test_during_a_pause_nothing_is_carried_out_and_the_deletes_wait(self):
        world = settled(ABSENT)
        drift(world, MEMBER, PRODUCTION, kind="BILLING")
        drift(world, MEMBER)
        world.command("pause")
        assert world.sweep().document["ending"] == "paused"
        assert world.writes() == []
        (held,) = world.sweeps.plans.values()
        assert held.changes == 2

    def test_after_seven_days_it_is_told_anew(self):
        world, _ = held_drift()
        world.clock.sleep(timedelta(days=7, seconds=1).total_seconds())
        assert world.sweeps.list_pending(world.clock.now()) == []
        world.sweep()
        assert world.told() == ["sweep-held", "sweep-held", "plan-ended"]
        assert world.notices[0]["facts"]["plan"] == world.notices[1]["facts"]["plan"]

    def test_what_was_approved_and_not_reached_needs_no_second_approval(self):
        world, _ = held_drift()
        world.command("pause")
        assert world.approve_held().document["ending"] == "paused"
        assert world.contacts()["BILLING"] == MALLORY
        world.command("unpause")
        assert world.sweep("schedule").document["ending"] == "finished"
        assert "BILLING" not in world.contacts()
        assert "sweep-drift" not in world.told()
        assert world.sweeps.plans == {}

    def test_an_approval_covers_what_a_person_saw_and_not_what_came_after(self):
        world, _ = held_drift()
        world.command("pause")
        world.approve_held()
        world.command("unpause")
        drift(world, MEMBER, PRODUCTION, "666677778888", kind="BILLING")
        drift(world, "111111111111", kind="BILLING")
        assert world.sweep("schedule").document["ending"] == "pending-approval"
        assert "BILLING" not in world.contacts(MEMBER)
        assert world.contacts("666677778888")["BILLING"] == MALLORY
        assert world.contacts("111111111111")["BILLING"] == MALLORY
        (held,) = world.sweeps.list_pending(world.clock.now())
        assert held.summary["accounts_changed"] == 2

    def test_a_plan_that_weakens_something_else_takes_its_place_and_is_told(self):
        world = settled()
        world.deploy(AUDIT | {"limits": STRICT["limits"]})
        world.sweep("roster")
        world.organization.add_account(account_id="888899990000", name="New", email="new@example.com")
        world.sweep("schedule")
        before, after = [item["facts"] for item in world.notices if item["notice"] == "sweep-held"]
        assert before["plan"] != after["plan"]
        assert after["weakenings"][0]["count"] == before["weakenings"][0]["count"] + 1
        (held,) = world.sweeps.plans.values()
        assert held.summary["weakenings"] == after["weakenings"]


class TestPause:
    def test_a_plan_within_the_limits_waits_for_the_end_of_the_pause(self):
        world = settled()
        drift(world, MEMBER)
        world.command("pause")
        execution = world.sweep()
        assert (execution.document["ending"], "apply" in execution.trail) == ("paused", False)
        assert world.contacts()["SECURITY"] == MALLORY
        assert world.summary["contacts"]["would-set"] == 1
        assert world.told() == ["paused"]

    def test_nothing_is_approved_by_itself_and_what_is_too_large_is_held_all_the_same(self):
        world = settled()
        world.command("pause")
        world.deploy(NARROW)
        assert world.sweep("roster").document["ending"] == "paused"
        assert world.state.approved == compute_digest(STRICT)
        world.deploy(BAD)
        assert world.sweep("roster").document["ending"] == "paused"
        assert "sweep-held" in world.told()


class TestCutOff:
    @pytest.mark.parametrize(
        "step",
        [
            "runs.write_plan",
            "runs.write_plan.after",
            "sweeps.save_pending",
            "bus.publish_notice",
            "state.get_enforcement",
        ],
    )
    def test_a_gate_that_was_cut_off_holds_once_and_tells_once(self, step):
        world = settled()
        world.deploy(BAD)
        execution = world.execution("roster").run_to("gate")
        world.faults.plan(step, RuntimeError("cut off"))
        assert execution.run().document["ending"] == "pending-approval"
        assert execution.trail.count("gate") == 1
        assert not world.faults.planned[step]
        assert world.told() == ["sweep-held"]
        assert len(world.sweeps.plans) == 1

    @pytest.mark.parametrize(
        "step",
        [
            "state.get_enforcement",
            "state.approve",
            "state.approve.after",
            "bus.publish_notice",
            "state.forget_notice",
        ],
    )
    def test_a_gate_that_was_cut_off_around_its_approval_approves_and_tells_once(self, step):
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("gate")
        world.faults.plan(step, RuntimeError("cut off"))
        assert execution.run().document["ending"] == "finished"
        assert world.told() == ["roster-approved", "sweep-applied"]

    @pytest.mark.parametrize("step", ["state.approve.after", "bus.publish_notice", "state.forget_notice"])
    def test_a_roster_that_came_into_force_unalerted_is_alerted_by_the_schedule_once(self, step):
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("approve")
        world.faults.plan(step, RuntimeError("cut off"))
        with pytest.raises(RuntimeError):
            execution.try_once()
        assert world.state.approved == compute_digest(NARROW)
        # Nobody comes back to this run.
        for _ in range(2):
            world.handle({"operation": "follow-up"})
        assert world.told() == ["roster-approved"]
        assert world.facts("roster-approved")["roster"] == compute_digest(NARROW)
        assert world.state.notice is None

    def test_the_alert_of_one_roster_comes_before_the_next_one_is_approved(self):
        world = settled(LOOSE)
        world.deploy(changed(LOOSE, "pci-soc", title="On duty"))
        execution = world.execution("roster").run_to("approve")
        world.faults.plan("bus.publish_notice", RuntimeError("cut off"))
        with pytest.raises(RuntimeError):
            execution.try_once()
        first, world.sweeps.run = world.state.approved, None
        world.deploy(changed(LOOSE, "pci-soc", title="On call"))
        world.sweep("roster")
        told = [item["facts"]["roster"] for item in world.notices if item["notice"] == "roster-approved"]
        assert told == [first, compute_digest(world.roster)]

    def test_a_pause_that_begins_while_a_roster_is_approved_by_itself_stops_it(self):
        world = settled()
        before = world.state.approved
        world.deploy(NARROW)

        def pause() -> None:
            world.state.paused = True

        world.faults.then("state.approve", pause)
        assert world.sweep("roster").document["ending"] == "paused"
        assert world.state.approved == before
        assert "roster-approved" not in world.told()

    def test_a_gate_that_another_approval_overtook_approves_nothing(self):
        world = settled()
        world.deploy(NARROW)
        world.faults.then("state.approve", lambda: world.approve(ABSENT))
        assert world.sweep("roster").document["ending"] == "superseded"
        assert world.state.approved == compute_digest(ABSENT)
        assert "roster-approved" not in world.told()

    def test_a_deployment_between_the_approval_and_its_second_try_does_not_approve_another_roster(self):
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("approve")
        world.faults.plan("bus.publish_notice", RuntimeError("cut off"))
        with pytest.raises(RuntimeError):
            execution.try_once()
        world.deploy(BAD)
        execution.run()
        assert world.state.approved == compute_digest(NARROW)
        assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc", NARROW)


class TestApproved:
    """By `control`, which the sweep's machine asks: the sweep may not write what is in force."""

    def test_nobody_else_can_ask_for_it(self):
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("approve")
        for forged in (f"{MACHINE}:c-1", execution.name, None):
            document = {"operation": "approve", "run": execution.document, "execution": forged}
            assert "refused" in world.handle(document)
        assert world.state.approved == compute_digest(STRICT)
        assert execution.run().document["ending"] == "finished"
        assert world.state.approved == compute_digest(NARROW)

    def test_a_pause_since_the_gate_stops_it(self):
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("approve")
        world.command("pause")
        assert execution.run().document["ending"] == "paused"
        assert execution.trail.count("gate") == 2
        assert world.state.approved == compute_digest(STRICT)

    def test_a_deployment_since_the_gate_stops_it(self):
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("approve")
        world.deploy(BAD)
        assert execution.run().document["ending"] == "superseded"
        assert world.state.approved == compute_digest(STRICT)


class TestSuperseded:
    def test_a_deployment_meanwhile_ends_the_run_before_it_plans(self):
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("gate")
        world.deploy(BAD)
        assert execution.run().document["ending"] == "superseded"
        assert world.state.approved == compute_digest(STRICT)

    def test_an_approval_meanwhile_ends_it_too(self):
        world = settled()
        drift(world, MEMBER)
        execution = world.execution().run_to("gate")
        world.approve(BAD)
        assert execution.run().document["ending"] == "superseded"
        assert world.writes() == []

    def test_a_person_who_approves_the_very_plan_meanwhile_has_it_carried_out_by_a_run_of_its_own(self):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        execution = world.execution("operator").run_to("gate")
        (held,) = world.sweeps.plans
        world.command("approve", plan=held)
        assert execution.run().document["ending"] == "superseded"
        (approval,) = world.started.values()
        assert approval.run().document["ending"] == "finished"
        assert world.contacts()["SECURITY"] == api_values("soc", BAD)

    def test_a_run_whose_place_another_took_says_nothing(self):
        world = settled()
        world.deploy(BAD)
        execution = world.execution("roster").run_to("gate")
        world.clock.sleep(3600)
        world.execution("operator").run_to("prepare")
        assert execution.run().document["ending"] == "superseded"
        assert world.told() == []

    def test_a_deployment_right_after_the_beginning_ends_it_and_is_no_failure(self):
        world = settled()
        world.deploy(NARROW)
        execution = world.execution("roster").run_to("prepare")
        world.deploy(BAD)
        assert execution.run().document["ending"] == "superseded"
        assert "sweep-failed" not in world.told()
