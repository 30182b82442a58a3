"""A rollback to a roster that was approved before: from the last observation, by a person, and for good."""

from __future__ import annotations

from contextlib import suppress

import pytest

from rollcall.model.roster import compute_digest
from rollcall.sweep import observe
from tests.support.memory import Crash
from tests.support.sweep_runs import BAD, NARROW, STRICT, changed, drift, settled
from tests.support.sweep_world import ALICE, SweepWorld
from tests.support.world import MALLORY, MEMBER, api_values

GOOD = compute_digest(STRICT)


def bad_world() -> SweepWorld:
    """A wrong mailbox for all was approved by mistake and is written everywhere."""
    world = settled()
    world.state.documents[GOOD] = STRICT
    world.deploy(BAD)
    world.sweep("roster")
    world.approve_held()
    world.clock.sleep(60)
    world.sweep("schedule")
    assert world.contacts()["SECURITY"] == api_values("soc", BAD)
    return world


def plan_rollback(world: SweepWorld, roster: str = GOOD) -> dict:
    answer = world.command("rollback", plan=roster)
    if "execution" in answer:
        world.started[answer["execution"]].run()
    return answer


def test_it_is_planned_without_a_sweep_and_waits_for_a_person_who_sees_how_old_it_is():
    world = bad_world()
    world.clock.sleep(3600)
    reads = len(world.calls)
    plan_rollback(world)
    assert len(world.calls) == reads
    (held,) = world.sweeps.list_pending(world.clock.now())
    assert (held.roster, held.changes, held.summary["rollback"]) == (GOOD, 4, True)
    first, second, *_ = held.summary["reasons"]
    who = f"{ALICE} (name not verified: see rollcall history)"
    assert first == f"{who} wants to roll back to this roster, which was approved before"
    assert held.summary["observed_at"] in second
    assert world.told()[-1] == "sweep-held"
    assert world.state.approved == compute_digest(BAD)


def test_right_after_the_bad_roster_the_plan_has_what_that_wrote_and_nothing_is_drift():
    world = settled()
    world.state.documents[GOOD] = STRICT
    world.deploy(BAD)
    world.sweep("roster")
    world.approve_held()
    assert world.contacts()["SECURITY"] == api_values("soc", BAD)
    world.command("pause")
    plan_rollback(world)
    (held,) = world.sweeps.list_pending(world.clock.now())
    assert (held.changes, held.summary["by_kind"]) == (4, {"SECURITY": 4})
    assert "what runs have set since: each contact" in held.summary["reasons"][1]
    world.approve_held()
    world.command("unpause")
    world.sweep()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert ("sweep-drift" in world.told(), world.summary["drift"]) == (False, 0)


def test_what_several_runs_wrote_since_the_observation_counts_as_the_last_one_left_it():
    world = bad_world()
    plan_rollback(world)
    world.approve_held()
    world.state.documents[compute_digest(BAD)] = BAD
    plan_rollback(world, compute_digest(BAD))
    (held,) = world.sweeps.list_pending(world.clock.now())
    assert held.changes == 4
    assert world.approve_held().document["ending"] == "finished"
    assert world.contacts()["SECURITY"] == api_values("soc", BAD)
    plan_rollback(world)
    (held,) = world.sweeps.list_pending(world.clock.now())
    assert held.changes == 4


def test_what_a_run_that_never_reported_wrote_is_in_the_plan():
    world = settled()
    world.state.documents[GOOD] = STRICT
    world.deploy(BAD)
    world.sweep("roster")
    (held,) = world.sweeps.list_pending(world.clock.now())
    world.broken["report", "before"] = 100
    answer = world.command("approve", plan=held.plan)
    world.started[answer["execution"]].run()
    world.broken.clear()
    world.clock.sleep(3600)
    plan_rollback(world)
    (held,) = world.sweeps.list_pending(world.clock.now())
    assert (held.roster, held.changes) == (GOOD, 4)


def test_a_sweep_that_looked_at_a_part_is_none_to_plan_from(monkeypatch):
    world = bad_world()
    invoke = world.invoke

    def fail_in_the_second_slice(event):
        if event["operation"] == "observe" and event["run"]["cursor"]:
            raise Crash
        return invoke(event)

    with monkeypatch.context() as patched:
        patched.setattr(observe, "SLICE_SECONDS", 0.5)
        patched.setattr(world, "invoke", fail_in_the_second_slice)
        assert world.sweep("schedule").document["failed"]
    assert 0 < sum(1 for _ in world.runs.read_observed(world.summary["run"])) < world.summary["accounts"]
    plan_rollback(world)
    (held,) = world.sweeps.list_pending(world.clock.now())
    assert (held.changes, held.summary["accounts_active"]) == (4, 6)


def test_approved_it_is_enforced_and_each_contact_is_looked_at_again():
    world = bad_world()
    drift(world, MEMBER)
    plan_rollback(world)
    assert world.approve_held().document["ending"] == "finished"
    assert world.state.approved == GOOD
    assert world.contacts("333333333333")["SECURITY"] == api_values("soc")
    # Somebody changed it after it was observed: the next sweep judges that.
    assert world.contacts()["SECURITY"] == MALLORY


@pytest.mark.parametrize("step", ["sweeps.save_rolled_back", "bus.publish_notice"])
def test_an_approval_that_is_cut_off_does_not_forget_that_a_person_went_back(step):
    world = settled()
    world.deploy(NARROW)
    world.sweep("roster")
    world.state.documents[GOOD] = STRICT
    plan_rollback(world)
    (held,) = world.sweeps.list_pending(world.clock.now())
    world.faults.plan(step, RuntimeError("cut off"))
    for _ in range(2):
        with suppress(RuntimeError):
            world.command("approve", plan=held.plan, execution="one")
    list(world.started.values())[-1].run()
    world.clock.sleep(86_400)
    world.sweep("schedule")
    assert world.facts("sweep-held")["reasons"][0].startswith("a person rolled back from this roster")
    assert world.state.approved == GOOD


def test_an_approval_that_is_cut_off_before_it_had_an_effect_is_not_denied_when_it_expires():
    world = bad_world()
    plan_rollback(world)
    (held,) = world.sweeps.list_pending(world.clock.now())
    world.faults.plan("sweeps.approve.after", RuntimeError("cut off"))
    with pytest.raises(RuntimeError):
        world.command("approve", plan=held.plan)
    for _ in range(3):
        world.clock.sleep(7 * 86_400)
        world.handle({"operation": "follow-up"})
    ended = world.facts("plan-ended")
    assert (ended["plan"], ended["ending"], ended["by"]) == (held.plan, "lapsed", ALICE)
    world.sweeps.plans.clear()  # as the table does by itself
    assert world.command("approve", plan=held.plan)["refused"].endswith(f"{ALICE} had no effect")


def test_what_is_still_deployed_does_not_come_back_by_itself_and_another_roster_does():
    world = settled()
    world.deploy(NARROW)
    assert world.sweep("roster").document["ending"] == "finished"
    world.state.documents[GOOD] = STRICT
    plan_rollback(world)
    world.approve_held()
    assert world.state.approved == GOOD
    for _ in range(8):
        world.clock.sleep(86_400)
        assert world.sweep("schedule").document["ending"] == "pending-approval"
    assert world.facts("sweep-held")["reasons"][0].startswith("a person rolled back from this roster")
    assert world.state.approved == GOOD
    better = changed(STRICT, "pci-soc", title="Duty")
    world.deploy(better)
    assert world.sweep("roster").document["ending"] == "finished"
    assert world.state.approved == compute_digest(better)


def test_who_approves_what_was_left_wants_it_again():
    world = bad_world()
    plan_rollback(world)
    world.approve_held()
    assert world.sweeps.find_rolled_back() == compute_digest(BAD)
    world.sweep("schedule")
    world.approve_held()
    assert world.sweeps.find_rolled_back() is None
    assert world.state.approved == compute_digest(BAD)


def test_what_weakens_on_the_way_back_is_said():
    world = bad_world()
    exempt = STRICT | {"exempt": []}
    world.state.documents[compute_digest(exempt)] = exempt | {"mode": "audit"}
    audit = STRICT | {"mode": "audit"}
    world.state.documents[compute_digest(audit)] = audit
    plan_rollback(world, compute_digest(audit))
    (held,) = world.sweeps.list_pending(world.clock.now())
    (weakening,) = held.summary["weakenings"]
    assert weakening["kind"] == "audit"


@pytest.mark.parametrize(
    ("roster", "why"),
    [
        (compute_digest(BAD), "this roster is already in force"),
        ("ab" * 32, "no roster with this digest was ever approved"),
    ],
)
def test_only_to_another_roster_that_was_approved(roster, why):
    world = bad_world()
    answer = world.command("rollback", plan=roster)
    assert (answer["refused"], "`rollcall status` shows" in answer["fix"]) == (why, True)


def test_before_any_sweep_there_is_nothing_to_plan_from():
    world = settled()
    world.state.documents[compute_digest(NARROW)] = NARROW
    plan_rollback(world, compute_digest(NARROW))
    assert world.executions[-1].document["ending"] == "nothing-new"
    assert world.sweep("schedule").document["ending"] == "finished"


def test_another_approval_meanwhile_ends_it_and_the_next_sweep_begins():
    world = bad_world()
    answer = world.command("rollback", plan=GOOD)
    execution = world.started[answer["execution"]].run_to("gate")
    world.approve(NARROW)
    assert execution.run().document["ending"] == "superseded"
    assert world.sweeps.find_current(world.clock.now()) is None


def test_the_report_and_the_summary_stay_those_of_the_last_sweep():
    world = bad_world()
    before = world.summary
    plan_rollback(world)
    assert world.summary == before
    world.approve_held()
    # An approval observes nothing: what is known stays known, with who wrote since.
    writers = [*before["observed"]["written_by"], world.summary["run"]]
    assert world.summary["observed"] == before["observed"] | {"written_by": writers}
