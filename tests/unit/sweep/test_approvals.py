"""Approvals that something comes between: none is lost in silence, and none takes another plan with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rollcall.model.errors import RetryableError
from rollcall.model.roster import compute_digest
from tests.support.memory import Crash
from tests.support.sweep_runs import (
    ABSENT,
    BAD,
    MEMBERS,
    STRICT,
    changed,
    drift,
    held_drift,
    many,
    settled,
)
from tests.support.sweep_world import ALICE
from tests.support.world import MEMBER, PRODUCTION, api_values

BOB = ALICE.replace("alice", "bob")
#: Another contact for all, beside the one that is held.
WORSE = changed(STRICT, "platform", title="Nobody")


def behind_a_sweep():
    """A plan that somebody approved while a sweep is under way: its run waits."""
    world, plan = held_drift()
    running = world.execution("schedule").run_to("observe")
    assert world.command("approve", plan=plan)["done"]
    waiting = list(world.started.values())[-1]
    waiting.advance()
    assert waiting.state == "wait"
    return world, plan, running, waiting


def remove(world, *accounts):
    """Somebody deletes what is to be absent."""
    for account in accounts:
        world.member(account).delete_alternate_contact(AlternateContactType="BILLING")
    world.queue.clear()


def expire(world, plan):
    world.clock.sleep((world.sweeps.plans[plan].expires_at - world.clock.now()).total_seconds())


class TestLapsed:
    def test_a_plan_that_expires_while_its_run_waits_is_told_with_who_approved_it(self):
        world, plan, _, waiting = behind_a_sweep()
        expire(world, plan)
        assert waiting.run().document["ending"] == "superseded"
        assert world.told()[-1] == "approval-lapsed"
        facts = world.facts("approval-lapsed")
        assert (facts["plan"], facts["by"]) == (plan, ALICE)
        assert facts["reason"] == "the plan expired while its run waited for another one"
        lapsed = world.sweeps.find_lapsed(world.clock.now())
        assert (lapsed.plan, lapsed.by, lapsed.reason) == (plan, ALICE, facts["reason"])
        assert "approved plan NOT applied" in world.alerts[-1].subject

    def test_one_that_was_approved_just_before_it_would_have_expired_is_carried_out(self):
        world, plan = held_drift()
        world.clock.sleep(timedelta(days=7).total_seconds() - 60)
        assert world.command("approve", plan=plan, execution="one")["done"]
        world.clock.sleep(3600)
        world.started["one"].run()
        assert len(world.writes()) == 2
        assert "approval-lapsed" not in world.told()

    def test_also_when_the_table_has_forgotten_it_by_then(self):
        world, plan, _, waiting = behind_a_sweep()
        expire(world, plan)
        del world.sweeps.plans[plan]
        waiting.run()
        assert "expired" in world.facts("approval-lapsed")["reason"]

    def test_also_when_the_same_plan_waits_anew(self):
        world, plan, running, waiting = behind_a_sweep()
        expire(world, plan)
        running.run()
        assert world.sweeps.plans[plan].approved_by is None
        waiting.run()
        assert "is pending approval again" in world.facts("approval-lapsed")["reason"]
        assert "BILLING" in world.contacts()

    def test_another_roster_that_is_approved_meanwhile_is_said_to_have_come_between(self):
        world, plan = held_drift()
        world.deploy(ABSENT | {"authorised_changers": [ALICE]})
        world.sweep("roster")
        (other,) = [held for held in world.sweeps.list_pending(world.clock.now()) if held.plan != plan]
        running = world.execution("schedule").run_to("observe")
        assert world.command("approve", plan=plan)["done"]
        assert world.command("approve", plan=other.plan, by=BOB)["done"]
        waiting, others = world.started.values()
        waiting.run_to("wait")
        assert running.run().document["ending"] == "superseded"
        assert waiting.run().document["ending"] == "superseded"
        assert others.run().document["ending"] == "finished"
        facts = world.facts("approval-lapsed")
        assert (facts["by"], facts["reason"]) == (
            # The plan and who approved it are forgotten.
            f"{ALICE} (name not verified: see rollcall history)",
            "another roster was approved before its run could begin",
        )

    def test_the_name_of_an_approval_is_that_of_the_table_whatever_the_input_of_the_run_claims(self):
        world, plan = held_drift()
        assert world.command("approve", plan=plan)["done"]
        forged = world.execution("approval", by="arn:aws:iam::333333333333:user/mallory", plan=plan)
        assert forged.run_to("apply").document["by"] == ALICE
        claimed = world.execution("operator", by="x" * 5000)
        assert (
            claimed.run_to("wait").document["by"] == f"{'x' * 300} (name not verified: see rollcall history)"
        )

    def test_what_another_run_has_carried_out_is_no_loss_and_nobody_is_told(self):
        world, plan = held_drift()
        for by in (ALICE, BOB):
            assert world.command("approve", plan=plan, by=by)["done"]
            world.clock.sleep(1)
        first, second = world.started.values()
        assert first.run().document["ending"] == "finished"
        assert second.run().document["ending"] == "superseded"
        assert "approval-lapsed" not in world.told()
        assert world.sweeps.find_lapsed(world.clock.now()) is None

    @pytest.mark.parametrize("step", ["sweeps.save_lapsed", "bus.publish_notice"])
    @pytest.mark.parametrize("error", [RetryableError("busy"), Crash()])
    def test_cut_off_it_is_told_by_the_next_try_once(self, step, error):
        world, plan, _, waiting = behind_a_sweep()
        expire(world, plan)
        world.faults.plan(step, error)
        waiting.run()
        assert world.told().count("approval-lapsed") == 1
        assert world.sweeps.find_lapsed(world.clock.now()) is not None

    def test_the_next_approval_answers_it_and_after_seven_days_it_is_old(self):
        world, plan, running, waiting = behind_a_sweep()
        expire(world, plan)
        waiting.run()
        running.run()
        known = world.sweeps.find_lapsed(world.clock.now())
        assert world.sweeps.find_lapsed(known.at + timedelta(days=7)) is None
        assert world.approve_held().document["ending"] == "finished"
        assert world.sweeps.find_lapsed(world.clock.now()) is None
        assert "BILLING" not in world.contacts()


class TestCutOff:
    """The function of the commands dies for good between two of its steps."""

    def cut_off(self, step):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        (plan,) = world.sweeps.plans
        world.faults.plan(step, Crash())
        with pytest.raises(Crash):
            world.command("approve", plan=plan)
        return world, plan

    def test_the_plan_is_known_as_approved_and_its_roster_is_not_in_force(self):
        world, plan = self.cut_off("sweeps.approve.after")
        assert world.state.approved == compute_digest(STRICT)
        assert world.sweeps.list_pending(world.clock.now()) == []
        (known,) = world.sweeps.list_approved(world.clock.now())
        assert (known.plan, known.approved_by) == (plan, ALICE)

    @pytest.mark.parametrize("step", ["sweeps.approve.after", "bus.publish_notice", "machine.start"])
    def test_another_approval_of_the_same_plan_finishes_it(self, step):
        world, plan = self.cut_off(step)
        assert world.command("approve", plan=plan, by=BOB)["done"]
        assert world.state.approved == compute_digest(BAD)
        assert list(world.started.values())[-1].run().document["ending"] == "finished"
        assert world.contacts()["SECURITY"] == api_values("soc", BAD)
        assert world.sweeps.list_approved(world.clock.now()) == []

    @pytest.mark.parametrize("step", ["sweeps.approve.after", "bus.publish_notice", "machine.start"])
    def test_without_anybody_the_next_sweep_carries_out_exactly_what_was_approved(self, step):
        world, _ = self.cut_off(step)
        assert world.sweep("schedule").document["ending"] == "finished"
        assert world.state.approved == compute_digest(BAD)
        assert world.contacts()["SECURITY"] == api_values("soc", BAD)
        assert world.summary["drift"] == 0


class TestOtherPlans:
    def larger_meanwhile(self):
        """A plan is approved while a sweep finds a larger one of the same roster."""
        world = many(roster=ABSENT)
        world.settle()
        drift(world, *MEMBERS[:12], kind="BILLING")
        world.sweep()
        (small,) = world.sweeps.list_pending(world.clock.now())
        drift(world, *MEMBERS[12:30], kind="BILLING")
        world.faults.then("sweeps.save_pending", lambda: world.command("approve", plan=small.plan))
        world.execution("schedule").run()
        (large,) = world.sweeps.list_pending(world.clock.now())
        assert large.changes == 30
        return world, large

    def test_a_run_of_an_approval_forgets_its_own_plan_and_no_larger_one_that_waits(self):
        world, large = self.larger_meanwhile()
        assert list(world.started.values())[-1].run().document["ending"] == "finished"
        assert world.summary["contacts"]["set"] == 12
        assert world.sweeps.list_pending(world.clock.now()) == [large]
        assert world.command("approve", plan=large.plan)["done"]
        assert list(world.started.values())[-1].run().document["ending"] == "finished"
        assert not any("BILLING" in world.contacts(account) for account in MEMBERS[:30])
        assert world.sweeps.plans == {}

    def test_nor_what_was_approved_before_and_not_carried_out(self):
        world = many(roster=ABSENT)
        world.settle()
        drift(world, *MEMBERS[:12], kind="BILLING")
        world.sweep()
        (small,) = world.sweeps.list_pending(world.clock.now())
        world.command("pause")
        world.command("approve", plan=small.plan)
        list(world.started.values())[-1].run()
        world.command("unpause")
        drift(world, *MEMBERS[12:30], kind="BILLING")
        world.sweep("schedule")
        assert world.summary["contacts"]["set"] == 12
        (large,) = world.sweeps.list_pending(world.clock.now())
        assert large.changes == 18
        world.command("approve", plan=large.plan)
        assert list(world.started.values())[-1].run().document["ending"] == "finished"
        # What is left of the small one is nothing; the next whole run finds that out.
        assert [held.plan for held in world.sweeps.list_approved(world.clock.now())] == [small.plan]
        world.sweep("schedule")
        assert (world.sweeps.plans, world.summary["contacts"]["compliant"]) == ({}, 126)

    def test_a_run_over_all_accounts_forgets_all_plans_of_its_roster(self):
        world, large = self.larger_meanwhile()
        list(world.started.values())[-1].run()
        remove(world, *MEMBERS[12:30])
        assert world.sweep("schedule").document["ending"] == "finished"
        assert world.sweeps.plans == {}
        refused = world.command("approve", plan=large.plan)["refused"]
        assert refused == f"the plan {large.plan[:12]} is not needed any more"

    def test_plans_of_the_candidate_wait_on_when_the_approved_roster_is_applied(self):
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        (held,) = world.sweeps.list_pending(world.clock.now())
        drift(world, MEMBER)
        world.sweep("schedule")
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert [known.roster for known in world.sweeps.list_pending(world.clock.now())] == [held.roster]


def test_two_operators_who_approve_at_the_same_moment_are_both_named_and_it_is_written_once():
    world = settled()
    world.deploy(WORSE)
    world.sweep("roster")
    (plan,) = world.sweeps.plans
    world.faults.then(
        "sweeps.approve.after", lambda: world.command("approve", plan=plan, by=BOB, execution="b")
    )
    with pytest.raises(RetryableError):
        world.command("approve", plan=plan, by=ALICE, execution="a")
    assert world.command("approve", plan=plan, by=ALICE, execution="a")["done"]
    named = [item["facts"]["by"] for item in world.notices if item["notice"] == "roster-approved"]
    assert sorted(named) == [ALICE, BOB]
    for execution in list(world.started.values()):
        execution.run()
    assert len(world.writes()) == 5
    assert world.contacts(PRODUCTION)["OPERATIONS"] == api_values("platform", WORSE)
    assert "approval-lapsed" not in world.told()


class TestAnotherRoster:
    """What somebody approved of a roster is over with the next one, also when the first is deployed again."""

    def rolled_back(self):
        """A bad roster was approved, not carried out, and replaced by the good one that was there before."""
        world = settled()
        world.deploy(BAD)
        world.sweep("roster")
        world.command("pause")
        world.approve_held()
        world.command("unpause")
        world.deploy(STRICT)
        world.sweep("roster")
        world.approve_held()
        return world

    @pytest.mark.parametrize("step", [None, "sweeps.forget_others", "bus.publish_notice", "machine.start"])
    def test_a_bad_roster_that_is_deployed_again_is_held_again_and_told(self, step):
        world = self.rolled_back()
        assert world.state.approved == compute_digest(STRICT)
        if step:
            world.deploy(WORSE)
            world.sweep("roster")
            (held,) = world.sweeps.list_pending(world.clock.now())
            world.faults.plan(step, Crash())
            with pytest.raises(Crash):
                world.command("approve", plan=held.plan, execution="one")
            assert world.command("approve", plan=held.plan, execution="one")["done"]
            list(world.started.values())[-1].run()
        told = world.told().count("sweep-held")
        world.deploy(BAD)
        world.clock.sleep(60)
        assert world.sweep("roster").document["ending"] == "pending-approval"
        assert world.told().count("sweep-held") == told + 1
        assert world.contacts()["SECURITY"] == api_values("soc")

    def test_a_plan_of_the_candidate_is_not_forgotten_when_drift_of_the_approved_roster_is_approved(self):
        world, plan = held_drift()
        world.deploy(changed(ABSENT, email="aws-soc@exmaple.example"))
        world.sweep("roster")
        waiting = {held.plan for held in world.sweeps.list_pending(world.clock.now())}
        assert len(waiting) == 2
        assert world.command("approve", plan=plan)["done"]
        assert {held.plan for held in world.sweeps.list_pending(world.clock.now())} == waiting - {plan}

    def test_a_roster_that_approves_itself_ends_what_waited_of_the_one_before(self):
        world, plan = held_drift()
        remove(world, MEMBER, PRODUCTION)
        narrow = changed(ABSENT, "pci-soc", title="On duty")
        world.deploy(narrow)
        world.sweep("roster")
        assert world.state.approved == compute_digest(narrow)
        assert world.sweeps.list_pending(world.clock.now()) == []
        refused = world.command("approve", plan=plan)["refused"]
        assert refused == f"the plan {plan[:12]} is not needed any more"
