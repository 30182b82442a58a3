"""What a sweep counts as announced by no event: not what an event led to, and had to be left as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.contact.known_drift import compute_fingerprint
from rollcall.model.contact import ContactKind
from rollcall.model.desired import Absent, Present, Unreadable
from rollcall.model.errors import RetryableError
from simulation.caller import Caller
from tests.support.memory import Crash
from tests.support.strategies import contacts
from tests.support.sweep_runs import ABSENT, LOOSE, drift, settled
from tests.support.timeline import Timeline, edit
from tests.support.world import EXEMPT, MALLORY, MEMBER, PRODUCTION, api_values

TRUSTED = "account.amazonaws.com"


def edited(world, *accounts, kind="SECURITY"):
    """Edits whose events come."""
    for account in accounts or (MEMBER,):
        world.member(account).put_alternate_contact(AlternateContactType=kind, **MALLORY)
    world.drain()


def in_standoff():
    """A contact that somebody has changed once too often: the last change is left for now."""
    world = settled(LOOSE)
    for _ in range(4):
        edit(world, Caller.role(MEMBER, "Pipeline", "script"))
        Timeline(world).run(until=60)
    assert world.contacts()["SECURITY"] == MALLORY
    return world


def swept(world):
    """How many contacts a sweep counts that no event announced; all are right after it."""
    world.clock.sleep(5)  # what happens within seconds of the first look may be the change that was seen
    world.sweep("schedule")
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert ("sweep-drift" in world.told()) == bool(world.summary["drift"])
    return world.summary["drift"]


def known_drift(world):
    pending = world.state.list_pending()
    return {(record.account_id, record.kind): record.drift for record in pending if record.drift}


class TestLeftByAnEvent:
    def test_a_standoff_that_was_released_and_that_a_sweep_then_puts_back(self):
        world = in_standoff()
        assert world.command("release", account=MEMBER, kind="SECURITY")["done"]
        assert swept(world) == 0
        assert world.summary["contacts"]["set"] == 1

    def test_a_standoff_whose_time_has_come_when_the_sweep_does(self):
        world = in_standoff()
        world.clock.sleep(timedelta(minutes=5).total_seconds())
        assert swept(world) == 0
        assert world.summary["contacts"]["set"] == 1
        world.drain()
        assert world.contacts()["SECURITY"] == api_values("soc")

    def test_an_edit_during_a_pause_that_is_over(self):
        world = settled(LOOSE)
        world.command("pause")
        edited(world, MEMBER, PRODUCTION)
        world.command("unpause")
        assert swept(world) == 0
        assert world.summary["contacts"]["set"] == 2

    def test_an_edit_that_nobody_could_read(self):
        world = settled(LOOSE)
        world.organization.trusted_access.discard(TRUSTED)
        edited(world)
        assert world.verdicts()[-1] == "unreadable"
        world.organization.trusted_access.add(TRUSTED)
        assert swept(world) == 0

    def test_an_edit_of_the_management_account_before_there_was_a_way_in(self):
        world = settled(LOOSE, management_role=False)
        edited(world, "111111111111")
        assert world.verdicts()[-1] == "unreachable"
        world.management_role = True
        assert swept(world) == 0
        assert world.contacts("111111111111")["SECURITY"] == api_values("soc")

    def test_an_edit_whose_message_was_given_up(self):
        world = settled(LOOSE)
        world.ledger.refuse(100)
        edited(world)
        assert len(world.dead) == 1
        world.faults.planned.clear()
        assert swept(world) == 0

    def test_an_edit_in_an_exempt_account_whose_exemption_ends(self):
        until = (settled().clock.now() + timedelta(days=1)).date().isoformat()
        exempt = [{"accounts": [MEMBER, EXEMPT], "reason": "migration", "until": until}]
        world = settled(LOOSE | {"exempt": exempt})
        edited(world)
        assert world.verdicts()[-1] == "exempt"
        for account in (MEMBER, EXEMPT):
            for kind in ("OPERATIONS", "BILLING", *(("SECURITY",) if account == EXEMPT else ())):
                name = {"SECURITY": "soc", "OPERATIONS": "platform", "BILLING": "finops"}[kind]
                world.member(account).put_alternate_contact(AlternateContactType=kind, **api_values(name))
        world.drain()
        world.clock.sleep(timedelta(days=3).total_seconds())
        assert swept(world) == 0

    def test_what_differed_all_along_in_an_account_whose_exemption_ends(self):
        until = (settled().clock.now() + timedelta(days=1)).date().isoformat()
        world = settled(LOOSE | {"exempt": [{"accounts": [MEMBER], "reason": "migration", "until": until}]})
        world.settle([EXEMPT])
        drift(world, MEMBER)
        world.sweep("schedule")
        world.clock.sleep(timedelta(days=3).total_seconds())
        assert swept(world) == 0
        assert world.summary["contacts"]["set"] == 1
        world.clock.sleep(timedelta(days=7).total_seconds())
        drift(world, MEMBER)
        assert swept(world) == 1

    def test_what_was_told_before_the_first_approval_is_put_right_by_the_approved_plan_and_no_drift(self):
        world = settled(LOOSE, approve=False)
        edited(world)
        assert world.verdicts()[-1] == "would-set"
        world.sweep("roster")
        world.approve_held()
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert (world.summary["drift"], "sweep-drift" in world.told()) == (0, False)

    def test_a_new_account_during_a_pause_that_is_over(self):
        world = settled(LOOSE)
        world.command("pause")
        unit = world.organization.find_ou("Workloads/Development")
        new = world.organization.add_account(name="New", email="new@example.com", parent=unit)
        world.admin("organizations").move_account(
            AccountId=new.id,
            SourceParentId=unit,
            DestinationParentId=world.organization.find_ou("Sandbox"),
        )
        world.drain()
        world.command("unpause")
        assert swept(world) == 0
        assert world.summary["contacts"]["set"] == 3

    def test_many_that_are_held_for_a_person_after_a_pause(self):
        world = settled(ABSENT)
        world.command("pause")
        edited(world, MEMBER, PRODUCTION, kind="BILLING")
        world.command("unpause")
        world.sweep("schedule")
        assert (world.told()[-1], world.summary["drift"]) == ("sweep-held", 0)
        world.sweep("schedule")
        assert world.summary["drift"] == 0


class TestWhatNoEventSpokeFor:
    def test_a_later_change_of_the_same_contact_is_counted(self):
        world = settled(LOOSE)
        world.command("pause")
        edited(world)
        world.member().put_alternate_contact(
            AlternateContactType="SECURITY", **MALLORY | {"Name": "Somebody later"}
        )
        world.queue.clear()
        world.command("unpause")
        assert swept(world) == 1

    def test_other_contacts_and_accounts_are_counted(self):
        world = settled(LOOSE)
        world.command("pause")
        edited(world)
        drift(world, MEMBER, kind="BILLING")
        drift(world, PRODUCTION)
        world.command("unpause")
        assert swept(world) == 2
        groups = world.facts("sweep-drift")["groups"]
        assert [(MEMBER in group, "BILLING" in group) for group in groups] == [(True, True), (False, False)]
        assert [(PRODUCTION in group, "SECURITY" in group) for group in groups] == [
            (False, False),
            (True, True),
        ]

    def test_the_same_change_again_is_counted_once_an_event_has_put_the_first_right(self):
        world = settled(LOOSE)
        world.command("pause")
        edited(world)
        world.command("unpause")
        edited(world)
        assert world.contacts()["SECURITY"] == api_values("soc")
        drift(world, MEMBER)
        assert swept(world) == 1

    def test_the_same_change_again_is_counted_once_a_sweep_has_put_the_first_right(self):
        world = settled(LOOSE)
        world.command("pause")
        edited(world)
        world.command("unpause")
        assert swept(world) == 0
        drift(world, MEMBER)
        assert swept(world) == 1

    def test_the_same_change_again_is_counted_once_a_sweep_has_found_that_a_person_put_it_right(self):
        world = settled(LOOSE)
        world.command("pause")
        edited(world)
        world.settle([MEMBER])
        world.command("unpause")
        assert swept(world) == 0
        drift(world, MEMBER)
        assert swept(world) == 1

    def test_any_change_is_counted_once_the_message_that_could_not_read_has_found_the_contact_right(
        self, monkeypatch
    ):
        world = settled(LOOSE)
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
        plain, refused = world.reconciler.writer.accounts.get, list[Any]()

        def busy_once(_accounts, account_id, kind):
            if refused:
                return plain(account_id, kind)
            refused.append(kind)
            world.settle([MEMBER])
            raise RetryableError("busy")

        monkeypatch.setattr(type(world.reconciler.writer.accounts), "get", busy_once)
        world.drain()
        assert refused == [ContactKind.SECURITY]
        assert known_drift(world) == {}
        drift(world, MEMBER)
        assert swept(world) == 1

    def test_a_change_after_a_sweep_could_read_what_no_event_could_is_counted(self):
        world = settled(ABSENT)
        world.organization.trusted_access.discard(TRUSTED)
        edited(world, MEMBER, PRODUCTION, kind="BILLING")
        assert world.verdicts()[-1] == "unreadable"
        world.organization.trusted_access.add(TRUSTED)
        for _ in range(2):
            world.sweep("schedule")
            assert (world.summary["ending"], world.summary["drift"]) == ("pending-approval", 0)
        later = MALLORY | {"Name": "Somebody later"}
        world.member().put_alternate_contact(AlternateContactType="BILLING", **later)
        world.queue.clear()
        world.sweep("schedule")
        assert world.summary["drift"] == 1

    def test_the_same_change_again_is_counted_after_a_standoff_was_put_back(self):
        world = in_standoff()
        world.drain()
        assert world.contacts()["SECURITY"] == api_values("soc")
        drift(world, MEMBER)
        world.clock.sleep(timedelta(hours=2).total_seconds())
        assert swept(world) == 1


class TestMemory:
    @pytest.mark.parametrize(("days", "counted"), [(29, 0), (31, 1)])
    def test_an_announcement_speaks_for_a_contact_for_thirty_days_whenever_the_table_forgets_it(
        self, days, counted
    ):
        world = settled(LOOSE)
        world.command("pause")
        edited(world)
        world.clock.sleep(timedelta(days=days).total_seconds())
        world.command("unpause")
        assert known_drift(world)
        assert swept(world) == counted

    def test_what_is_announced_while_a_run_goes_on_is_not_forgotten_by_it(self):
        world = settled(LOOSE)
        execution = world.execution("schedule").run_to("gate")
        world.clock.sleep(1)
        world.command("pause")
        edited(world)
        world.command("unpause")
        execution.run()
        assert world.summary["drift"] == 0
        assert swept(world) == 0

    @pytest.mark.parametrize("step", ["state.list_pending", "state.save"])
    @pytest.mark.parametrize("error", [RetryableError("busy"), Crash()])
    def test_a_report_that_is_cut_off_counts_the_same_the_next_time(self, step, error):
        world = settled(LOOSE)
        world.command("pause")
        edited(world)
        world.command("unpause")
        drift(world, PRODUCTION)
        world.faults.plan(step, error)
        assert swept(world) == 1
        assert world.told().count("sweep-drift") == 1

    def test_compliant_contacts_cost_a_sweep_no_read(self):
        world, reads = settled(LOOSE), []
        asked = world.state.list_pending

        def counting():
            reads.append("announced")
            return asked()

        world.state.list_pending = counting
        assert swept(world) == 0
        # Once for what is to be finished, once for what was announced.
        assert reads == ["announced"] * 2

    @pytest.mark.parametrize("before", [api_values("soc"), api_values("finops")])
    def test_a_slow_worker_changes_nothing_of_what_a_later_look_found(self, before):
        world = settled(LOOSE)
        world.command("pause")
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **before)
        world.clock.sleep(15)

        def edit_meanwhile():
            world.clock.sleep(15)
            world.member(session="eve").put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
            world.deliver(world.queue[-1])
            world.clock.sleep(15)

        world.faults.then("bus.publish", edit_meanwhile)
        world.deliver(world.queue[0])
        (known,) = known_drift(world).values()
        assert known.matches(world.reconciler.writer.accounts.get(MEMBER, ContactKind.SECURITY))
        world.command("unpause")
        assert swept(world) == 0

    def test_a_slow_worker_leaves_no_drift_that_a_later_look_did_not_find(self):
        world = settled(LOOSE)
        world.command("pause")
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)

        def set_right_meanwhile():
            world.clock.sleep(15)
            world.member(session="eve").put_alternate_contact(
                AlternateContactType="SECURITY", **api_values("soc")
            )
            world.clock.sleep(15)
            world.deliver(world.queue[-1])

        world.faults.then("bus.publish", set_right_meanwhile)
        world.deliver(world.queue[0])
        assert known_drift(world) == {}

    @pytest.mark.parametrize("end", ["left", "right"])
    def test_a_look_by_a_clock_that_is_behind_is_as_late_as_it_was(self, end):
        """The look before was a worker's whose clock is two seconds ahead."""
        world = settled(LOOSE)
        world.command("pause")
        first, second = (api_values("soc"), MALLORY) if end == "left" else (MALLORY, api_values("soc"))
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **first)
        world.drain()
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **second)
        world.clock.sleep(15)
        (record,) = [one for one in world.state.list_edited() if one.account_id == MEMBER]
        later = world.clock.now() + timedelta(seconds=2)
        drift = replace(record.drift, at=later) if record.drift else None
        assert bool(drift) == (end == "right")
        assert world.state.save(replace(record, seen_at=later, drift=drift), at=later)
        world.deliver(world.queue[-1])
        assert bool(known_drift(world)) == (end == "left")

    def test_a_slow_worker_leaves_no_drift_that_a_sweep_has_undone_since(self):
        world = settled(LOOSE)
        world.command("pause")
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)

        def sweep_meanwhile():
            world.clock.sleep(15)
            world.command("unpause")
            world.sweep("schedule")

        world.faults.then("bus.publish", sweep_meanwhile)
        world.deliver(world.queue[0])
        assert world.contacts()["SECURITY"] == api_values("soc")
        assert known_drift(world) == {}

    def test_a_sweep_does_not_forget_the_same_drift_that_was_found_again_after_its_read(self):
        world = settled(LOOSE)
        world.command("pause")
        edited(world)
        world.settle([MEMBER])
        world.command("unpause")
        world.clock.sleep(1)
        execution = world.execution("schedule").run_to("gate")
        world.clock.sleep(1)
        world.command("pause")
        edited(world)
        world.command("unpause")
        execution.run()
        assert swept(world) == 0

    def test_nothing_is_left_when_all_is_right(self):
        world = settled(LOOSE)
        world.command("pause")
        edited(world, MEMBER, PRODUCTION)
        assert set(known_drift(world)) == {
            (MEMBER, ContactKind.SECURITY),
            (PRODUCTION, ContactKind.SECURITY),
        }
        assert MALLORY["EmailAddress"] not in str(known_drift(world))
        world.command("unpause")
        assert swept(world) == 0
        assert known_drift(world) == {}


class TestFingerprint:
    @given(contacts, contacts)
    def test_it_is_the_same_for_what_aws_takes_for_the_same(self, one, other):
        same = compute_fingerprint(Present(contact=one)) == compute_fingerprint(Present(contact=other))
        assert same == one.is_same(other)

    @given(contacts, st.text(alphabet=" ", max_size=3))
    def test_spaces_around_an_address_do_not_count(self, contact, spaces):
        padded = replace(contact, email=f"{spaces}{contact.email}{spaces}")
        assert compute_fingerprint(Present(contact=contact)) == compute_fingerprint(Present(contact=padded))

    @given(contacts)
    def test_absent_is_no_contact_and_unreadable_is_neither(self, contact):
        assert compute_fingerprint(Absent()) not in (None, compute_fingerprint(Present(contact=contact)))
        assert compute_fingerprint(Unreadable(reason="x")) is compute_fingerprint(None) is None
