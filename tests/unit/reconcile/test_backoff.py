"""A tug of war over a contact: reverts are spaced and never given up; people are told once, and who pulls."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from rollcall.contact.record import update_record
from rollcall.contact.repeated_edits import find_backoff, make_released
from rollcall.model.contact import ContactKind
from simulation.caller import Caller
from simulation.clock import DEFAULT_START
from simulation.errors import ApiError
from tests.support.memory import Crash
from tests.support.roster_worlds import tamper
from tests.support.sweep_world import SweepWorld
from tests.support.timeline import Timeline, edit, many_accounts
from tests.support.world import MALLORY, MEMBER, PRODUCTION, ROSTER, World, api_values

SECURITY = ContactKind.SECURITY
HOUR = 3600.0


class Script:
    """Sets the contact of an account again so many seconds after it was put back, as often as it may."""

    def __init__(
        self, world: World, *, delay: float = 1.0, most: int = 1000, session: str = "script"
    ) -> None:
        self.world, self.delay, self.left = world, delay, most
        self.caller = Caller.role(MEMBER, "Pipeline", session)
        self.timeline = Timeline(world)
        self.reverts: list[float] = []
        world.cloud.subscribe(self.hear)
        self.timeline.at(0, self.pull)

    def pull(self) -> None:
        if self.left:
            self.left -= 1
            edit(self.world, self.caller)

    def hear(self, _account: str, event: dict) -> None:
        if (
            "rollcall-reconcile" in json.dumps(event)
            and event["detail"]["eventName"] == "PutAlternateContact"
        ):
            self.reverts.append(self.timeline.elapsed)
            self.timeline.at(self.timeline.elapsed + self.delay, self.pull)


def standoffs(world: World) -> list[dict]:
    return [notice for notice in world.bus.notices if notice["notice"] == "repeated-edits"]


def right(world: World) -> bool:
    return world.contacts()["SECURITY"] == api_values("soc")


def pulled(world: World, times: int, *, every: float = 60.0) -> None:
    """So many changes, each put back before the next."""
    for _ in range(times):
        edit(world, Caller.role(MEMBER, "Pipeline", "script"))
        Timeline(world).run(until=every)
        world.clock.sleep(every)


def test_a_script_gets_spaced_reverts_an_alert_every_hour_and_loses_in_the_end():
    world = World().settle()
    script = Script(world, most=12)
    script.timeline.run()
    gaps = [later - earlier for earlier, later in pairwise(script.reverts)]
    assert len(script.reverts) == 12
    assert max(gaps[:2]) < 10
    assert [round(gap / 60) for gap in gaps[2:]] == [5, *[15] * 8]
    assert right(world)
    assert len(standoffs(world)) == 3  # in 125 minutes
    assert [alert.attributes["severity"] for alert in world.alerts] == ["MEDIUM"] * 3 + ["HIGH"] * 3
    wrong = [notice["facts"]["wrong_seconds"] for notice in standoffs(world)]
    assert wrong[0] == 0
    assert 3000 <= wrong[1] <= 4000 <= wrong[2] <= 7600
    assert not world.dead


def test_the_alert_names_who_keeps_changing_it_and_when_it_is_put_back():
    world = World().settle()
    for session in ("mary", "john", "mary", "eve"):
        edit(world, Caller.role(MEMBER, "Pipeline", session))
        Timeline(world).run(until=60)
    [told] = standoffs(world)
    facts = told["facts"]
    assert told["severity"] == "HIGH"
    assert facts["account"]["id"] == MEMBER
    assert facts["account"]["name"] == "Payments"
    assert facts["kind"] == "SECURITY"
    assert facts["reverts"] == 3
    assert [actor.rpartition("/")[2] for actor in facts["actors"]] == ["john", "mary", "eve"]
    assert facts["release"] == f"rollcall release {MEMBER} SECURITY"
    opened = datetime.fromisoformat(told["decided_at"])
    after = datetime.fromisoformat(facts["next_try_at"]) - opened
    assert after == pytest.approx(timedelta(minutes=5), abs=timedelta(seconds=1))
    world.drain()
    assert right(world)
    assert world.alerts[-1].attributes["cause"] == "repeated-edits"


def test_three_reverts_in_an_hour_are_no_standoff():
    world = World().settle()
    pulled(world, 3)
    assert not standoffs(world)
    assert not going_on(world)


def test_the_numbers_that_are_set_decide_what_a_standoff_is():
    world = World(ROSTER | {"repeated_edits": {"reverts": 5, "minutes": 30}}).settle()
    pulled(world, 5)
    assert not standoffs(world)
    pulled(world, 1)
    [told] = standoffs(world)
    assert (told["facts"]["reverts"], told["facts"]["window_minutes"]) == (5, 30)
    assert "after 5 restores" in world.alerts[-1].subject


def test_times_that_people_read_are_seconds_in_utc():
    world = World().settle()
    world.clock.sleep(0.123456)
    pulled(world, 4)
    [told] = standoffs(world)
    assert datetime.fromisoformat(told["decided_at"]).microsecond
    assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}Z", told["facts"]["next_try_at"])
    assert not re.search(r":[0-9]{2}\.[0-9]", world.alerts[-1].text)


def test_reverts_of_an_hour_ago_do_not_count():
    world = World().settle()
    pulled(world, 2)
    world.clock.sleep(HOUR)
    pulled(world, 2)
    assert not standoffs(world)
    assert len(world.alerts) == 4


def test_other_kinds_and_accounts_have_their_own_count():
    world = World().settle()
    for account_id in (MEMBER, PRODUCTION):
        for kind in ("SECURITY", "OPERATIONS", "BILLING"):
            edit(world, Caller.role(account_id, "Pipeline", "script"), kind)
            world.drain()
    assert not standoffs(world)


def test_duplicates_of_one_change_are_one_revert():
    world, events = World().settle(), []
    world.cloud.subscribe(lambda _account, event: events.append(event))
    pulled(world, 2)
    for event in [*events, *events]:
        world.send(event)
    world.drain()
    pulled(world, 1)
    assert not standoffs(world)


def test_a_revert_whose_worker_was_killed_is_one_revert():
    world = World().settle()
    for _ in range(3):
        world.faults.plan("bus.publish", Crash())
        pulled(world, 1, every=400)
    assert world.verdicts().count("set") == 3
    assert world.state.read(MEMBER, SECURITY).repeated.latest[0].call
    assert len(world.state.read(MEMBER, SECURITY).repeated.latest) == 3
    assert not standoffs(world)


@pytest.mark.parametrize(("numbered", "alerts"), [(True, 1), (False, 30)])
def test_many_changes_while_a_revert_waits_are_one_revert_and_name_everybody(numbered, alerts):
    world = World().settle()
    pulled(world, 3)
    told = len(world.alerts)
    # A tool numbers its sessions; people have names.
    names = [f"tool-{1728119000 + one}" if numbered else f"p{one}." for one in range(60)]
    for name in names:
        edit(world, replace(Caller.role(MEMBER, "Pipeline", name), source_ip="10.0.0.1"))
        Timeline(world).run(until=1)
    assert len(world.queue) == 60  # one waits for the revert, the others come a minute later
    world.drain()
    assert right(world)
    assert told + 1 <= len(world.alerts) <= told + alerts
    sent = "".join(alert.text for alert in world.alerts)
    assert all(name in sent for name in (names[:1] if numbered else names))
    assert world.verdicts().count("set") == 4
    waited = [one["incident_id"] for one in world.bus.outcomes if one["verdict"] == "backed-off"]
    assert len(set(waited)) == 60
    assert not world.dead


def test_every_change_in_a_standoff_is_an_outcome_that_names_the_alert_which_stands_for_it():
    world = World().settle()
    pulled(world, 5)
    world.drain()
    [told] = standoffs(world)
    later = [outcome for outcome in world.bus.outcomes if outcome["verdict"] == "backed-off"]
    assert later
    last = [outcome for outcome in world.bus.outcomes if outcome["verdict"] == "set"][-1]
    assert last["parent_incident_id"] == told["incident_id"]


def test_a_day_after_the_last_change_all_is_forgotten():
    world = World().settle()
    pulled(world, 4)
    world.drain()
    assert len(going_on(world)) == 1
    world.clock.sleep(25 * HOUR)
    assert not going_on(world)
    pulled(world, 1)
    assert right(world)
    assert len(standoffs(world)) == 1
    pulled(world, 3)
    assert len(standoffs(world)) == 2
    assert len({notice["incident_id"] for notice in standoffs(world)}) == 2


def test_a_change_within_the_day_finds_the_standoff_as_it_was():
    world = World().settle()
    pulled(world, 4)
    world.drain()
    world.clock.sleep(20 * HOUR)
    pulled(world, 1)
    assert right(world)  # its time had come long ago
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    Timeline(world).run(until=10 * 60)
    assert not right(world)
    world.drain()
    assert right(world)
    assert len({notice["incident_id"] for notice in standoffs(world)}) == 1


def test_a_release_ends_it_and_the_waiting_revert_comes_soon():
    world = World().settle()
    script = Caller.role(MEMBER, "Pipeline", "script")
    pulled(world, 3)
    for _ in range(2):
        edit(world, script)
        world.drain()
    edit(world, script)  # the next revert comes 15 minutes after the last
    Timeline(world).run(until=10 * 60)
    assert not right(world)
    assert world.verdicts().count("backed-off") == 3
    released = make_released(by="mary", now=world.clock.now())
    record = world.state.load(MEMBER, SECURITY)
    update_record(world.state, record, lambda known: replace(known, repeated=released), clock=world.clock)
    Timeline(world).run(until=15 * 60 + 5)
    assert right(world)
    before = len(world.alerts)
    pulled(world, 1)
    assert right(world)
    assert len(world.alerts) == before + 1


def test_a_new_principal_is_named_at_once_and_all_so_far_with_it():
    world = World().settle()
    pulled(world, 4)
    assert len(standoffs(world)) == 1
    edit(world, replace(Caller.root(MEMBER), source_ip="192.0.2.66"))
    Timeline(world).run(until=30)
    first, second = standoffs(world)
    assert [actor.rpartition(":")[2] for actor in second["facts"]["actors"]] == [
        "assumed-role/Pipeline/script",
        "root",
    ]
    assert (first["incident_id"], second["update"]) == (second["incident_id"], 1)
    assert any(
        ":root" in alert.text and alert.attributes["cause"] == "repeated-edits" for alert in world.alerts
    )
    assert f"attach-policy --target-id {MEMBER}" in world.alerts[-1].text
    for _ in range(5):
        edit(world, replace(Caller.root(MEMBER), source_ip="192.0.2.66"))
        Timeline(world).run(until=30)
    assert len(standoffs(world)) == 2


def test_a_lost_message_leaves_the_revert_to_the_others():
    world = World().settle()
    pulled(world, 3)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    Timeline(world).run(until=10)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    Timeline(world).run(until=10)
    waiter = world.state.load(MEMBER, SECURITY).repeated.waiter
    world.queue[:] = [message for message in world.queue if message.id != waiter]
    assert len(world.queue) == 1
    Timeline(world).run(until=6 * 60)
    assert right(world)


def test_a_pause_leaves_the_revert_to_its_message():
    world = World().settle()
    pulled(world, 3)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    Timeline(world).run(until=10)
    world.state.paused = True
    Timeline(world).run(until=3 * HOUR)
    assert not right(world)
    world.state.paused = False
    Timeline(world).run(until=16 * 60)
    assert right(world)
    assert not world.dead


def test_alerts_of_many_contacts_that_are_edited_again_are_lines_of_one_message():
    world = World(ROSTER | {"repeated_edits": {"reverts": 2}}).settle()
    accounts = many_accounts(world, 40)
    for _ in range(3):
        for number, account in enumerate(accounts):
            who = replace(Caller.role(account, f"Role{number}", "x"), source_ip=f"203.0.113.{number}")
            edit(world, who)
        Timeline(world).run(until=90)
    alone = [
        alert for alert in world.alerts if alert.attributes["cause"] in ("repeated-edits", "contact-edited")
    ]
    assert len(alone) <= 60
    waiting = [alert.text for alert in world.alerts if ": restored later" in alert.text]
    assert waiting
    assert not any("none left changed" in text for text in waiting)
    named = "\n".join(alert.text for alert in world.alerts)
    for account in accounts:
        assert any(
            account in line and "edited again and again" in line for line in named.splitlines()
        ) or any(
            alert.attributes["account"] == account and alert.attributes["cause"] == "repeated-edits"
            for alert in world.alerts
        )


def test_what_the_roster_asks_of_an_account_is_never_put_off():
    world = World().settle()
    pulled(world, 3)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    Timeline(world).run(until=10)
    world.admin("organizations").move_account(
        AccountId=MEMBER,
        SourceParentId=world.organization.accounts[MEMBER].parent_id,
        DestinationParentId=world.organization.find_ou("Workloads/Production"),
    )
    Timeline(world).run(until=60)
    assert world.contacts()["SECURITY"] == api_values("pci-soc")


@pytest.mark.parametrize(
    "step",
    [
        "state.load",
        "state.save",
        "state.save.after",
        "bus.publish_notice",
        "bus.publish",
        "bus.publish.after",
        "put_alternate_contact.after",
        "state.close_intent",
    ],
)
@pytest.mark.parametrize("nth", [0, 2, 3, 4])
def test_a_crash_anywhere_loses_neither_the_revert_nor_the_alert(step, nth):
    world = World().settle()
    for number in range(5):
        edit(world, Caller.role(MEMBER, "Pipeline", "script"))
        if number == nth:
            world.faults.plan(step, Crash())
        Timeline(world).run(until=400)
    world.drain()
    assert right(world)
    assert len({notice["incident_id"] for notice in standoffs(world)}) == 1
    assert len([alert for alert in world.alerts if alert.attributes["cause"] == "repeated-edits"]) == 1
    assert not world.dead
    assert not world.state.intents


def test_a_revert_that_aws_refuses_in_a_standoff_is_told():
    world = World().settle()
    pulled(world, 3)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    refused = ApiError("AccessDeniedException", "... with an explicit deny in a service control policy", 403)
    world.cloud.account.fail_next("PutAlternateContact", refused)
    world.drain()
    assert world.alerts[-1].attributes["verdict"] == "failed"


def test_audit_mode_knows_no_standoff():
    world = World({**ROSTER, "mode": "audit"}).settle()
    pulled(world, 6)
    assert not standoffs(world)


def test_without_the_waiting_message_the_next_change_after_its_time_is_undone_at_once():
    world = World().settle()
    pulled(world, 3)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    Timeline(world).run(until=10)
    world.queue.clear()
    world.clock.sleep(HOUR)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    world.drain()
    assert right(world)


def going_on(world: World):
    now = world.clock.now()
    return [record for record in world.state.list_pending() if record.repeated.is_open(now)]


def wait_of(world: World):
    return find_backoff(world.state.read(MEMBER, SECURITY).repeated, world.clock.now())


def test_a_sweep_respects_the_time_and_moves_it_when_it_writes():
    world = SweepWorld().settle()
    assert wait_of(world) is None
    pulled(world, 3)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    Timeline(world).run(until=10)
    assert "repeated edits" in wait_of(world).reason
    world.queue.clear()
    world.clock.sleep(300)
    assert wait_of(world) is None
    world.sweep()
    assert right(world)
    world.clock.sleep(14 * 60)
    assert wait_of(world) is not None
    world.clock.sleep(2 * 60)
    assert wait_of(world) is None


def test_what_sweeps_set_is_none_of_the_repeated_edits():
    world = SweepWorld().settle()
    for _ in range(5):
        edit(world, Caller.role(MEMBER, "Pipeline", "script"))
        world.queue.clear()
        world.sweep()
        world.queue.clear()
    assert right(world)
    pulled(world, 1)
    assert not standoffs(world)


def test_those_that_go_on_can_be_listed():
    world = World().settle()
    pulled(world, 4)
    [record] = world.state.list_pending()
    assert (record.account_id, record.kind) == (MEMBER, SECURITY)
    found = record.repeated
    assert found.opened_at is not None
    assert found.opened_at > DEFAULT_START
    assert found.actors == (f"arn:aws:sts::{MEMBER}:assumed-role/Pipeline/script",)


def test_a_person_reads_who_and_how_to_end_it():
    world = World().settle()
    pulled(world, 4)
    [told] = [alert for alert in world.alerts if alert.attributes["cause"] == "repeated-edits"]
    assert f"rollcall release {MEMBER} SECURITY" in told.text
    assert "assumed-role/Pipeline/script" in told.text
    assert MALLORY["EmailAddress"] not in told.text


def test_a_sweep_leaves_a_contact_whose_time_has_not_come_and_says_why():
    world = SweepWorld().settle()
    pulled(world, 3)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    Timeline(world).run(until=10)
    world.sweep()
    assert not right(world)
    [told] = [outcome for outcome in world.bus.outcomes if outcome["cause"] == "swept"]
    assert (told["verdict"], told["account"]["id"]) == ("skipped", MEMBER)
    assert "repeated edits" in told["reason"]
    world.drain()
    assert right(world)


def test_a_sweep_that_comes_when_it_is_time_puts_the_contact_back_and_the_script_waits_longer():
    world = SweepWorld().settle()
    pulled(world, 3)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    Timeline(world).run(until=10)
    world.queue.clear()
    world.clock.sleep(300)
    world.sweep()
    assert right(world)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    Timeline(world).run(until=14 * 60)
    assert not right(world)
    world.drain()
    assert right(world)


def test_a_message_that_two_workers_have_at_once_is_one_alert():
    world = World().settle()
    pulled(world, 3)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    [message] = world.queue
    world.faults.then("bus.publish_notice", lambda: world.deliver(message))
    Timeline(world).run(until=60)
    assert len({(notice["incident_id"], notice["update"]) for notice in standoffs(world)}) == 1
    assert [alert.attributes["cause"] for alert in world.alerts].count("repeated-edits") == 1


@pytest.mark.parametrize(("busy", "step"), [(False, "bus.publish_notice"), (True, "state.add_line")])
def test_principals_whose_workers_died_before_the_alert_are_named_all_the_same(busy, step):
    world = World().settle()
    pulled(world, 4)
    for number in range(30 if busy else 0):
        world.state.save_windows([], admitted=f"RC-{number}", at=world.clock.now())
    names = [f"{letter}." for letter in "abcdefghijklm"]
    for name in names:
        edit(world, replace(Caller.role(MEMBER, "Pipeline", name), source_ip="10.0.0.1"))
        if name not in (names[0], names[-1]):
            world.faults.plan(step, Crash())
        Timeline(world).run(until=1)
    Timeline(world).run(until=600)
    lines = [line for alert in world.alerts for line in alert.text.splitlines()]
    assert [name for name in names if not any(f"Pipeline/{name}" in line for line in lines)] == []


def test_edits_that_come_back_for_one_restore_read_nothing_once_it_is_made():
    world = World().settle()
    for _ in range(3):
        tamper(world)
        world.drain()
    world.clock.sleep(30)
    for number in range(30):
        tamper(world, session=f"flood-{number % 3}")
        world.clock.sleep(0.3)
    for message in list(world.queue):
        world.deliver(message)
    before = len(world.calls)
    world.clock.sleep(8)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert world.verdicts().count("undone") == 29
    assert len(world.calls) - before < 10


def test_a_change_that_another_worker_restores_meanwhile_does_not_wait_for_the_next_restore():
    world = World().settle()
    pulled(world, 3)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    Timeline(world).run(until=60)
    (waiter,) = world.queue
    world.clock.sleep(300)
    edit(world, Caller.role(MEMBER, "Pipeline", "script"))
    later = world.queue[-1]
    world.faults.then("state.save", lambda: world.deliver(waiter))
    world.deliver(later)
    assert right(world)
    repeated = world.state.load(MEMBER, SECURITY).repeated
    assert (repeated.waiter, repeated.wrong_since) == (None, None)
    world.drain()
    assert "backed-off" not in world.verdicts()[-2:]
