"""Edits that leave contacts as the roster has them: one message a principal and hour, none left out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rollcall.bulk_edits.digest import MOST_EDITS, DigestWriter
from rollcall.bulk_edits.model import By, EditWindow
from simulation.caller import Caller
from tests.support.bulk_samples import edit
from tests.support.memory import Crash
from tests.support.timeline import many_accounts
from tests.support.world import MALLORY, MEMBER, PRODUCTION, World, api_values


def set_right(world: World, account_id: str, kind: str = "BILLING", session: str = "mary") -> None:
    client = world.cloud.client("account", Caller.role(account_id, "Dev", session))
    client.put_alternate_contact(AlternateContactType=kind, **api_values("finops"))


def digests(world: World) -> list[dict]:
    return [notice for notice in world.bus.notices if notice["notice"] == "contacts-set"]


def list_named(world: World) -> list[tuple[str, str]]:
    named = {
        (item["account"]["id"], item["kind"]) for one in digests(world) for item in one["facts"]["examples"]
    }
    return sorted(named)


def test_an_hour_of_one_principal_is_one_message_that_names_each_contact():
    world = World().settle()
    began = world.clock.now()
    accounts = many_accounts(world, 4)
    for account_id in accounts:
        set_right(world, account_id)
        world.cloud.pump()
        world.clock.sleep(300)
    world.drain()
    [digest] = digests(world)
    assert (digest["severity"], digest["facts"]["edits"]) == ("INFO", 4)
    assert list_named(world) == [(account_id, "BILLING") for account_id in sorted(accounts)]
    [alert] = world.alerts
    assert all(account_id in alert.text for account_id in accounts)
    assert alert.text.count("assumed-role/Dev/mary") >= 4
    assert world.clock.now() - began < timedelta(hours=1, minutes=2)
    assert not world.dead


def test_two_principals_are_two_messages():
    world = World().settle()
    set_right(world, MEMBER)
    set_right(world, PRODUCTION, session="eve")
    world.drain()
    assert len(digests(world)) == 2


def test_what_is_full_leaves_at_once_and_another_begins():
    world = World().settle()
    accounts = many_accounts(world, MOST_EDITS + 3)
    for account_id in accounts:
        set_right(world, account_id)
    for message in list(world.queue):
        world.deliver(message)
    world.clock.sleep(11)  # a read so soon after the change may be older than it
    for message in list(world.queue):
        world.deliver(message)
    assert [one["facts"]["edits"] for one in digests(world)] == [MOST_EDITS]
    world.drain()
    assert [one["facts"]["edits"] for one in digests(world)] == [MOST_EDITS, 3]
    assert len(list_named(world)) == MOST_EDITS + 3


def test_a_contact_that_is_changed_meanwhile_is_not_blamed_on_whoever_set_it():
    world = World().settle()
    set_right(world, MEMBER)
    for _ in range(2):
        world.deliver(world.queue[0])
        world.clock.sleep(11)
    assert len(world.queue) == 1
    world.member(session="eve").put_alternate_contact(AlternateContactType="BILLING", **MALLORY)
    world.queue[:] = world.queue[:1]
    world.drain()
    assert [alert.attributes["cause"] for alert in world.alerts] == ["contacts-set"]


@pytest.mark.parametrize("step", ["state.save_windows", "state.save_windows.after", "state.schedule_closing"])
def test_a_crash_anywhere_leaves_nobody_out(step):
    world = World().settle()
    set_right(world, MEMBER)
    set_right(world, PRODUCTION)
    world.faults.plan(step, Crash())
    world.drain()
    assert list_named(world) == sorted([(MEMBER, "BILLING"), (PRODUCTION, "BILLING")])
    assert not world.dead


def test_no_message_stands_for_more_than_it_lists():
    world = World().settle()
    edits = tuple(edit(number, number) for number in range(2 * MOST_EDITS + 3))
    world.state.save_windows([EditWindow(by=By.SET, name="user/mary", recent=edits)], at=world.clock.now())
    writer = DigestWriter(bulks=world.state, bus=world.bus, clock=world.clock)
    world.clock.sleep(400 * 86_400)
    assert writer.publish_if_due("user/mary") is None
    assert [one["facts"]["edits"] for one in digests(world)] == [MOST_EDITS, MOST_EDITS, 3]
    assert len({one["incident_id"] for one in digests(world)}) == 3
    assert len(list_named(world)) == len(edits)


def test_who_sets_the_same_value_every_day_changes_nothing():
    world = World().settle()
    for _ in range(3):
        set_right(world, MEMBER)
        world.drain()
        world.clock.sleep(86_400)
    assert [alert.attributes["cause"] for alert in world.alerts] == ["contacts-set"] * 3
    world.member(session="eve").put_alternate_contact(AlternateContactType="BILLING", **MALLORY)
    world.drain()
    assert "/mary" not in world.alerts[-1].text
