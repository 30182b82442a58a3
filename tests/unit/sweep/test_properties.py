"""What holds for every sweep, whatever people, attackers, deployments and crashes do around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.model.desired import Absent, Desired, DesiredAbsent, Present
from rollcall.sweep.run import LEASE_SECONDS
from tests.support.sweep_mixtures import LIMITED, THEIRS, Watch, edit, happen, wrong
from tests.support.sweep_runs import ABSENT, changed, settled
from tests.support.world import KINDS, MALLORY, MANAGEMENT, MEMBER, PRODUCTION

if TYPE_CHECKING:
    from tests.support.sweep_world import SweepWorld

ACCOUNTS = (MANAGEMENT, "333333333333", MEMBER, PRODUCTION, "666677778888")
ROSTERS = (
    LIMITED,
    changed(LIMITED, email="aws-security@example.com"),
    changed(LIMITED, "pci-soc", title="On duty"),
    LIMITED | {"mode": "audit"},
    LIMITED | {"defaults": LIMITED["defaults"] | {"BILLING": None}},
    LIMITED | {"overrides": [*LIMITED["overrides"], {"accounts": [MEMBER], "kinds": {}, "mode": "audit"}]},
)
FAULTS = (
    "state.open_intent.after",
    "ledger.record_intent.after",
    "put_alternate_contact.after",
    "ledger.record_outcome.after",
    "ledger.record_outcome.after",
    "bus.publish",
    "bus.publish.after",
    "bus.publish_notice",
    "state.close_intent",
    "runs.write_results.after",
    "sweeps.save_pending",
    "sweeps.finish",
)

places = st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(KINDS))
values = st.sampled_from([MALLORY, THEIRS, None])
edits = st.lists(st.tuples(places, values), max_size=8)
#: What happens between the steps of sweeps.
happenings = st.one_of(
    st.tuples(st.just("edit"), places, values),
    st.tuples(st.just("lost edit"), places, values),
    st.tuples(st.just("deploy"), st.sampled_from(ROSTERS)),
    st.tuples(st.just("begin"), st.sampled_from(("schedule", "roster", "operator"))),
    st.tuples(st.just("advance"), st.integers(0, 3)),
    st.tuples(st.just("advance"), st.integers(0, 3)),
    st.tuples(st.just("finish"), st.integers(0, 3)),
    st.tuples(st.just("approve"), st.integers(0, 3)),
    st.tuples(st.just("pause")),
    st.tuples(st.just("unpause")),
    st.tuples(st.just("drain")),
    st.tuples(st.just("time"), st.sampled_from((60, 1000, 90_000, 700_000))),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
)


def lose_events(world: SweepWorld) -> None:
    world.cloud.pump()
    world.queue.clear()


@settings(max_examples=30, deadline=None)
@given(st.lists(happenings, max_size=25))
def test_nothing_is_written_that_no_approved_roster_and_plan_want_and_in_the_end_all_is_right(story):
    world = settled(LIMITED)
    watch = Watch(world)
    for happening in story:
        happen(world, *happening)
    assert watch.unwanted == []
    world.faults.planned.clear()
    world.command("unpause")
    for execution in list(world.executions):
        execution.run()
    world.drain()
    world.clock.sleep(LEASE_SECONDS + 1)
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
    assert "unrecorded-write" not in world.verdicts()
    assert all(execution.status == "SUCCEEDED" for execution in world.executions)


@settings(max_examples=25, deadline=None)
@given(edits, edits, st.booleans())
def test_a_held_plan_that_is_approved_late_never_overwrites_a_newer_value(before, after, restart):
    world = settled(ABSENT)
    for account in (MEMBER, PRODUCTION):
        edit(world, (account, "BILLING"), MALLORY)
    for place, value in before:
        edit(world, place, value)
    lose_events(world)
    world.sweep()
    if not world.sweeps.plans:
        return
    (held,) = world.sweeps.plans.values()
    planned = [
        item
        for part in range(held.parts)
        for item in world.runs.read_planned(held.data, held.roster, held.first_part + part)
    ]
    for place, value in after:
        edit(world, place, value)
    lose_events(world)
    newer = {place: world.contacts(place[0]).get(place[1]) for place in _all_places()}
    execution = world.command("approve", plan=held.plan)["execution"]
    if restart:
        world.broken["apply", "after"] = 1
    world.started[execution].run()
    for place, value in newer.items():
        change = next((item for item in planned if (item.account_id, str(item.kind)) == place), None)
        untouched = change is None or value != _values(change.found)
        expected = value if change is None or untouched else _values(change.wanted)
        assert world.contacts(place[0]).get(place[1]) == expected


@settings(max_examples=25, deadline=None)
@given(edits, st.sampled_from(ROSTERS), st.lists(st.integers(1, 3), min_size=8, max_size=8), st.booleans())
def test_a_step_that_is_done_several_times_does_what_it_does_once(drifted, roster, times, approve):
    once, often = (settled(LIMITED) for _ in range(2))
    for world in (once, often):
        for place, value in drifted:
            edit(world, place, value)
        lose_events(world)
        world.deploy(roster)
    repeat = iter(times)
    single = often.invoke

    def several(event):
        answers = [single(event) for _ in range(next(repeat, 1))]
        return answers[-1]

    often.invoke = several
    for world in (once, often):
        world.sweep()
        for plan in list(world.sweeps.plans) if approve else []:
            world.command("approve", plan=plan)
        for execution in list(world.executions):
            execution.run()
    assert [world.contacts(account) for account, _ in _all_places() for world in (once,)] == [
        often.contacts(account) for account, _ in _all_places()
    ]
    assert once.told() == often.told()
    assert len(once.ledger.intents) == len(often.ledger.intents)
    assert once.summary["contacts"] == often.summary["contacts"]
    assert once.state.approved == often.state.approved
    assert set(once.sweeps.plans) == set(often.sweeps.plans)


def _all_places() -> list[tuple[str, str]]:
    return [(account, kind) for account in ACCOUNTS for kind in KINDS]


def _values(side: Present | Absent | Desired | DesiredAbsent) -> dict[str, str] | None:
    if isinstance(side, Absent | DesiredAbsent):
        return None
    contact = side.contact
    return {
        "Name": contact.name,
        "Title": contact.title,
        "EmailAddress": contact.email,
        "PhoneNumber": contact.phone,
    }
