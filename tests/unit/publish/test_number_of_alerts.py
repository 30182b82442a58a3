"""How many messages a person gets: what Rollcall does by itself is quiet, and what is told is told once."""

from __future__ import annotations

from collections import Counter

from tests.support.sweep_runs import LOOSE, changed, many
from tests.support.timeline import many_accounts
from tests.support.world import KINDS, MALLORY, MEMBER, World, api_values


def told(world: World) -> list[tuple[str, str]]:
    """Severity and cause of each message, in their order."""
    return [(alert.attributes["severity"], alert.attributes["cause"]) for alert in world.alerts]


def tamper(world: World, account_id: str = MEMBER) -> None:
    world.member(account_id).put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)


def test_an_edit_its_copies_and_the_event_of_our_own_write_are_one_message():
    world = World(copies_to_target=True).settle()
    tamper(world)
    for message in list(world.queue) * 4:
        world.send(message.body)
    world.drain()
    assert Counter(world.verdicts())["own-write"] >= 1
    assert told(world) == [("MEDIUM", "contact-edited")]


def test_a_replay_of_a_whole_day_is_no_message():
    world, events = World().settle(), []
    world.cloud.subscribe(lambda _account, event: events.append(event))
    for kind in KINDS:
        world.member().delete_alternate_contact(AlternateContactType=kind)
        world.drain()
    before = told(world)
    assert before == [("MEDIUM", "contact-deleted")] * 3
    world.clock.sleep(86_400)
    for event in events:
        world.send(event)
    world.drain()
    assert told(world) == before


def test_a_new_account_is_one_quiet_message_about_three_contacts():
    world = World().settle()
    world.admin("organizations").create_account(AccountName="New", Email="new@example.com")
    world.drain()
    assert told(world) == [("INFO", "account-created")]
    assert all(f"{kind} CONTACT" in world.alerts[0].text for kind in KINDS)


def test_ten_new_accounts_are_ten_quiet_messages_and_no_bulk():
    world = World().settle()
    for number in range(10):
        world.admin("organizations").create_account(
            AccountName=f"New {number}", Email=f"new{number}@example.com"
        )
    world.drain()
    assert told(world) == [("INFO", "account-created")] * 10


def test_a_roll_out_of_hundreds_of_changes_is_its_approval_and_one_summary():
    world = many(120)
    world.settle()
    roster = changed(LOOSE, phone="+1 206 555 0177")
    roster = changed(roster, "platform", phone="+1 206 555 0178")
    world.deploy(roster)
    world.sweep("roster")
    world.drain()  # the events of our own writes
    writes = len(world.writes())
    assert 240 <= writes <= 244
    assert Counter(world.verdicts()) == {"set": writes, "own-write": writes}
    assert told(world) == [("MEDIUM", "roster-approved"), ("INFO", "sweep-applied")]
    assert f"{writes} set" in world.alerts[-1].text


def test_a_plan_that_a_person_approves_is_four_messages_however_large():
    world = many(60, LOOSE | {"limits": {"max_changed_accounts": 10}})
    world.settle()
    world.deploy(changed(world.roster, phone="+1 206 555 0177"))
    world.sweep("roster")
    world.approve_held()
    world.drain()
    assert told(world) == [
        ("HIGH", "sweep-held"),
        ("MEDIUM", "roster-approved"),
        ("INFO", "plan-ended"),
        ("INFO", "sweep-applied"),
    ]


def test_a_sweep_that_finds_nothing_is_no_message():
    world = many(20)
    world.settle()
    for _ in range(3):
        world.sweep("schedule")
    world.drain()
    assert told(world) == []


def test_a_sweep_that_undoes_a_bulk_before_its_events_come_leaves_one_incident():
    world = many(30)
    world.settle()
    accounts = [account for account in world.organization.accounts if account.startswith("7")][:20]
    for account_id in accounts:
        tamper(world, account_id)
    world.sweep("schedule")
    world.drain()
    assert told(world)[0] == ("MEDIUM", "sweep-drift")
    assert told(world)[1:5] == [("MEDIUM", "contact-edited")] * 4
    assert told(world)[5:] == [("CRITICAL", "bulk-edit")] * 2 + [("INFO", "bulk-edit")]
    assert all(world.contacts(account_id)["SECURITY"] == api_values("soc") for account_id in accounts)


def test_five_edits_are_alerted_in_six_messages_and_a_hundred_in_one_more():
    for number, updates in ((5, 1), (100, 2)):
        world = World().settle()
        for account_id in many_accounts(world, number):
            tamper(world, account_id)
        world.drain()
        alone = [("MEDIUM", "contact-edited")] * 4
        assert told(world) == alone + [("CRITICAL", "bulk-edit")] * updates + [("INFO", "bulk-edit")]
