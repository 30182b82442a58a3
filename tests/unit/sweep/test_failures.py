"""Every step of the sweep made to fail, once and for good: the rest is done and told, a re-run ends it."""

from __future__ import annotations

import json

import pytest

from rollcall.sweep.run import Run
from tests.support.sweep_runs import LOOSE, STRICT, changed, drift, settled
from tests.support.sweep_world import FOR_GOOD, SweepWorld
from tests.support.world import MALLORY, MANAGEMENT, MEMBER, PRODUCTION, api_values

STEPS = ("begin", "prepare", "observe", "gate", "apply", "report")
WHEN = ("before", "after")
#: What is still told when a step was given up before its work, beside the failure itself.
REACHED = {
    "begin": ["begin", "fail"],
    "prepare": ["begin", "prepare", "observe", "gate", "apply", "report"],
    "observe": ["begin", "prepare", "observe", "report"],
    "gate": ["begin", "prepare", "observe", "gate", "report"],
    "apply": ["begin", "prepare", "observe", "gate", "apply", "report"],
    "report": ["begin", "prepare", "observe", "gate", "apply", "report", "fail"],
}


def drifted() -> SweepWorld:
    world = settled(LOOSE)
    drift(world, MEMBER, PRODUCTION)
    return world


def assert_right(world: SweepWorld) -> None:
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")
    assert world.state.intents == {}


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_dies_once_is_done_again_and_nobody_notices(step, when):
    world = drifted()
    world.broken[step, when] = 1
    execution = world.sweep()
    assert not world.broken[step, when]
    assert (execution.status, execution.document["ending"]) == ("SUCCEEDED", "finished")
    assert_right(world)
    assert len(world.writes()) == 2
    assert world.summary["contacts"]["set"] == 2
    assert (world.summary["failed"], world.told()) == ({}, ["sweep-drift"])


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_dies_for_good_is_told_and_the_next_run_finishes_the_job(step, when):
    world = drifted()
    world.broken[step, when] = FOR_GOOD
    execution = world.sweep()
    assert execution.status == "FAILED"
    assert execution.trail == REACHED[step]
    assert world.told()[-1] == "sweep-failed"
    assert world.facts("sweep-failed")["failed"] == {step: "Crash"}
    assert world.sweeps.find_current(world.clock.now()) is None, "the next run is let in"
    assert world.metrics["SweepFailed"] >= 1
    world.broken.clear()
    assert world.sweep("schedule").document["ending"] == "finished"
    assert_right(world)
    assert len(world.writes()) == 2
    # Whichever run wrote: what it restored is alerted, with both accounts.
    assert world.facts("sweep-drift")["accounts"] == 2
    assert world.sweeps.unreported == {}


def test_without_prepare_the_management_account_is_unreadable_and_the_others_are_put_right():
    world = drifted()
    world.broken["prepare", "before"] = FOR_GOOD
    world.sweep()
    assert_right(world)
    assert world.summary["ending"] == "failed"
    assert world.summary["contacts"]["unreadable"] == 3
    assert world.facts("sweep-failed")["contacts"] == world.summary["contacts"]
    assert MANAGEMENT not in [account for _, account in world.calls]


def test_a_failed_apply_says_of_each_contact_whether_it_was_reached():
    world = drifted()
    world.broken["apply", "before"] = FOR_GOOD
    world.sweep()
    assert world.summary["contacts"]["pending"] == 2
    assert world.facts("sweep-drift")["became"] == {"pending": 2}
    assert world.contacts()["SECURITY"] == MALLORY


def test_a_failed_apply_whose_work_was_done_counts_what_it_did():
    world = drifted()
    world.broken["apply", "after"] = FOR_GOOD
    world.sweep()
    assert_right(world)
    assert world.summary["contacts"]["set"] == 2
    assert world.summary["ending"] == "failed"


def test_a_run_that_can_neither_end_nor_be_failed_holds_the_next_up_until_its_lease_ends():
    world = drifted()
    world.broken["report", "before"] = world.broken["fail", "before"] = FOR_GOOD
    world.sweep()
    world.broken.clear()
    assert world.sweep("schedule").document["ending"] == "busy"
    waiting = world.sweep("operator")
    assert waiting.trail.count("begin") > 10
    assert waiting.document["ending"] == "finished"
    assert world.facts("sweep-drift")["became"] == {"set": 2}, "the next run alerts of what the lost one did"


@pytest.mark.parametrize("damaged", ["{}", "no JSON", "results"])
def test_a_lost_run_whose_data_are_damaged_is_set_aside_and_the_others_are_reported(damaged):
    world = drifted()
    world.broken["report", "before"] = world.broken["fail", "before"] = FOR_GOOD
    world.sweep()
    world.broken.clear()
    (lost,) = world.sweeps.unreported
    world.sweeps.unreported["1-damaged"] = damaged
    if damaged == "results":
        other = Run.from_document({**json.loads(world.sweeps.unreported[lost]), "id": "1-damaged"})
        world.sweeps.save_unreported(other, world.clock.now())
        world.runs.objects["1-damaged/results/00000000"] = '[{"account_id": 7}]'
    assert world.sweep("operator").document["ending"] == "finished"
    assert world.facts("sweep-drift")["became"] == {"set": 2}
    assert world.facts("sweep-failed")["run"] == "1-damaged"
    assert list(world.facts("sweep-failed")["failed"]) == ["report"]
    assert world.sweeps.unreported == {}


def test_a_run_that_goes_on_beside_the_report_of_another_is_not_taken_for_lost():
    world = drifted()
    execution = world.execution("schedule").run_to("report")
    other = Run.from_document({**execution.document, "id": "another", "execution": "another"})
    world.faults.then("sweeps.list_unreported", lambda: world.sweeps.acquire(other, world.clock.now()))
    world.sweeps.save_unreported(other, world.clock.now())
    execution.run()
    assert list(world.sweeps.unreported) == ["another"]
    assert world.told() == ["sweep-drift"]


@pytest.mark.parametrize(
    "step",
    [
        "runs.write_report",
        "runs.write_trend",
        "bus.publish_notice",
        "sweeps.forget_applied",
        "sweeps.finish",
    ],
)
def test_a_report_that_is_cut_off_tells_each_notice_once(step):
    world = settled(STRICT)
    roster = changed(STRICT, "pci-soc", title="On duty")
    world.deploy(roster)
    execution = world.execution("roster").run_to("report")
    world.faults.plan(step, RuntimeError("cut off"))
    execution.run()
    assert not world.faults.planned[step]
    assert execution.document["ending"] == "finished"
    assert world.told() == ["roster-approved", "sweep-applied"]
    assert world.sweeps.plans == {}


def test_a_failure_never_carries_the_text_of_its_error():
    world = drifted()
    secret = str(MALLORY["EmailAddress"])
    world.faults.plan("runs.write_plan", ValueError(secret), times=5)
    world.sweep()
    assert world.facts("sweep-failed")["failed"] == {"gate": "ValueError"}
    assert secret not in str(world.bus.notices) + str(world.summary)
