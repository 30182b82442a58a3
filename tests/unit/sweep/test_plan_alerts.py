"""Whoever gets an open alert for a plan that waits gets its end: after it, once, and whoever dies between."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.model.errors import RetryableError
from simulation.errors import ApiError
from tests.support.memory import Crash
from tests.support.sweep_runs import ABSENT, BAD, MEMBERS, STRICT, changed, drift, held_drift, many, settled
from tests.support.sweep_world import ALICE
from tests.support.world import MEMBER, PRODUCTION

if TYPE_CHECKING:
    from tests.support.sweep_world import SweepWorld

WORSE = changed(STRICT, "platform", title="Nobody")


def held() -> SweepWorld:
    """A roster that waits for a person."""
    world = settled()
    world.deploy(BAD)
    world.sweep("roster")
    assert [one["action"] for one in list_alerts(world)] == ["open"]
    return world


def list_alerts(world: SweepWorld) -> list[dict]:
    """What was published about plans that wait, each once."""
    return [one for one in world.notices if one["notice"] in ("sweep-held", "plan-ended")]


def find_endings(world: SweepWorld) -> list[str]:
    return [one["facts"]["ending"] for one in world.notices if one["notice"] == "plan-ended"]


def find_open(world: SweepWorld) -> set[str]:
    """The incidents that a program which gets every event holds to be open."""
    opened: set[str] = set()
    for one in world.bus.notices:
        if one["notice"] in ("sweep-held", "plan-ended"):
            (opened.discard if one["action"] == "resolve" else opened.add)(one["incident_id"])
    return opened


def find_unended(world: SweepWorld) -> set[tuple[str, str]]:
    """Plans, each with the run that found it, whose alert's end is not published."""
    return {(one.plan, one.data) for one in world.sweeps.list_alerted() if not one.over}


def follow_up(world: SweepWorld) -> None:
    world.clock.sleep(900)
    world.handle({"operation": "follow-up"})


def remove(world: SweepWorld, *accounts: str) -> None:
    for account in accounts:
        world.member(account).delete_alternate_contact(AlternateContactType="BILLING")
    world.queue.clear()


class TestEnds:
    def test_an_approval_ends_the_alert_and_says_whose(self):
        world = held()
        (plan,) = world.sweeps.plans
        world.approve_held()
        opened, ended = list_alerts(world)
        assert (ended["action"], ended["severity"]) == ("resolve", "INFO")
        assert ended["incident_id"] == opened["incident_id"]
        facts = ended["facts"]
        assert (facts["ending"], facts["by"], facts["plan"]) == ("approved", ALICE, plan)
        (told,) = [alert for alert in world.alerts if alert.attributes["cause"] == "plan-ended"]
        assert "Resolved: pending plan approved by rollcall-operator/alice" in told.subject
        assert told.attributes["stage"] == "closed"
        assert find_unended(world) == set()

    def test_a_newer_plan_of_the_next_roster_is_open_itself(self):
        world = held()
        world.deploy(WORSE)
        world.sweep("roster")
        first, second, ended = list_alerts(world)
        assert ended["incident_id"] == first["incident_id"] != second["incident_id"]
        assert (ended["facts"]["ending"], ended["facts"]["newer"]) == ("superseded", second["facts"]["plan"])
        assert find_open(world) == {second["incident_id"]}

    def test_so_is_a_larger_one_of_the_same_roster(self):
        world = many(roster=ABSENT)
        world.settle()
        drift(world, *MEMBERS[:12], kind="BILLING")
        world.sweep()
        drift(world, *MEMBERS[12:20], kind="BILLING")
        world.sweep()
        assert find_endings(world) == ["superseded"]
        assert len(find_open(world)) == 1

    def test_a_sweep_that_finds_nothing_to_approve_ends_it(self):
        world, plan = held_drift()
        remove(world, MEMBER, PRODUCTION)
        world.sweep("schedule")
        assert find_endings(world) == ["not-needed"]
        assert world.sweeps.plans == {}
        assert "refused" in world.command("approve", plan=plan)

    def test_also_in_a_pause(self):
        world, _ = held_drift()
        world.command("pause")
        remove(world, MEMBER, PRODUCTION)
        world.sweep("schedule")
        assert find_endings(world) == ["not-needed"]

    def test_the_roster_in_force_deployed_again_ends_it(self):
        world = held()
        world.deploy(STRICT)
        world.sweep("schedule")
        assert find_endings(world) == ["replaced"]
        world.deploy(BAD)
        world.sweep("roster")
        assert len(find_open(world)) == 1

    def test_a_plan_that_nobody_approves_expires(self):
        world = held()
        world.clock.sleep(timedelta(days=7).total_seconds())
        world.sweeps.plans.clear()  # as the table does by itself
        follow_up(world)
        assert find_endings(world) == ["expired"]
        follow_up(world)
        assert len(list_alerts(world)) == 2

    def test_one_that_expired_and_waits_anew_is_not_superseded_by_itself(self):
        world, plan = held_drift()
        world.clock.sleep(timedelta(days=7).total_seconds())
        world.sweep("schedule")
        assert list(world.sweeps.plans) == [plan]
        assert find_endings(world) == ["expired"]
        assert len(find_open(world)) == 1

    def test_one_that_was_altered_and_stored_anew_is_not_superseded_by_itself(self):
        world, plan = held_drift()
        (key,) = [one for one in world.runs.objects if one.endswith("/accounts")]
        world.runs.objects[key] = "[]"
        world.sweep("schedule")
        (ended,) = [one for one in world.notices if one["notice"] == "plan-ended"]
        assert (ended["facts"]["ending"], ended["facts"]["newer"]) == ("renewed", plan)
        assert len(find_open(world)) == 1

    @pytest.mark.parametrize("unread", [[MEMBER, PRODUCTION], [PRODUCTION]])
    def test_a_sweep_that_cannot_read_the_contacts_ends_nothing(self, unread):
        world, plan = held_drift()
        denied = ApiError("AccessDeniedException", "explicit deny", 403)
        for account in unread:
            world.cloud.account.fail_next("GetAlternateContact", denied, times=1000, account=account)
        world.sweep("schedule")
        follow_up(world)
        assert find_endings(world) == []
        assert plan in world.sweeps.plans
        assert world.summary["pending"] == [plan]
        assert world.command("approve", plan=plan)["done"]

    def test_what_waits_on_is_not_ended(self):
        world = held()
        world.sweep("schedule")
        follow_up(world)
        assert len(find_open(world)) == 1
        assert not find_endings(world)


def plan_death(world: SweepWorld, step: str) -> None:
    """A worker dies there; at `published` between its alert and what it remembers of that."""
    if step == "published":
        world.faults.then("bus.publish_notice", lambda: world.faults.plan("sweeps.save_alerted", Crash()))
    else:
        world.faults.plan(step, Crash())


class TestCutOff:
    @pytest.mark.parametrize(
        "step", ["sweeps.save_alerted", "sweeps.save_alerted.after", "bus.publish_notice", "published"]
    )
    @pytest.mark.parametrize("approve", [True, False])
    def test_a_gate_that_dies_for_good_leaves_an_opening_and_its_end_in_order(self, step, approve):
        world = settled()
        world.deploy(BAD)
        execution = world.execution("roster").run_to("gate")
        plan_death(world, step)
        with pytest.raises(Crash):
            execution.try_once()
        if approve:
            (plan,) = world.sweeps.plans
            assert world.command("approve", plan=plan)["done"]
        follow_up(world)
        follow_up(world)
        known = step != "sweeps.save_alerted"
        actions = [one["action"] for one in list_alerts(world)]
        assert actions == (["open"] if known else []) + (["resolve"] if known and approve else [])

    def test_a_plan_whose_gate_died_before_its_alert_is_alerted_by_the_next_sweep(self):
        world = settled()
        world.deploy(BAD)
        execution = world.execution("roster").run_to("gate")
        world.faults.plan("sweeps.save_alerted", Crash())
        with pytest.raises(Crash):
            execution.try_once()
        world.clock.sleep(3600)
        world.sweep("schedule")
        assert [one["action"] for one in list_alerts(world)] == ["open"]
        world.sweep("schedule")
        world.approve_held()
        assert [one["action"] for one in list_alerts(world)] == ["open", "resolve"]

    def test_an_alert_whose_memory_is_lost_is_ended_all_the_same(self):
        world = held()
        world.sweeps.alerted.clear()
        world.sweep("schedule")
        world.approve_held()
        assert [one["action"] for one in list_alerts(world)] == ["open", "resolve"]

    def test_an_end_that_cannot_be_published_keeps_nothing_else_that_is_due(self):
        world = held()
        world.sweep("schedule")
        world.command("pause", reason="release")
        world.sweeps.plans.clear()
        world.clock.sleep(timedelta(days=2).total_seconds())
        world.faults.then(
            "sweeps.save_alerted.after",
            lambda: world.faults.plan("bus.publish_notice", ValueError("damaged")),
        )
        with pytest.raises(ValueError, match="damaged"):
            world.handle({"operation": "follow-up"})
        paused = [one["facts"]["stage"] for one in world.notices if one["notice"] == "paused"]
        assert paused == ["begun", "ended"]

    def test_one_end_that_cannot_be_published_keeps_no_other(self):
        world = held()
        (known,) = world.sweeps.list_alerted()
        world.sweeps.save_alerted(replace(known, plan="another"))
        world.sweeps.plans.clear()
        world.faults.plan("bus.publish_notice", RetryableError("too large"))
        with pytest.raises(RetryableError):
            world.handle({"operation": "follow-up"})
        assert len(find_endings(world)) == 1

    def test_an_end_waits_for_the_worker_that_may_be_publishing_the_opening(self):
        world = settled()
        world.deploy(BAD)
        execution = world.execution("roster").run_to("gate")
        world.faults.plan("bus.publish_notice", Crash())
        with pytest.raises(Crash):
            execution.try_once()
        (plan,) = world.sweeps.plans
        world.command("approve", plan=plan)
        world.handle({"operation": "follow-up"})
        assert list_alerts(world) == []

    @pytest.mark.parametrize("step", ["sweeps.forget_others", "bus.publish_notice"])
    def test_a_command_that_dies_leaves_an_end_to_the_next(self, step):
        world = held()
        (plan,) = world.sweeps.plans
        world.faults.plan(step, Crash())
        with pytest.raises(Crash):
            world.command("approve", plan=plan)
        follow_up(world)
        assert find_endings(world) == ["approved"]
        assert find_open(world) == set()

    @pytest.mark.parametrize(("deployed", "ending"), [(BAD, "approved"), (STRICT, "replaced")])
    def test_an_approval_ends_it_when_its_roster_is_in_force(self, deployed, ending):
        world = held()
        (plan,) = world.sweeps.plans
        world.faults.plan("sweeps.approve.after", Crash())
        with pytest.raises(Crash):
            world.command("approve", plan=plan)
        follow_up(world)
        assert find_endings(world) == []
        world.deploy(deployed)
        world.sweep("roster")
        follow_up(world)
        assert find_endings(world) == [ending]
        assert find_open(world) == set()

    @pytest.mark.parametrize("step", ["bus.publish_notice", "sweeps.save_alerted"])
    def test_an_end_that_was_not_published_or_not_remembered_is_published_again(self, step):
        world, _ = held_drift()
        remove(world, MEMBER, PRODUCTION)
        execution = world.execution("schedule").run_to("gate")
        world.faults.plan(step, RetryableError("busy"))
        with pytest.raises(RetryableError):
            world.invoke({"operation": "gate", "run": execution.document})
        execution.run()
        assert find_endings(world) == ["not-needed"]
        assert find_unended(world) == set()

    def test_a_sweep_beside_the_look_that_supersedes_a_plan_ends_it_alone(self):
        world = held()
        world.deploy(WORSE)
        world.clock.sleep(900)
        world.faults.then("state.get_enforcement", lambda: world.sweep("roster"))
        world.handle({"operation": "follow-up"})
        assert find_endings(world) == ["superseded"]
        assert [one.end.ending for one in world.sweeps.list_alerted() if one.end] == ["superseded"]

    def test_an_approval_beside_the_gate_that_is_about_to_alert(self):
        world = settled()
        world.deploy(BAD)

        def approve() -> None:
            (plan,) = world.sweeps.plans
            assert world.command("approve", plan=plan)["done"]

        world.faults.then("sweeps.save_alerted.after", approve)
        world.sweep("roster")
        assert [one["action"] for one in list_alerts(world)] == ["open", "resolve"]
        assert find_endings(world) == ["approved"]
        assert find_open(world) == set()

    def test_a_gate_that_is_tried_again_after_the_approval_opens_nothing(self):
        world = settled()
        world.deploy(BAD)
        execution = world.execution("roster").run_to("gate")
        execution.try_once()
        world.approve_held()
        execution.run()
        assert find_open(world) == set()


class Story:
    """What operators, sweeps and crashes do to plans, one step at a time."""

    def __init__(self) -> None:
        self.world = settled()

    def act(self, step: str) -> None:
        world = self.world
        match step:
            case "sweep":
                world.sweep("schedule")
            case "approve":
                for plan in list(world.sweeps.plans):
                    world.command("approve", plan=plan)
            case "run":
                for execution in list(world.started.values()):
                    execution.run()
            case "die":
                world.faults.plan("bus.publish_notice", Crash())
            case "wait":
                world.clock.sleep(timedelta(days=2).total_seconds())
            case "follow":
                follow_up(world)
            case _:
                world.deploy(ROSTERS[step])


ROSTERS = {"bad": BAD, "worse": WORSE, "strict": STRICT}
STEPS = (*ROSTERS, "sweep", "sweep", "approve", "run", "die", "wait", "follow")


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.sampled_from(STEPS), max_size=16))
def test_nothing_stays_open_that_does_not_wait_and_no_end_is_before_its_beginning(steps):
    story = Story()
    world = story.world
    for step in (*steps, "follow", "follow", "follow"):
        with suppress(Crash):
            story.act(step)
    world.faults.planned.clear()
    follow_up(world)
    waiting = {(one.plan, one.data) for one in world.sweeps.list_pending(world.clock.now())}
    assert find_unended(world) <= waiting
    assert len(find_open(world)) <= len(waiting)
    opened: set[str] = set()
    for one in list_alerts(world):
        assert one["notice"] == "sweep-held" or one["incident_id"] in opened
        opened.add(one["incident_id"])
