"""An approved plan is carried out as it was stored, or not at all: somebody may write to the bucket."""

from __future__ import annotations

import json

import pytest

from rollcall.sweep.apply import BATCH_CHANGES, SLICE
from rollcall.sweep.approvals import open_pending, read_groups
from rollcall.sweep.stored_plan import AlteredPlanError
from tests.support.sweep_runs import MEMBERS, STRICT, drift, held_drift, many, settled
from tests.support.sweep_world import ALICE
from tests.support.world import MALLORY, MEMBER, PRODUCTION, ROSTER, api_values

OTHER = "666677778888"
MALLORYS = {"name": "Mallory", "title": "Friend", "email": "mallory@example.net", "phone": "+1 206 555 0109"}


def plan_key(world) -> str:
    (key,) = [key for key in world.runs.objects if "/plan/" in key]
    return key


def alter(world, change):
    """Change the stored plan, as anybody can who may write to the bucket."""
    key = plan_key(world)
    world.runs.objects[key] = json.dumps(change(json.loads(world.runs.objects[key])))


def aim_elsewhere(changes):
    return [changes[0] | {"account_id": OTHER}, *changes[1:]]


def write_other_values(changes):
    wanted = {"state": "present", "contact": MALLORYS, "source": "mallory"}
    return [changes[0] | {"wanted": wanted}, *changes[1:]]


ALTERED = {
    "another account": aim_elsewhere,
    "other values": write_other_values,
    "one more": lambda changes: [*changes, changes[-1] | {"account_id": OTHER}],
    "one fewer": lambda changes: changes[:1],
    "another order": lambda changes: changes[::-1],
    "no plan at all": lambda _: [{"x": 1}],
    "something else than text": lambda changes: [changes[0] | {"account_id": 7}],
}


@pytest.mark.parametrize("change", ALTERED.values(), ids=ALTERED)
def test_an_altered_plan_is_refused_alerted_and_recorded(change):
    world, plan = held_drift()
    drift(world, OTHER, kind="BILLING")  # after the plan was made: nobody approved this account
    alter(world, change)
    execution = world.approve_held()
    assert (execution.document["ending"], world.writes()) == ("altered", [])
    for account in (MEMBER, PRODUCTION, OTHER):
        assert world.contacts(account)["BILLING"] == MALLORY
    (told,) = [item for item in world.notices if item["notice"] == "plan-altered"]
    assert (told["severity"], told["facts"]["plan"]) == ("CRITICAL", plan)
    lapsed = world.sweeps.find_lapsed(world.clock.now())
    assert (lapsed.plan, lapsed.by) == (plan, ALICE)
    assert "differs from its digest" in lapsed.reason
    assert world.summary["ending"] == "altered"


def test_the_next_sweep_plans_anew_and_grants_nothing_of_it():
    world, plan = held_drift()
    alter(world, aim_elsewhere)
    world.approve_held()
    assert world.sweeps.plans == {}
    assert world.sweep("schedule").document["ending"] == "pending-approval"
    (again,) = world.sweeps.plans
    assert again == plan
    assert world.approve_held().document["ending"] == "finished"
    assert "BILLING" not in world.contacts()


def test_what_was_added_to_an_approved_plan_before_it_was_carried_out_counts_against_the_limit():
    world, _ = held_drift()
    world.command("pause")
    world.approve_held()
    alter(world, aim_elsewhere)
    world.command("unpause")
    drift(world, OTHER, kind="BILLING")
    assert world.sweep("schedule").document["ending"] == "pending-approval"
    assert world.writes() == []


def test_a_waiting_plan_that_was_altered_is_told_and_replaced_by_the_next_sweep():
    world, plan = held_drift()
    alter(world, aim_elsewhere)
    world.sweep("schedule")
    assert world.told() == ["sweep-held", "plan-altered", "sweep-held", "plan-ended"]
    (waiting,) = world.sweeps.list_pending(world.clock.now())
    assert waiting.plan == plan
    assert len(open_pending(world.runs, waiting).read_all()) == 2
    assert world.approve_held().document["ending"] == "finished"


def rename(accounts):
    return [one | {"name": "Sandbox", "ou_path": []} for one in accounts]


@pytest.mark.parametrize("change", [rename, lambda _: [], lambda accounts: [{"id": accounts[0]["id"]}]])
def test_accounts_under_other_names_are_an_altered_plan_and_the_next_sweep_replaces_it(change):
    """Who approves is shown names and OUs, and not only ids."""
    world, plan = held_drift()
    waiting = world.sweeps.find_pending(plan)
    assert [group.accounts for group in read_groups(world.runs, waiting, ())]
    key = f"{waiting.data}/accounts"
    world.runs.objects[key] = json.dumps(change(json.loads(world.runs.objects[key])))
    with pytest.raises(AlteredPlanError):
        read_groups(world.runs, waiting, ())
    world.sweep("schedule")
    assert world.told() == ["sweep-held", "plan-altered", "sweep-held", "plan-ended"]
    assert read_groups(world.runs, world.sweeps.find_pending(plan), ())


def test_one_that_is_as_it_was_is_left_where_it_is():
    world, plan = held_drift()
    before = world.sweeps.find_pending(plan)
    world.sweep("schedule")
    assert world.sweeps.find_pending(plan) == before
    assert world.told() == ["sweep-held"]


def test_a_plan_that_is_altered_while_it_is_carried_out_stops_with_the_next_worker():
    world = many(roster=ROSTER)
    world.state.approved = None
    world.sweep()
    writes = 0

    def count() -> None:
        nonlocal writes
        writes += 1
        if writes == BATCH_CHANGES:
            alter(world, write_other_values)
            world.clock.sleep(SLICE.total_seconds())

    world.on_write = count
    execution = world.approve_held()
    assert (execution.document["ending"], execution.trail.count("apply")) == ("altered", 2)
    assert 0 < len(world.writes()) < 3 * len(MEMBERS)
    assert all(
        world.contacts(account).get("SECURITY", api_values("soc")) == api_values("soc") for account in MEMBERS
    )
    assert world.told()[-2:] == ["plan-altered", "sweep-applied"]


def test_a_plan_within_the_limits_is_checked_too():
    world = settled(STRICT)
    drift(world, MEMBER)
    execution = world.execution("schedule").run_to("apply")
    alter(world, write_other_values)
    assert execution.run().document["ending"] == "altered"
    assert world.writes() == []
    assert "plan-altered" in world.told()
    assert world.sweeps.find_lapsed(world.clock.now()) is None


def test_each_part_is_the_one_that_was_checked():
    world, plan = held_drift()
    stored = open_pending(world.runs, world.sweeps.find_pending(plan))
    assert len(stored.read_part(0)) == 2
    alter(world, aim_elsewhere)
    with pytest.raises(AlteredPlanError):
        stored.read_part(0)
