"""What holds for every sweep, whatever people, attackers, deployments and crashes do around it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.adapters.organizations import AwsOrganization
from rollcall.decide.observed import PlannedChange
from rollcall.decide.resolve import resolve_requirement
from rollcall.model.desired import Absent, Desired, DesiredAbsent, Present
from rollcall.model.roster import Roster
from rollcall.sweep.plan_builder import compute_change_digest
from rollcall.sweep.run import LEASE_SECONDS
from simulation.organization import AlternateContact
from tests.core.test_sweep_gate import changed, settled
from tests.support.memory import Crash
from tests.support.world import KINDS, MALLORY, MANAGEMENT, MEMBER, PRODUCTION, ROSTER

if TYPE_CHECKING:
    from rollcall.decide.intent import Intent
    from rollcall.sweep.approvals import PendingPlan
    from tests.support.sweep_world import SweepWorld

ACCOUNTS = (MANAGEMENT, "333333333333", MEMBER, PRODUCTION, "666677778888")
LIMITED: dict[str, Any] = ROSTER | {"limits": {"max_changed_accounts": 1}}
ROSTERS = (
    LIMITED,
    changed(LIMITED, email="aws-security@example.com"),
    changed(LIMITED, "pci-soc", title="On duty"),
    LIMITED | {"mode": "audit"},
    LIMITED | {"defaults": LIMITED["defaults"] | {"BILLING": None}},
    LIMITED | {"overrides": [*LIMITED["overrides"], {"accounts": [MEMBER], "kinds": {}, "mode": "audit"}]},
)
THEIRS = MALLORY | {"Name": "Somebody else"}
FAULTS = (
    "state.open_intent.after",
    "ledger.record_intent.after",
    "put_alternate_contact.after",
    "state.record_request.after",
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


def edit(world: SweepWorld, place: tuple[str, str], value: dict[str, str] | None) -> None:
    account, kind = place
    client = world.member(account)
    if value is not None:
        client.put_alternate_contact(AlternateContactType=kind, **value)
    elif kind in world.contacts(account):
        client.delete_alternate_contact(AlternateContactType=kind)


def lose_events(world: SweepWorld) -> None:
    world.cloud.pump()
    world.queue.clear()


def command(world: SweepWorld, operation: str, **given: Any) -> None:
    """A command whose function may die; then people try again or not."""
    with suppress(Crash):
        world.command(operation, **given)


def happen(world: SweepWorld, what: str, *given: Any) -> None:  # noqa: C901  # one case for each happening
    match what, given:
        case "edit", (place, value):
            edit(world, place, value)
        case "lost edit", (place, value):
            before = list(world.queue)
            edit(world, place, value)
            world.queue[:] = before
        case "deploy", (roster,):
            world.deploy(roster)
        case "begin", (trigger,):
            world.execution(trigger)
        case "approve", (number,):
            held = sorted(world.sweeps.plans)
            if held:
                command(world, "approve", plan=held[number % len(held)])
        case (("pause" | "unpause"), ()):
            command(world, what)
        case "time", (seconds,):
            world.clock.sleep(seconds)
        case "fault", (step,):
            world.faults.plan(step, Crash())
        case "drain", ():
            world.drain()
        case (("advance" | "finish"), (number,)):
            running = [item for item in world.executions if item.status == "RUNNING"]
            if running:
                execution = running[number % len(running)]
                execution.advance() if what == "advance" else execution.run()


class Watch:
    """Looks at every intent as it is opened: before each write there is one, with the same values."""

    def __init__(self, world: SweepWorld) -> None:
        self.world = world
        self.unwanted: list[str] = []
        self.held: dict[str, PendingPlan] = {}
        self._open_intent, self._hold = world.state.open_intent, world.sweeps.save_pending
        world.state.open_intent = self.open_intent
        world.sweeps.save_pending = self.save_pending

    def save_pending(self, held: PendingPlan) -> bool:
        self.held[held.plan] = held
        return self._hold(held)

    def open_intent(self, intent: Intent) -> None:
        self._open_intent(intent)
        assert not self.world.state.paused
        if not self._of_the_roster(intent):
            self.unwanted.append(f"{intent.id}: not what the approved roster wants")
        if intent.signal.cause == "swept" and not self._of_a_plan(intent):
            self.unwanted.append(f"{intent.id}: in no plan that was let through")

    def _of_the_roster(self, intent: Intent) -> bool:
        state, account_id = self.world.state, intent.signal.account_id
        assert state.approved is not None
        organization = AwsOrganization(client=self.world.admin("organizations"))
        account = organization.get_account(account_id, with_tags=True)
        assert account is not None
        required = resolve_requirement(
            Roster.from_document(state.documents[state.approved]),
            account,
            today=self.world.clock.now().date(),
        )
        allowed = required.halted is None and required.exempt is None and required.held is None
        return allowed and required.desired.get(intent.kind) == intent.wanted

    def _of_a_plan(self, intent: Intent) -> bool:
        assert isinstance(intent.found, Present | Absent)
        change = PlannedChange(
            account_id=intent.signal.account_id, kind=intent.kind, found=intent.found, wanted=intent.wanted
        )
        runs = [item.document for item in self.world.executions]
        (run,) = [document for document in runs if document.get("id") == intent.signal.event.id]
        plan = run["plan"]
        changes = self._changes(run["data"], plan["roster"], plan["parts"])
        if plan["roster"] != self.world.state.approved or compute_change_digest(change) not in changes:
            return False
        # More than one account is above the limit of all these rosters: a person must have agreed.
        granted = self._granted()
        return len({account for name, account in changes.items() if name not in granted}) <= 1

    def _granted(self) -> set[bytes]:
        told = [item["facts"] for item in self.world.bus.notices if item["notice"] == "roster-approved"]
        plans = [self.held[facts["plan"]] for facts in told if not facts["automatic"]]
        return {name for held in plans for name in self._changes(held.data, held.roster, held.parts)}

    def _changes(self, data: str, roster: str, parts: int) -> dict[bytes, str]:
        found = [item for part in range(parts) for item in self.world.runs.read_planned(data, roster, part)]
        return {compute_change_digest(item): item.account_id for item in found}


def wrong(world: SweepWorld) -> list[str]:
    """Contacts that are not as the approved roster wants them, where it lets them be set."""
    roster = Roster.from_document(world.state.documents[world.state.approved or ""])
    organization = AwsOrganization(client=world.admin("organizations"))
    found = []
    for account_id in world.organization.accounts:
        account = organization.get_account(account_id, with_tags=True)
        assert account is not None
        required = resolve_requirement(roster, account, today=world.clock.now().date())
        if required.halted or required.exempt:
            continue
        for kind, demand in required.desired.items():
            stored = world.organization.accounts[account_id].contacts.get(str(kind))
            wanted = AlternateContact(**demand.contact.as_document()) if isinstance(demand, Desired) else None
            if stored != wanted:
                found.append(f"{account_id} {kind}")
    return found


@settings(max_examples=120, deadline=None)
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


@settings(max_examples=80, deadline=None)
@given(edits, edits, st.booleans())
def test_a_held_plan_that_is_approved_late_never_overwrites_a_newer_value(before, after, restart):
    world = settled(LIMITED)
    for place, value in before:
        edit(world, place, value)
    lose_events(world)
    world.sweep()
    if not world.sweeps.plans:
        return
    (held,) = world.sweeps.plans.values()
    planned = [
        item for part in range(held.parts) for item in world.runs.read_planned(held.data, held.roster, part)
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
        expected = value if untouched else _values(change.wanted)
        assert world.contacts(place[0]).get(place[1]) == expected


@settings(max_examples=50, deadline=None)
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
