"""Organizations that change under a sweep: accounts come, go, move and close; units are renamed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.memory import Crash
from tests.support.sweep_mixtures import LIMITED, THEIRS, Watch, happen, wrong
from tests.support.sweep_runs import LOOSE, changed, drift, held_drift, results, settled
from tests.support.world import KINDS, MALLORY, MEMBER, PRODUCTION, api_values

if TYPE_CHECKING:
    from tests.support.sweep_world import SweepWorld

STEPS = ["begin", "prepare", "observe", "gate", "apply", "report"]
SANDBOX = "666677778888"
UNITS = {"Workloads/Development", "Workloads/Production", "Sandbox"}
MOVABLE = (MEMBER, PRODUCTION, SANDBOX)


class Changing:
    """An organization and the people who change it, with or without events."""

    def __init__(self, world: SweepWorld) -> None:
        self.world, self.organization = world, world.organization
        self.units = {path: self.organization.find_ou(path) for path in UNITS}
        self.names = {path: path.rpartition("/")[2] for path in UNITS}
        self.added = 0

    def move(self, account_id: str, unit: str) -> None:
        source = self.organization.accounts[account_id].parent_id
        if source != self.units[unit]:
            self.world.admin("organizations").move_account(
                AccountId=account_id, SourceParentId=source, DestinationParentId=self.units[unit]
            )

    def close(self, account_id: str) -> None:
        self.organization.accounts[account_id].state = "SUSPENDED"

    def reopen(self, account_id: str) -> None:
        self.organization.accounts[account_id].state = "ACTIVE"

    def appear(self, unit: str) -> str:
        self.added += 1
        name, parent = f"New {self.added}", self.units[unit]
        return self.organization.add_account(
            name=name, email=f"new{self.added}@example.com", parent=parent
        ).id

    def rename(self, unit: str) -> None:
        self.organization.rename_ou(self.units[unit], f"{self.names[unit]} (old)")

    def delete(self, unit: str) -> None:
        unit_id = self.units[unit]
        assert not self.organization.child_accounts.pop(unit_id)
        parent = self.organization.units.pop(unit_id).parent_id
        del self.organization.child_units[parent][unit_id]

    def restore_names(self) -> None:
        for unit, name in self.names.items():
            self.organization.rename_ou(self.units[unit], name)


@pytest.mark.parametrize("step", STEPS)
def test_an_account_that_moves_before_any_step_gets_what_its_new_place_asks_for(step):
    world = settled(LOOSE)
    drift(world, MEMBER)
    execution = world.execution("schedule").run_to(step)
    Changing(world).move(MEMBER, "Workloads/Production")
    world.queue.clear()
    execution.run()
    assert world.contacts()["SECURITY"] in (MALLORY, api_values("soc"), api_values("pci-soc"))
    assert ("put_alternate_contact", PRODUCTION) not in world.writes()
    world.sweep("schedule")
    assert world.contacts()["SECURITY"] == api_values("pci-soc")
    assert execution.status == "SUCCEEDED"


@pytest.mark.parametrize("step", STEPS)
def test_an_account_that_is_closed_before_any_step_is_left_alone_from_then_on(step):
    world = settled(LOOSE)
    drift(world, MEMBER, PRODUCTION)
    execution = world.execution("schedule").run_to(step)
    Changing(world).close(MEMBER)
    before = len([call for call in world.writes() if call[1] == MEMBER])
    execution.run()
    assert len([call for call in world.writes() if call[1] == MEMBER]) == before
    assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")
    assert execution.document["ending"] == "finished"


@pytest.mark.parametrize("step", STEPS)
def test_an_account_that_leaves_before_any_step_is_nobodys_failure(step):
    world = settled(LOOSE)
    drift(world, MEMBER, PRODUCTION)
    execution = world.execution("schedule").run_to(step)
    world.organization.dismiss(MEMBER)
    execution.run()
    assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")
    assert (execution.document["ending"], execution.document["failed"]) == ("finished", {})
    world.sweep("schedule")
    assert world.summary["drift"] == 0


@pytest.mark.parametrize("step", STEPS)
def test_an_account_that_appears_before_any_step_and_whose_event_is_lost_is_set_by_the_next_sweep(
    step,
):
    world = settled(LOOSE)
    execution = world.execution("schedule").run_to(step)
    new = Changing(world).appear("Sandbox")
    world.queue.clear()
    execution.run()
    world.sweep("schedule")
    assert world.contacts(new)["SECURITY"] == api_values("soc")


@pytest.mark.parametrize("step", STEPS)
def test_a_unit_that_is_renamed_before_any_step_hands_no_account_to_the_defaults(step):
    world = settled(LOOSE)
    world.sweep("schedule")
    drift(world, PRODUCTION)
    execution = world.execution("schedule").run_to(step)
    changing = Changing(world)
    changing.rename("Workloads/Production")
    world.queue.clear()
    execution.run()
    world.sweep("schedule")
    assert world.contacts(PRODUCTION)["SECURITY"] in (MALLORY, api_values("pci-soc"))
    changing.restore_names()
    world.sweep("schedule")
    assert world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc")


def test_a_unit_that_is_deleted_between_the_plan_and_its_application_skips_what_it_asked_for():
    world = settled(LOOSE)
    drift(world, PRODUCTION)
    execution = world.execution("schedule").run_to("apply")
    changing = Changing(world)
    changing.move(PRODUCTION, "Sandbox")
    world.queue.clear()
    changing.delete("Workloads/Production")
    execution.run()
    assert results(world)[PRODUCTION, "SECURITY"][0] == "skipped"
    assert world.contacts(PRODUCTION)["SECURITY"] == MALLORY
    world.sweep("schedule")
    assert world.contacts(PRODUCTION)["SECURITY"] == api_values("soc")


def test_a_plan_all_of_whose_accounts_have_left_is_approved_and_over():
    world, _ = held_drift()
    for account in (MEMBER, PRODUCTION):
        world.organization.dismiss(account)
    assert world.approve_held().document["ending"] == "finished"
    assert (world.sweeps.plans, world.writes()) == ({}, [])
    assert {item["verdict"] for item in world.facts("sweep-applied")["examples"]} == {"skipped"}


@pytest.mark.parametrize(
    ("limit", "ending"), [("19%", "pending-approval"), ("20%", "finished"), ("100%", "finished")]
)
def test_a_per_cent_of_few_accounts_is_of_the_active_ones_and_may_be_none(limit, ending):
    roster = LIMITED | {"limits": {"max_changed_accounts": limit}}
    world = settled(roster)
    Changing(world).close(SANDBOX)
    narrow = changed(roster, "pci-soc", title="On duty")
    world.deploy(narrow)
    assert world.sweep("roster").document["ending"] == ending
    right = world.contacts(PRODUCTION)["SECURITY"] == api_values("pci-soc", narrow)
    assert right == (ending == "finished")
    if ending == "pending-approval":
        assert world.facts("sweep-held")["reasons"] == [
            "1 of 5 active accounts would change, the limit is 0 (19% of them)"
        ]


accounts, units = st.sampled_from(MOVABLE), st.sampled_from(sorted(UNITS))
places = st.tuples(accounts, st.sampled_from(KINDS))
happenings = st.one_of(
    st.tuples(st.just("move"), accounts, units),
    st.tuples(st.just("close"), accounts),
    st.tuples(st.just("reopen"), accounts),
    st.tuples(st.just("appear"), units),
    st.tuples(st.just("rename"), units),
    st.tuples(st.just("restore_names")),
    st.tuples(st.just("lose")),
    st.tuples(st.just("edit"), places, st.sampled_from([MALLORY, THEIRS])),
    st.tuples(st.just("begin"), st.sampled_from(("schedule", "operator"))),
    st.tuples(st.just("advance"), st.integers(0, 3)),
    st.tuples(st.just("advance"), st.integers(0, 3)),
    st.tuples(st.just("finish"), st.integers(0, 3)),
    st.tuples(st.just("approve"), st.integers(0, 3)),
    st.tuples(st.just("drain")),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(happenings, max_size=25))
def test_whatever_the_organization_does_nothing_is_written_that_the_roster_does_not_want_there(story):
    world = settled(LIMITED)
    watch, changing = Watch(world), Changing(world)
    for what, *given_ in story:
        if hasattr(changing, what):
            getattr(changing, what)(*given_)
        elif what == "lose":
            world.queue.clear()
        else:
            with suppress(Crash):
                happen(world, what, *given_)
    changing.restore_names()
    for account in MOVABLE:
        changing.reopen(account)
    for execution in list(world.executions):
        execution.run()
    world.drain()
    for _ in range(3):
        world.sweep()
        for plan in list(world.sweeps.plans):
            world.command("approve", plan=plan)
        for execution in list(world.executions):
            execution.run()
    world.drain()
    assert watch.unwanted == []
    assert wrong(world) == []
    assert world.state.intents == {}
    assert all(execution.status == "SUCCEEDED" for execution in world.executions)
