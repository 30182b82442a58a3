"""A pause before any step of any run: nothing is written in it, and nothing is lost by it."""

from __future__ import annotations

import pytest

from rollcall.model.roster import compute_digest
from tests.support.sweep_runs import BAD, LOOSE, NARROW, drift, settled
from tests.support.sweep_world import SweepWorld
from tests.support.world import MEMBER, PRODUCTION, ROSTER, api_values

STEPS = ["begin", "prepare", "observe", "gate", "apply", "report"]


def drifted():
    world = settled(LOOSE)
    drift(world, MEMBER, PRODUCTION)
    return world, world.execution("schedule"), {MEMBER: "soc", PRODUCTION: "pci-soc"}, LOOSE


def within_limits():
    world = settled()
    world.deploy(NARROW)
    return world, world.execution("roster"), {PRODUCTION: "pci-soc"}, NARROW


def approved():
    world = settled()
    world.deploy(BAD)
    world.sweep("roster")
    (plan,) = world.sweeps.plans
    assert world.command("approve", plan=plan)["done"]
    return world, list(world.started.values())[-1], {MEMBER: "soc"}, BAD


def first():
    world = SweepWorld(approve=False)
    world.sweep("roster")
    (plan,) = world.sweeps.plans
    assert world.command("approve", plan=plan)["done"]
    return world, list(world.started.values())[-1], {MEMBER: "soc", PRODUCTION: "pci-soc"}, ROSTER


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("scene", [drifted, within_limits, approved, first])
def test_a_pause_before_any_step_of_any_run_stops_its_writes_and_its_end_lets_the_next_run_do_them(
    scene, step
):
    world, execution, wanted, roster = scene()
    execution.run_to(step)
    reached = execution.status == "RUNNING"
    world.command("pause")
    before = list(world.writes())
    execution.run()
    assert world.writes() == before
    # Another one in the pause writes nothing either.
    world.sweep("schedule")
    assert world.writes() == before
    world.command("unpause")
    last = world.sweep("schedule")
    assert last.document["ending"] == "finished", reached
    for account, contact in wanted.items():
        assert world.contacts(account)["SECURITY"] == api_values(contact, roster)
    assert world.state.approved == compute_digest(roster)
    assert world.sweeps.plans == {}
    assert world.state.intents == {}
    assert not world.dead


@pytest.mark.parametrize("number", range(5))
def test_a_pause_between_any_two_writes_stops_before_the_next(number):
    world, execution, _, _ = first()
    execution.run_to("apply")
    left = iter(range(100))

    def perhaps():
        if next(left) == number:
            world.command("pause")

    world.on_write = perhaps
    execution.run()
    # The one whose intent was open already is written; then nothing.
    assert len(world.writes()) <= number + 2
    assert execution.document["ending"] == "paused"
    world.on_write = lambda: None
    world.command("unpause")
    assert world.sweep("schedule").document["ending"] == "finished"
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert (world.sweeps.plans, world.summary["drift"]) == ({}, 0)
