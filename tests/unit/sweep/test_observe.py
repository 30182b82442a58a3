"""The observing half of a sweep: begin, prepare, observe, over a simulated organization."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bench.concurrency import ConcurrentClock, ConcurrentPool
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import ALTERNATE_KINDS, Contact, ContactKind
from rollcall.model.desired import Absent, Present, Unreadable
from rollcall.model.errors import RetryableError
from rollcall.model.roster import compute_digest
from rollcall.sweep.approvals import PendingPlan
from rollcall.sweep.observe import RETRY_SECONDS, SLICE_SECONDS
from rollcall.sweep.run import LEASE_SECONDS, Ending, Run, Step, Trigger
from simulation.errors import ApiError
from simulation.seeds import make_example_organization
from tests.support.memory import Crash
from tests.support.sweeping import Sweeping
from tests.support.world import MALLORY, MANAGEMENT, MEMBER, PRODUCTION, ROSTER, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall.decide.plan import ObservedAccount

OTHER = ROSTER | {"mode": "audit"}
TAGGED: dict[str, Any] = ROSTER | {
    "overrides": [{"tag": {"stage": "production"}, "kinds": {"SECURITY": "pci-soc"}, "mode": None}]
}
#: OUs of the example organization that have accounts below another one, the root among them.
UNITS_ABOVE = 2
BUSY = ApiError("TooManyRequestsException", "Too many requests", 429)
PLAN = "p" * 64


@pytest.fixture
def world() -> World:
    return World().settle()


@pytest.fixture
def sweeping(world: World) -> Sweeping:
    return Sweeping(world)


def many(world: World, accounts: int = 250) -> World:
    """So many accounts in all, each as the roster wants it."""
    for number in range(accounts - len(world.organization.accounts)):
        world.organization.add_account(
            name=f"A{number}", email=f"a{number}@example.com", parent=world.organization.find_ou("Sandbox")
        )
    return world.settle()


def slow(sweeping: Sweeping, rate: float = 1.0) -> None:
    """One read a second: a slice is 80 accounts, and a test is quick."""
    sweeping.ports.paces.by_operation["GetAlternateContact"].ceiling = rate


def held(world: World, **more: Any) -> PendingPlan:
    now = world.clock.now()
    known = {
        "plan": PLAN,
        "roster": compute_digest(world.roster),
        "changes": 30,
        "parts": 1,
        "data": "an earlier run",
        "places": "",
        "made_at": now,
        "expires_at": now + timedelta(days=7),
        "summary": {},
        "approved_by": "arn:aws:iam::333333333333:role/rollcall-operator",
    }
    return PendingPlan(**{**known, **more})


def readable(observed: ObservedAccount) -> bool:
    return not any(isinstance(found, Unreadable) for found in observed.contacts.values())


class TestBegin:
    def test_a_run_is_named_by_its_start_and_its_execution(self, sweeping: Sweeping) -> None:
        run = sweeping.begin()
        assert run.id.startswith("20261005T090000Z-")
        assert run.data == run.id
        assert sweeping.begin().id == run.id

    def test_a_scheduled_run_beside_another_ends_at_once(self, sweeping: Sweeping) -> None:
        sweeping.begin()
        other = sweeping.begin("schedule", execution="e-2")
        assert (other.next, other.ending) == (Step.END, Ending.BUSY)

    @pytest.mark.parametrize("trigger", ["operator", "approval", "roster"])
    def test_one_that_somebody_wants_waits_for_its_turn(
        self, world: World, sweeping: Sweeping, trigger: str
    ) -> None:
        sweeping.deploy(OTHER)
        sweeping.sweeps.save_pending(held(world))
        sweeping.begin()
        other = sweeping.begin(trigger, execution="e-2", plan=PLAN)
        assert (other.next, other.ending) == (Step.WAIT, None)

    def test_one_whose_worker_is_long_gone_is_in_nobodys_way(self, world: World, sweeping: Sweeping) -> None:
        sweeping.begin()
        world.clock.sleep(LEASE_SECONDS + 1)
        assert sweeping.begin("schedule", execution="e-2").next is Step.PREPARE

    def test_a_deployment_that_brings_no_new_roster_starts_nothing(self, sweeping: Sweeping) -> None:
        run = sweeping.begin("roster")
        assert (run.next, run.ending) == (Step.END, Ending.NOTHING_NEW)
        assert sweeping.sweeps.run is None

    def test_a_run_pins_the_candidate_and_what_is_approved(self, sweeping: Sweeping) -> None:
        sweeping.deploy(OTHER)
        run = sweeping.begin("roster")
        assert (run.roster, run.approved) == (compute_digest(OTHER), compute_digest(ROSTER))

    def test_before_the_first_approval_there_is_only_the_candidate(self) -> None:
        run = Sweeping(World(approve=False)).begin()
        assert (run.roster, run.approved) == (compute_digest(ROSTER), None)

    def test_an_approved_plan_is_applied_from_what_was_observed_then(
        self, world: World, sweeping: Sweeping
    ) -> None:
        earlier = sweeping.observe(sweeping.begin())
        sweeping.sweeps.finish(earlier, {}, world.clock.now())
        sweeping.sweeps.save_pending(held(world, data=earlier.id))
        run = sweeping.begin("approval", execution="e-2", plan=PLAN)
        assert run.trigger is Trigger.APPROVAL
        assert (run.next, run.data, run.accounts, run.reads) == (Step.APPLY, earlier.id, 6, 0)
        assert run.plan is not None
        assert (run.plan.digest, run.plan.changes, run.plan.parts) == (PLAN, 30, 1)
        assert run.id != earlier.id

    @pytest.mark.parametrize(
        "more",
        [{"approved_by": None}, {"expires_at": World().clock.now()}, {"roster": compute_digest(OTHER)}, None],
        ids=["not approved", "expired", "another roster", "unknown"],
    )
    def test_a_plan_that_is_not_in_force_is_not_applied(
        self, world: World, sweeping: Sweeping, more: dict[str, Any] | None
    ) -> None:
        if more is not None:
            sweeping.sweeps.save_pending(held(world, **more))
        run = sweeping.begin("approval", plan=PLAN)
        assert (run.next, run.ending) == (Step.END, Ending.SUPERSEDED)
        assert sweeping.sweeps.run is None


class TestObserve:
    def test_the_first_slice_lists_every_account_and_counts_what_that_took(self, sweeping: Sweeping) -> None:
        run = sweeping.slice(sweeping.begin())
        assert run.accounts == len(list(sweeping.runs.read_accounts(run.id))) == 6
        assert run.reads == 1 + UNITS_ABOVE

    def test_two_hundred_and_fifty_accounts_are_thirteen_pages(
        self, world: World, sweeping: Sweeping
    ) -> None:
        many(world)
        run = sweeping.slice(sweeping.begin())
        assert run.accounts == 250
        assert run.reads == 13 + UNITS_ABOVE

    def test_a_slice_that_is_cut_off_while_it_stores_lists_again(
        self, world: World, sweeping: Sweeping
    ) -> None:
        run = sweeping.begin()
        world.faults.plan("runs.write_accounts.after", Crash())
        with pytest.raises(Crash):
            sweeping.slice(run)
        world.organization.add_account(name="Late", email="late@example.com")
        again = sweeping.slice(run)
        assert (again.next, again.accounts, again.cursor) == (Step.GATE, 7, 7)
        assert len(sweeping.observed(again)) == 6

    def test_a_listing_that_fails_stores_nothing_and_is_tried_again(
        self, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run, listed = sweeping.begin(), list(sweeping.ports.accounts.list_accounts())

        def break_off() -> Iterator[Account]:
            yield from listed[:3]
            raise RetryableError("AWS Organizations refused list_accounts")

        with monkeypatch.context() as broken:
            broken.setattr(sweeping.ports.accounts, "list_accounts", break_off)
            with pytest.raises(RetryableError, match="list_accounts"):
                sweeping.slice(run)
        assert sweeping.runs.objects == {}
        assert sweeping.observe(run).accounts == 6

    def test_accounts_are_read_while_others_are_listed(self) -> None:
        clock = ConcurrentClock()
        world = World(organization=make_example_organization(clock))
        sweeping = Sweeping(world, pool=ConcurrentPool(clock, 8))
        many(world, 100)
        listed = list(sweeping.ports.accounts.list_accounts())

        def list_slowly() -> Iterator[Account]:
            for account in listed:
                clock.sleep(1.0)
                yield account

        run, start = sweeping.begin(), clock.now()
        object.__setattr__(sweeping.ports.accounts, "list_accounts", list_slowly)
        clock.gather([lambda: sweeping.slice(run)])
        assert (clock.now() - start).total_seconds() == pytest.approx(len(listed), abs=2)
        assert len(sweeping.runs.read_observed(run.id)) == len(listed) - 1

    def test_every_contact_of_every_member_is_read_once(self, world: World, sweeping: Sweeping) -> None:
        del world.organization.accounts[MEMBER].contacts["BILLING"]
        run = sweeping.observe(sweeping.prepare(sweeping.begin()))
        assert (run.next, run.cursor) == (Step.GATE, 6)
        observed = sweeping.observed(run)
        assert set(observed) == set(world.organization.accounts)
        assert all(set(item.contacts) == set(ALTERNATE_KINDS) for item in observed.values())
        assert observed[MEMBER].contacts[ContactKind.BILLING] == Absent()
        soc = Contact.from_document(ROSTER["contacts"]["pci-soc"])
        assert observed[PRODUCTION].contacts[ContactKind.SECURITY] == Present(contact=soc)

    def test_two_hundred_and_fifty_accounts_take_the_time_of_their_reads(
        self, world: World, sweeping: Sweeping
    ) -> None:
        many(world)
        run = sweeping.prepare(sweeping.begin())
        start = world.clock.now()
        run = sweeping.observe(run)
        assert len(sweeping.observed(run)) == 250
        # One thread lists, then reads.
        seconds = run.reads / 10 + 249 * 3 / 9.7
        assert (world.clock.now() - start).total_seconds() == pytest.approx(seconds, rel=0.01)

    def test_only_kinds_that_a_roster_in_play_manages_are_read(self, world: World) -> None:
        candidate = ROSTER | {"defaults": {"BILLING": "finops"}, "overrides": []}
        sweeping = Sweeping(World(candidate).settle())
        run = sweeping.observe(sweeping.begin())
        assert set(sweeping.observed(run)[MEMBER].contacts) == {ContactKind.BILLING}
        world.drain()
        sweeping = Sweeping(world, candidate=candidate)
        run = sweeping.observe(sweeping.begin())
        assert set(sweeping.observed(run)[MEMBER].contacts) == set(ALTERNATE_KINDS)

    def test_the_list_goes_on_where_the_time_was_up(self, world: World, sweeping: Sweeping) -> None:
        many(world, 200)
        slow(sweeping)
        first = sweeping.slice(sweeping.begin())
        assert first.next is Step.OBSERVE
        assert first.cursor == pytest.approx(SLICE_SECONDS / 3, abs=3)
        run = sweeping.observe(first)
        assert (run.next, run.cursor) == (Step.GATE, 200)
        assert len(sweeping.observed(sweeping.prepare(run))) == 200

    def test_no_call_is_made_after_the_time_is_up(self, world: World, sweeping: Sweeping) -> None:
        many(world, 100)
        slow(sweeping)
        run = sweeping.begin()
        start = world.clock.now()
        sweeping.slice(run)
        assert SLICE_SECONDS <= (world.clock.now() - start).total_seconds() <= SLICE_SECONDS + 1

    def test_an_account_that_was_not_done_in_time_comes_again_whole(
        self, world: World, sweeping: Sweeping
    ) -> None:
        run = sweeping.begin()
        # Its reads are refused until the time is up: neither its contacts nor those after it are told of.
        slow(sweeping, rate=0.02)
        first = sweeping.slice(run)
        assert first.next is Step.OBSERVE
        assert first.cursor < 6
        assert set(sweeping.observed(first)) < set(world.organization.accounts)
        slow(sweeping, rate=10.0)
        assert len(sweeping.observed(sweeping.observe(replace(first, rates={})))) == 5

    def test_the_same_slice_again_replaces_what_it_stored(self, world: World, sweeping: Sweeping) -> None:
        many(world, 100)
        slow(sweeping)
        run = sweeping.begin()
        world.faults.plan("runs.write_observed.after", Crash())
        with pytest.raises(Crash):
            sweeping.slice(run)
        again = sweeping.observe(run)
        assert len(sweeping.observed(again)) == 99

    def test_an_account_that_cannot_be_read_is_said_so_and_the_others_are_read(
        self, world: World, sweeping: Sweeping
    ) -> None:
        denied = ApiError("AccessDeniedException", "who@example.com is not authorized", 403)
        world.cloud.account.fail_next("GetAlternateContact", denied, times=3, account=MEMBER)
        observed = sweeping.observed(sweeping.observe(sweeping.begin()))
        found = observed.pop(MEMBER).contacts.values()
        assert all(isinstance(item, Unreadable) and item.denied for item in found)
        assert all(map(readable, observed.values()))

    def test_an_account_that_breaks_the_code_is_told_by_the_error_and_not_by_its_text(
        self, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = sweeping.ports.contacts.get

        def poisoned(_api: object, account_id: str, kind: ContactKind) -> Any:
            if account_id == MEMBER and kind is ContactKind.BILLING:
                raise KeyError("mallory@evil.example")
            return read(account_id, kind)

        monkeypatch.setattr(type(sweeping.ports.contacts), "get", poisoned)
        observed = sweeping.observed(sweeping.observe(sweeping.begin()))
        found = dict(observed.pop(MEMBER).contacts)
        reason = getattr(found.pop(ContactKind.BILLING), "reason", "")
        assert re.fullmatch(r"unexpected: KeyError in observe\.py:\d+", reason)
        assert all(isinstance(item, Present) for item in found.values())
        assert all(map(readable, observed.values()))

    @pytest.mark.parametrize("error", [ZeroDivisionError("x@y.example"), RetryableError("the table is busy")])
    def test_an_account_whose_match_cannot_be_told_is_not_decided_by(
        self, world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        world = World(TAGGED).settle()
        sweeping = Sweeping(world)

        def broken(_tag: str, account_id: str) -> bool:
            if account_id == MEMBER:
                raise error
            return False

        monkeypatch.setattr(world.matches, "is_tagged", broken)
        observed = sweeping.observed(sweeping.observe(sweeping.begin()))
        reasons = {found.reason for found in observed[MEMBER].contacts.values()}  # type: ignore[union-attr]  # all are
        told = r"unexpected: ZeroDivisionError in \w+\.py:\d+|the table is busy"
        (reason,) = reasons
        assert re.fullmatch(told, str(reason))
        assert len(observed[MEMBER].contacts) == 3
        assert readable(observed[PRODUCTION])

    def test_a_busy_service_is_asked_again(self, world: World, sweeping: Sweeping) -> None:
        world.cloud.account.fail_next("GetAlternateContact", BUSY, times=3, account=MEMBER)
        run = sweeping.observe(sweeping.begin())
        assert all(map(readable, sweeping.observed(run).values()))
        assert 0 < run.rates["GetAlternateContact"] < 9.7

    def test_one_that_stays_busy_leaves_that_contact_unreadable(
        self, world: World, sweeping: Sweeping
    ) -> None:
        tries = 1 + len(RETRY_SECONDS)
        world.cloud.account.fail_next("GetAlternateContact", BUSY, times=tries, account=MEMBER)
        found = sweeping.observed(sweeping.observe(sweeping.begin()))[MEMBER].contacts
        assert sum(isinstance(item, Unreadable) for item in found.values()) == 1

    def test_accounts_that_are_not_active_are_not_read(self, world: World, sweeping: Sweeping) -> None:
        world.organization.accounts[MEMBER].state = "SUSPENDED"
        calls = len(world.calls)
        observed = sweeping.observed(sweeping.observe(sweeping.begin()))
        assert observed[MEMBER].contacts == {}
        assert observed[MEMBER].account.state is AccountState.SUSPENDED
        assert len(world.calls) == calls

    def test_tags_are_read_if_a_roster_in_play_uses_them(self, world: World, sweeping: Sweeping) -> None:
        world.organization.accounts[MEMBER].tags["stage"] = "production"
        without = sweeping.observe(sweeping.begin())
        assert sweeping.observed(without)[MEMBER].account.tags == {}
        sweeping.sweeps.finish(without, {}, world.clock.now())
        sweeping.deploy(TAGGED)
        begun = sweeping.begin(execution="e-2")
        run = sweeping.observe(begun)
        assert sweeping.observed(run)[MEMBER].account.tags == {"stage": "production"}
        assert run.reads == without.reads + 5  # each member once

    def test_what_the_rosters_match_is_remembered_before_anything_is_approved(self, world: World) -> None:
        world.organization.accounts[MEMBER].tags["stage"] = "production"
        sweeping = Sweeping(world, candidate=TAGGED)
        sweeping.observe(sweeping.begin())
        assert {account for _, account in world.matches.carriers} == {MEMBER}

    @pytest.mark.parametrize("closed", [True, False], ids=["closed", "removed"])
    def test_an_account_that_was_closed_or_removed_no_longer_counts_as_one_with_the_tag(
        self, world: World, *, closed: bool
    ) -> None:
        for account in (MEMBER, PRODUCTION):
            world.organization.accounts[account].tags["stage"] = "production"
        world.approve(TAGGED)
        sweeping = Sweeping(world, candidate=TAGGED)
        run = sweeping.observe(sweeping.begin())
        assert {account for _, account in world.matches.carriers} == {MEMBER, PRODUCTION}
        sweeping.sweeps.finish(run, {}, world.clock.now())
        if closed:
            world.organization.accounts[PRODUCTION].state = "SUSPENDED"
        else:
            del world.organization.accounts[PRODUCTION]
        run = sweeping.observe(sweeping.begin(execution="e-2"))
        assert {account for _, account in world.matches.carriers} == {MEMBER}
        sweeping.sweeps.finish(run, {}, world.clock.now())
        del world.organization.accounts[MEMBER].tags["stage"]
        observed = sweeping.observed(sweeping.observe(sweeping.begin(execution="e-3")))
        assert list(observed[MEMBER].orphaned) == [compute_digest(TAGGED)]

    def test_a_listing_that_fails_forgets_no_account(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.organization.accounts[PRODUCTION].tags["stage"] = "production"
        sweeping = Sweeping(world, candidate=TAGGED)
        run = sweeping.begin()
        sweeping.observe(run)
        known, listed = set(world.matches.carriers), list(sweeping.ports.accounts.list_accounts())

        def break_off() -> Iterator[Account]:
            yield from listed[:1]
            raise RetryableError("AWS Organizations refused list_accounts")

        monkeypatch.setattr(sweeping.ports.accounts, "list_accounts", break_off)
        with pytest.raises(RetryableError, match="list_accounts"):
            sweeping.slice(replace(run, next=Step.OBSERVE))
        assert world.matches.carriers == known

    def test_a_renamed_unit_is_lost_under_the_roster_that_names_it(self, world: World) -> None:
        world.organization.rename_ou(world.organization.find_ou("Workloads/Production"), "Prod")
        sweeping = Sweeping(world, candidate=TAGGED)
        observed = sweeping.observed(sweeping.observe(sweeping.begin()))
        assert list(observed[PRODUCTION].orphaned) == [compute_digest(ROSTER)]
        assert observed[MEMBER].orphaned == {}

    def test_the_units_are_read_once_for_a_slice(
        self, world: World, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        units, asked = world.matches.list_units, list[int]()
        monkeypatch.setattr(world.matches, "list_units", lambda: [asked.append(1)] and units())
        sweeping.observe(sweeping.begin())
        assert len(asked) == 1

    def test_another_approved_roster_supersedes_the_run(self, world: World, sweeping: Sweeping) -> None:
        run = sweeping.begin()
        world.approve(OTHER)
        over = sweeping.slice(run)
        assert (over.next, over.ending) == (Step.REPORT, Ending.SUPERSEDED)

    def test_another_candidate_supersedes_a_run_that_plans_with_the_one_before(
        self, world: World, sweeping: Sweeping
    ) -> None:
        sweeping.deploy(OTHER)
        run = sweeping.begin()
        sweeping.deploy(TAGGED)
        over = sweeping.slice(run)
        assert (over.next, over.ending) == (Step.REPORT, Ending.SUPERSEDED)
        world.drain()

    def test_another_candidate_is_nothing_to_a_run_of_the_approved_roster(self, sweeping: Sweeping) -> None:
        run = sweeping.begin()
        sweeping.deploy(TAGGED)
        assert sweeping.observe(run).next is Step.GATE

    def test_a_run_whose_lock_another_took_ends_and_reports_nothing(
        self, world: World, sweeping: Sweeping
    ) -> None:
        run = sweeping.begin()
        world.clock.sleep(LEASE_SECONDS + 1)
        sweeping.begin("operator", execution="e-2")
        over = sweeping.slice(run)
        assert (over.next, over.ending) == (Step.END, Ending.SUPERSEDED)

    def test_the_rate_that_was_reached_is_handed_on(self, sweeping: Sweeping) -> None:
        run = replace(sweeping.begin(), rates={"GetAlternateContact": 2.0})
        over = sweeping.slice(run)
        assert 2.0 < over.rates["GetAlternateContact"] < 9.7

    def test_what_cannot_be_stored_is_tried_again_by_the_machine(
        self, world: World, sweeping: Sweeping
    ) -> None:
        run = sweeping.begin()
        world.faults.plan("runs.write_observed", RetryableError("the bucket refused"))
        with pytest.raises(RetryableError):
            sweeping.slice(run)
        assert sweeping.observe(run).next is Step.GATE

    def test_the_run_itself_holds_no_contact(self, sweeping: Sweeping) -> None:
        run = sweeping.observe(sweeping.prepare(sweeping.begin()))
        text = repr(run.as_document())
        assert not [
            value for contact in ROSTER["contacts"].values() for value in contact.values() if value in text
        ]
        assert len(text) < 1000


class TestPrepare:
    def test_the_management_account_is_read_from_inside(self, world: World, sweeping: Sweeping) -> None:
        run = sweeping.prepare(sweeping.begin())
        assert run.next is Step.OBSERVE
        observed = sweeping.observed(run)
        assert list(observed) == [MANAGEMENT]
        assert readable(observed[MANAGEMENT])
        assert len(sweeping.observed(sweeping.observe(run))) == len(world.organization.accounts)

    def test_without_its_role_it_is_unreachable_and_the_others_are_read(self) -> None:
        sweeping = Sweeping(World(management_role=False).settle())
        observed = sweeping.observed(sweeping.observe(sweeping.prepare(sweeping.begin())))
        found = observed.pop(MANAGEMENT).contacts.values()
        assert all(isinstance(item, Unreadable) and item.unreachable for item in found)
        assert all(map(readable, observed.values()))

    def test_a_step_that_was_given_up_is_said_of_the_management_account(self, sweeping: Sweeping) -> None:
        run = replace(sweeping.begin(), next=Step.OBSERVE, failed={"prepare": "Lambda.Unknown"})
        observed = sweeping.observed(sweeping.observe(run))
        found = observed[MANAGEMENT].contacts
        assert set(found) == set(ALTERNATE_KINDS)
        assert all(
            isinstance(item, Unreadable) and item.reason.endswith("Lambda.Unknown") for item in found.values()
        )

    @pytest.mark.parametrize("written", [False, True], ids=["before the put", "after the put"])
    def test_what_a_killed_worker_left_open_is_finished_and_told(
        self, world: World, sweeping: Sweeping, written: bool
    ) -> None:
        step = "put_alternate_contact.after" if written else "state.open_intent.after"
        world.faults.plan(step, Crash())
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.deliver(world.queue[0])
        world.queue.clear()  # and its message is in the dead-letter queue
        assert len(world.state.intents) == 1
        world.clock.sleep(100)
        sweeping.prepare(sweeping.begin())
        assert world.state.intents == {}
        assert world.verdicts() == (["set"] if written else [])
        # Nobody saw an answer: the contact may say what is there, and never who made it so.
        # What never came to the ledger was never sent.
        states = [str(answer.state) for answer in world.ledger.outcomes.values()]
        assert states == (["unconfirmed"] if written else [])

    def test_a_worker_that_is_still_at_work_is_left_alone(self, world: World, sweeping: Sweeping) -> None:
        world.faults.plan("state.open_intent.after", Crash())
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.deliver(world.queue[0])
        world.clock.sleep(30)
        sweeping.prepare(sweeping.begin())
        assert len(world.state.intents) == 1

    def test_a_leftover_that_aws_is_too_busy_for_waits_for_the_next_sweep(
        self, world: World, sweeping: Sweeping
    ) -> None:
        world.faults.plan("ledger.record_intent.after", Crash())
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.deliver(world.queue[0])
        world.clock.sleep(100)
        world.cloud.account.fail_next("GetAlternateContact", BUSY, account=MEMBER)
        assert sweeping.prepare(sweeping.begin()).next is Step.OBSERVE
        assert len(world.state.intents) == 1

    def test_a_leftover_is_told_even_if_its_account_cannot_be_looked_up(
        self, world: World, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.faults.plan("put_alternate_contact.after", Crash())
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        world.deliver(world.queue[0])
        world.clock.sleep(100)
        run = sweeping.begin()

        def busy(_account_id: str, **asked: bool) -> None:
            raise RetryableError(f"busy, {asked}")

        monkeypatch.setattr(world.reconciler.organization, "get_account", busy)
        with pytest.raises(RetryableError, match="busy"):
            sweeping.prepare(run)  # of the management account, which comes after
        assert world.verdicts() == ["set"]
        assert world.bus.outcomes[0]["account"]["name"] is None

    @pytest.mark.parametrize("in_use", [True, False])
    def test_the_guardrail_is_remembered_if_it_is_in_use(self, in_use: bool) -> None:
        world = World(guardrail=in_use).settle()
        admin, policy_type = world.admin("organizations"), "SERVICE_CONTROL_POLICY"
        content = '{"Statement": [{"Effect": "Deny", "Action": "account:*", "Resource": "*"}]}'
        made = admin.create_policy(
            Name="rollcall-guardrail", Description="", Type=policy_type, Content=content
        )
        sweeping = Sweeping(world)
        sweeping.prepare(sweeping.begin())
        policy = made["Policy"]["PolicySummary"]["Id"]
        assert world.matches.guardrails == ({policy} if in_use else set())

    def test_policies_that_cannot_be_listed_stop_no_sweep(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world = World(guardrail=True).settle()

        def busy() -> None:
            raise RetryableError("busy")

        monkeypatch.setattr(world.reconciler.organization, "list_policies", busy)
        sweeping = Sweeping(world)
        assert list(sweeping.observed(sweeping.prepare(sweeping.begin()))) == [MANAGEMENT]

    def test_tags_of_the_management_account_are_read_if_a_roster_uses_them(self) -> None:
        world = World(TAGGED).settle()
        world.organization.accounts[MANAGEMENT].tags["stage"] = "production"
        sweeping = Sweeping(world)
        observed = sweeping.observed(sweeping.prepare(sweeping.begin()))
        assert observed[MANAGEMENT].account.tags == {"stage": "production"}

    def test_the_same_step_again_changes_nothing(self, world: World, sweeping: Sweeping) -> None:
        run = sweeping.begin()
        world.faults.plan("runs.write_observed.after", Crash())
        with pytest.raises(Crash):
            sweeping.prepare(run)
        assert list(sweeping.observed(sweeping.prepare(run))) == [MANAGEMENT]


def test_a_run_is_what_its_document_says() -> None:
    run = Sweeping(World()).begin()
    assert Run.from_document(run.as_document()) == run
