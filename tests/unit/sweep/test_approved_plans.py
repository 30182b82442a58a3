"""What a person approved is carried out and counted as such, whatever comes between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.sweep_runs import ABSENT, MEMBERS, drift, many
from tests.support.world import ROSTER, api_values

if TYPE_CHECKING:
    from tests.support.sweep_world import SweepWorld


def waiting() -> SweepWorld:
    """A first plan that waits, larger than the limit."""
    world = many(20, roster=ROSTER)
    world.state.approved = None
    world.sweep()
    assert world.told() == ["sweep-held"]
    return world


def test_what_aws_was_too_busy_for_needs_no_second_approval():
    world = waiting()
    world.blocked = frozenset(MEMBERS)
    world.approve_held()
    assert world.summary["contacts"]["pending"] == 60
    world.blocked = frozenset()
    world.clock.sleep(3600)
    assert world.sweep("schedule").document["ending"] == "finished"
    assert world.contacts(MEMBERS[0])["SECURITY"] == api_values("soc")
    assert (world.summary["drift"], world.sweeps.plans) == (0, {})
    assert world.told() == ["sweep-held", "roster-approved", "plan-ended", "sweep-applied", "sweep-applied"]


def test_a_report_that_is_made_twice_takes_no_approved_change_for_drift():
    world = waiting()
    world.command("pause")
    world.approve_held()
    world.command("unpause")
    world.broken["report", "after"] = 1
    world.sweep("schedule")
    assert (world.summary["contacts"]["set"], world.summary["drift"]) == (66, 0)
    assert "sweep-drift" not in world.told()


def test_a_larger_plan_that_is_held_meanwhile_does_not_take_an_approved_one_away():
    world = many(roster=ABSENT)
    world.settle()
    drift(world, *MEMBERS[:12], kind="BILLING")
    world.sweep()
    (held,) = world.sweeps.list_pending(world.clock.now())
    drift(world, *MEMBERS[12:30], kind="BILLING")
    world.faults.then("sweeps.save_pending", lambda: world.command("approve", plan=held.plan))
    assert world.execution("schedule").run().document["ending"] == "pending-approval"
    assert list(world.started.values())[-1].run().document["ending"] == "finished"
    assert world.summary["contacts"]["set"] == 12
