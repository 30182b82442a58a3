"""Edits of many accounts are one incident: told, followed up, closed, and each undone all the same."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from rollcall.bulk_edits.model import MOST_CHECKS
from rollcall.model.errors import LookAgainError, RetryableError
from rollcall.ports import Delivery
from simulation.caller import Caller
from simulation.clock import DEFAULT_START
from simulation.errors import ApiError
from simulation.seeds import HUB
from tests.support.memory import Crash
from tests.support.timeline import Timeline, edit, many_accounts
from tests.support.world import MALLORY, ROSTER, World, api_values

ROLE = "OrganizationAccountAccessRole"


def mallory(account_id: str, session: str = "mallory", source_ip: str = "198.51.100.7") -> Caller:
    return replace(Caller.role(account_id, ROLE, session), source_ip=source_ip)


def stranger(number: int, account_id: str) -> Caller:
    """Somebody whom nothing ties to the others."""
    return replace(Caller.role(account_id, "Dev", f"person{number}"), source_ip=f"203.0.113.{number}")


def tampered(number: int, *, seconds: float = 60.0, world: World | None = None) -> tuple[World, list[str]]:
    """A world in which one role name edits so many accounts, evenly, while Rollcall works."""
    world = world or World()
    world.settle()
    accounts = many_accounts(world, number)
    timeline = Timeline(world)
    for index, account_id in enumerate(accounts):
        timeline.at(index * seconds / number, partial(edit, world, mallory(account_id)))
    timeline.run()
    return world, accounts


def bulks(world: World) -> list[dict]:
    return [notice for notice in world.bus.notices if notice["notice"] == "bulk-edit"]


def singles(world: World) -> list[str]:
    return [alert.attributes["account"] for alert in world.alerts if alert.attributes["verdict"] != "notice"]


def right(world: World, accounts: list[str]) -> bool:
    return all(world.contacts(account_id)["SECURITY"] == api_values("soc") for account_id in accounts)


def told_with(world: World) -> dict[str, str]:
    """By account, the notice that stands for its alert."""
    return {
        outcome["account"]["id"]: outcome["parent_incident_id"]
        for outcome in world.bus.outcomes
        if outcome["parent_incident_id"]
    }


def test_a_thousand_accounts_in_a_minute_are_six_messages_at_most_and_all_put_back():
    world, accounts = tampered(1000)
    assert right(world, accounts)
    restored = [datetime.fromisoformat(o["decided_at"]) for o in world.bus.outcomes if o["verdict"] == "set"]
    # One worker in the test, which has half of the quota: 2.5 writes and 5 reads a second.
    # Here one worker also reads each contact again for the event of its own write.
    assert max(restored) - DEFAULT_START <= timedelta(seconds=1000 / 2.5 + 30)
    assert len(world.alerts) <= 6
    opening, *_, last = bulks(world)
    fifth = DEFAULT_START + timedelta(seconds=4 * 60 / 1000)
    assert datetime.fromisoformat(opening["decided_at"]) - fifth < timedelta(seconds=10)
    assert opening["severity"] == "CRITICAL"
    assert last["facts"]["accounts_count"] == 1000
    assert last["facts"]["became"] == {"set": 1000}
    assert last["facts"]["principals_count"] == 1000  # one role, under another ARN in each account
    assert len(last["facts"]["principals"]) == 20
    assert last["facts"]["quiet_since"]
    assert set(singles(world)) | set(told_with(world)) == set(accounts)
    assert {notice["incident_id"] for notice in bulks(world)} == set(told_with(world).values())
    assert not world.dead


def test_four_accounts_are_four_alerts():
    world, accounts = tampered(4)
    assert sorted(singles(world)) == sorted(accounts)
    assert not bulks(world)
    assert not told_with(world)


def test_the_fifth_account_makes_a_bulk_that_is_told_in_its_place_and_closed():
    world, accounts = tampered(5)
    assert singles(world) == accounts[:4]
    first, last = bulks(world)
    assert (first["update"], last["update"]) == (0, 1)
    assert first["facts"]["accounts_count"] == last["facts"]["accounts_count"] == 5
    assert first["facts"]["quiet_since"] is None
    assert [example["id"] for example in first["facts"]["examples"]] == accounts
    assert first["facts"]["actor"]["principal"].endswith(f"/{ROLE}/mallory")
    assert first["facts"]["by"] == "actor"
    assert right(world, accounts)


def test_a_bulk_names_the_arn_in_each_account_and_the_alert_a_few_of_them():
    world, accounts = tampered(8)
    first, last = bulks(world)
    arns = [f"arn:aws:sts::{account_id}:assumed-role/{ROLE}/mallory" for account_id in accounts]
    assert [item["principal"] for item in first["facts"]["principals"]] == sorted(arns[:5])
    assert [item["edits"] for item in last["facts"]["principals"]] == [1] * 8
    assert {item["principal"] for item in last["facts"]["principals"]} == set(arns)
    text = world.alerts[-1].text
    assert sum(f"- {arn} (1 edit)" in text for arn in arns) == 5
    assert "and 3 more" in text


def test_an_edit_that_is_heard_of_twice_makes_nobody_more_active():
    world, events = World().settle(), []
    world.cloud.subscribe(lambda _account, event: events.append(event))
    for account_id in many_accounts(world, 7):
        edit(world, mallory(account_id))
    for event in [*events, *events]:
        world.send(event)
    world.drain()
    facts = bulks(world)[-1]["facts"]
    assert facts["principals_count"] == facts["accounts_count"] == 7
    assert {item["edits"] for item in facts["principals"]} == {1}


def test_the_numbers_that_are_set_decide_what_a_bulk_is():
    limits = {"accounts": 2, "organization_accounts": 4, "minutes": 1}
    world = World(ROSTER | {"bulk_edits": limits}).settle()
    accounts = many_accounts(world, 5)
    for account_id in accounts[:2]:
        edit(world, mallory(account_id))
    world.drain()
    assert {notice["facts"]["by"] for notice in bulks(world)} == {"actor"}
    assert bulks(world)[0]["facts"]["window_minutes"] == 1
    for number, account_id in enumerate(accounts):
        edit(world, stranger(number, account_id))
    world.drain()
    assert {notice["facts"]["by"] for notice in bulks(world)} == {"actor", "organization"}


def test_a_person_gets_the_messages_of_a_bulk_with_one_incident_id():
    world, _ = tampered(30)
    told = [alert for alert in world.alerts if alert.attributes["cause"] == "bulk-edit"]
    assert [alert.attributes["severity"] for alert in told] == ["CRITICAL", "CRITICAL"]
    assert len({alert.incident_id for alert in told}) == 1
    assert "mallory" in told[0].subject


def test_edits_that_are_further_apart_than_the_window_are_no_bulk():
    world, _ = tampered(8, seconds=8 * 151)
    assert len(singles(world)) == 8
    assert not bulks(world)


def test_five_accounts_in_just_ten_minutes_are_one():
    world, _ = tampered(5, seconds=5 * 150)
    assert len(bulks(world)) == 2


def test_one_account_edited_many_times_is_no_bulk():
    world = World().settle()
    [account_id] = many_accounts(world, 1)
    for kind in ("SECURITY", "OPERATIONS", "BILLING", "SECURITY", "OPERATIONS", "BILLING"):
        edit(world, mallory(account_id), kind)
    world.drain()
    assert not bulks(world)


def test_different_people_behind_one_address_are_a_bulk():
    world = World().settle()
    accounts = many_accounts(world, 6)
    for number, account_id in enumerate(accounts):
        edit(world, mallory(account_id, session=f"person{number}"))
    world.drain()
    assert {notice["facts"]["by"] for notice in bulks(world)} == {"address"}
    assert bulks(world)[-1]["facts"]["source_ip"] == "198.51.100.7"
    assert bulks(world)[-1]["facts"]["actor"] is None
    assert len(singles(world)) == 4


def test_fifty_different_actors_are_all_counted_and_none_is_lost():
    world = World().settle()
    accounts = many_accounts(world, 50)
    for number, account_id in enumerate(accounts):
        edit(world, stranger(number, account_id))
    world.drain()
    assert right(world, accounts)
    assert {notice["facts"]["by"] for notice in bulks(world)} == {"organization"}
    assert bulks(world)[-1]["facts"]["accounts_count"] == 50
    assert singles(world) == accounts[:19]
    assert set(singles(world)) | set(told_with(world)) == set(accounts)


def test_what_belongs_to_a_known_bulk_opens_no_other():
    world = World().settle()
    accounts = many_accounts(world, 12)
    for number, account_id in enumerate(accounts):
        edit(world, mallory(account_id, session=f"person{number % 2}"))
    world.drain()
    assert len({notice["incident_id"] for notice in bulks(world)}) == 1
    assert bulks(world)[-1]["facts"]["accounts_count"] == 12


def test_authorised_changers_do_not_count():
    world = World().settle()
    accounts = many_accounts(world, 8)
    world.roster = ROSTER | {
        "authorised_changers": [f"arn:aws:iam::{account_id}:role/{ROLE}" for account_id in accounts]
    }
    world.restart()
    world.approve()
    for account_id in accounts:
        edit(world, mallory(account_id))
    world.drain()
    assert not bulks(world)
    assert [alert.attributes["severity"] for alert in world.alerts] == ["INFO"] * 8


def test_own_writes_and_right_values_do_not_count():
    world = World().settle()
    accounts = many_accounts(world, 8)
    for account_id in accounts:
        client = world.cloud.client("account", mallory(account_id))
        client.put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
    world.drain()
    assert set(world.verdicts()) == {"set-by-others"}
    assert {notice["notice"] for notice in world.bus.notices} == {"contacts-set"}


def test_a_stolen_role_of_ours_is_gathered_under_its_name():
    world = World().settle()
    accounts = many_accounts(world, 8)
    thief = world.cloud.client("account", Caller.role(HUB, "rollcall-reconcile", "thief"))
    for account_id in accounts:
        thief.put_alternate_contact(AccountId=account_id, AlternateContactType="SECURITY", **MALLORY)
    world.drain()
    assert bulks(world)[-1]["facts"]["accounts_count"] == 8
    assert bulks(world)[-1]["facts"]["became"] == {"unrecorded-write": 8}
    assert right(world, accounts)


def test_a_bulk_in_audit_mode_is_a_bulk():
    world, accounts = tampered(9, world=World({**ROSTER, "mode": "audit"}))
    assert bulks(world)[-1]["facts"]["became"] == {"would-set": 9}
    assert world.contacts(accounts[0])["SECURITY"] == MALLORY


def test_denied_attempts_are_a_bulk():
    world = World().settle()
    accounts = many_accounts(world, 9)
    for number, account_id in enumerate(accounts):
        caller = mallory(account_id)
        detail = {
            "eventSource": "account.amazonaws.com",
            "eventName": "PutAlternateContact",
            "eventID": f"denied-{number}",
            "eventTime": "2026-10-05T09:00:00Z",
            "errorCode": "AccessDenied",
            "requestParameters": None,
            "recipientAccountId": account_id,
            "userIdentity": caller.build_user_identity(),
            "sourceIPAddress": caller.source_ip,
        }
        world.send({"detail": detail})
    world.drain()
    assert bulks(world)[-1]["facts"]["became"] == {"denied": 9}
    assert len(singles(world)) == 4


def test_contacts_that_nobody_can_read_count():
    world = World().settle()
    accounts = many_accounts(world, 6)
    for account_id in accounts:
        edit(world, mallory(account_id))
    refused = ApiError("AccessDeniedException", "... with an explicit deny in a service control policy", 403)
    world.cloud.account.fail_next("GetAlternateContact", refused, times=6)
    world.drain()
    assert bulks(world)[-1]["facts"]["became"] == {"unreadable": 6}


def test_what_had_to_wait_is_told_as_what_it_became():
    world = World().settle()
    accounts = many_accounts(world, 8)
    for account_id in accounts:
        edit(world, mallory(account_id))
    broken = ApiError("InternalServerException", "", 500)
    for account_id in (accounts[1], accounts[6]):
        world.cloud.account.fail_next("PutAlternateContact", broken, times=2, account=account_id)
    world.drain()
    assert bulks(world)[-1]["facts"]["became"] == {"set": 8}
    assert right(world, accounts)


@pytest.mark.parametrize("copies", [2, 3])
def test_duplicates_change_no_count_and_tell_nothing_twice(copies):
    world = World(copies_to_target=True).settle()
    accounts = many_accounts(world, 9)
    for account_id in accounts:
        edit(world, mallory(account_id))
    for message in list(world.queue) * (copies - 1):
        world.send(message.body)
    world.drain()
    assert bulks(world)[-1]["facts"]["accounts_count"] == 9
    assert bulks(world)[-1]["facts"]["edits"] == 9
    assert len(world.alerts) == 6


def test_the_order_of_events_changes_no_count():
    world = World().settle()
    accounts = many_accounts(world, 9)
    for account_id in accounts:
        edit(world, mallory(account_id))
        world.clock.sleep(20)
    for position, message in enumerate(reversed(world.queue)):
        message.visible_at = world.clock.now().timestamp() + position / 10
    world.drain()
    assert bulks(world)[-1]["facts"]["accounts_count"] == 9
    assert bulks(world)[-1]["facts"]["first_at"] == "2026-10-05T09:00:00Z"
    assert bulks(world)[-1]["facts"]["last_at"] == "2026-10-05T09:02:40Z"


def test_a_replay_is_not_told_again():
    world, events = World(), []
    world.cloud.subscribe(lambda _account, event: events.append(event))
    tampered(9, world=world)
    told, counted = len(world.alerts), bulks(world)[-1]["facts"]
    world.clock.sleep(86_400)
    for event in events:
        world.send(event)
    world.drain()
    assert len(world.alerts) == told
    assert bulks(world)[-1]["facts"] == counted


STEPS = [
    "state.load_windows",
    "state.save_windows",
    "state.save_windows.after",
    "bus.publish_notice",
    "bus.publish_notice.after",
    "bus.publish",
    "bus.publish.after",
    "state.schedule_closing",
    "state.schedule_closing.after",
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("nth", [0, 3, 4, 5, 6])
def test_a_crash_anywhere_loses_neither_an_edit_nor_the_end(step, nth):
    world = World().settle()
    accounts = many_accounts(world, 7)
    for number, account_id in enumerate(accounts):
        edit(world, mallory(account_id))
        if number == nth:
            world.faults.plan(step, Crash())
        world.deliver(world.queue[-1])
    world.drain()
    assert right(world, accounts)
    assert set(singles(world)) | set(told_with(world)) >= set(accounts)
    assert bulks(world)[-1]["facts"]["accounts_count"] == 7
    assert bulks(world)[-1]["facts"]["quiet_since"]
    assert max(Counter(singles(world)).values()) <= 2
    assert not world.dead


@pytest.mark.parametrize("step", [*STEPS, "state.load_repeated", "put_alternate_contact.after"])
@pytest.mark.parametrize("nth", [0, 3, 4, 5, 6])
def test_a_worker_that_is_overtaken_anywhere_counts_right_and_tells_once(step, nth):
    world = World().settle()
    accounts = many_accounts(world, 9)
    for account_id in accounts:
        edit(world, mallory(account_id))
    first, last = list(world.queue), world.queue[-1]
    overtaking = iter([last])
    for number, message in enumerate(first[:-1]):
        if number == nth:
            world.faults.then(step, lambda: [world.deliver(one) for one in overtaking])
        world.deliver(message)
    world.drain()
    assert set(singles(world)) | set(told_with(world)) >= set(accounts)
    assert len(singles(world)) <= 4
    assert bulks(world)[-1]["facts"]["accounts_count"] == 9
    assert bulks(world)[-1]["facts"]["edits"] == 9
    assert len(world.alerts) == len(singles(world)) + 2


def test_a_count_that_cannot_be_stored_costs_a_message_too_many_and_never_one_too_few():
    world = World().settle()
    accounts = many_accounts(world, 8)
    world.faults.plan("state.load_windows", RetryableError("the state table refused get_item"), 1000)
    for account_id in accounts:
        edit(world, mallory(account_id))
    world.drain()
    assert sorted(singles(world)) == sorted(accounts)
    assert right(world, accounts)


def test_the_end_is_told_although_the_watching_message_was_lost():
    world = World().settle()
    accounts = many_accounts(world, 8)
    for account_id in accounts[:5]:
        edit(world, mallory(account_id))
    for message in list(world.queue):
        world.deliver(message)
    [watcher] = [message for message in world.queue if message.id in world.state.watches]
    world.queue.remove(watcher)
    world.clock.sleep(550)
    assert bulks(world)[-1]["facts"]["quiet_since"] is None
    for account_id in accounts[5:]:
        edit(world, mallory(account_id))
    world.drain()
    assert bulks(world)[-1]["facts"]["accounts_count"] == 8


def test_a_copy_of_the_watching_message_comes_back_too_and_any_other_does_not():
    world = World().settle()
    accounts = many_accounts(world, 5)
    for account_id in accounts:
        edit(world, mallory(account_id))
    for message in list(world.queue):
        world.deliver(message)
    [watcher] = [message for message in world.queue if message.id in world.state.watches]
    # A copy that was received at the same time and ends last: without its own promise it deletes the message.
    with pytest.raises(LookAgainError):
        world.reconciler.handle(json.loads(watcher.body), Delivery(message_id=watcher.id))
    world.reconciler.handle(json.loads(watcher.body), Delivery(message_id="another"))


def test_a_bulk_that_goes_on_for_hours_is_followed_up_and_its_watcher_is_relieved():
    world, accounts = tampered(400, seconds=400 * 60)
    numbers = [notice["facts"]["accounts_count"] for notice in bulks(world)]
    assert numbers[0] == 5
    assert numbers[-1] == 400
    assert numbers == sorted(numbers)
    assert 6 <= len(numbers) <= 400 * 60 / 600 + 2
    assert len(singles(world)) == 4
    assert right(world, accounts)
    assert not world.dead


def test_a_second_wave_within_the_window_is_told_under_the_same_incident():
    world = World().settle()
    accounts = many_accounts(world, 20)
    timeline = Timeline(world)
    for number, account_id in enumerate(accounts):
        when = number if number < 10 else 480 + number
        timeline.at(when, partial(edit, world, mallory(account_id)))
    timeline.run()
    assert len({notice["incident_id"] for notice in bulks(world)}) == 1
    assert [notice["facts"]["accounts_count"] for notice in bulks(world)] == [5, 10, 20]
    assert bulks(world)[-1]["facts"]["quiet_since"]


def test_a_second_attack_on_another_day_is_another_incident():
    world = World().settle()
    accounts = many_accounts(world, 12)
    timeline = Timeline(world)
    for number, account_id in enumerate(accounts):
        when = number if number < 6 else 86_400 + number
        timeline.at(when, partial(edit, world, mallory(account_id)))
    timeline.run()
    assert len({notice["incident_id"] for notice in bulks(world)}) == 2
    assert len(singles(world)) == 8


def test_the_end_of_a_bulk_is_told_before_another_follows_it():
    """After an outage all events come at once: nobody was there to see the first bulk end."""
    world = World().settle()
    accounts = many_accounts(world, 12)
    for number, account_id in enumerate(accounts):
        if number == 6:
            world.clock.sleep(3600)
        edit(world, mallory(account_id))
    world.drain()
    first, second = dict.fromkeys(notice["incident_id"] for notice in bulks(world))
    for incident_id in (first, second):
        told = [notice for notice in bulks(world) if notice["incident_id"] == incident_id]
        assert told[-1]["facts"]["accounts_count"] == 6
        assert told[-1]["facts"]["quiet_since"]


def test_a_bulk_that_nobody_was_told_of_is_told_before_another_edit_takes_its_place():
    world = World().settle()
    accounts = many_accounts(world, 6)
    for account_id in accounts[:5]:
        edit(world, mallory(account_id))
    *earlier, fifth = world.queue
    for message in list(earlier):
        world.deliver(message)
    world.faults.plan("state.save_windows.after", Crash())
    world.deliver(fifth)
    world.queue.clear()  # it comes back after everything else
    world.clock.sleep(3600)
    edit(world, mallory(accounts[5]))
    world.drain()
    world.queue.append(fifth)
    world.drain()
    [told] = bulks(world)
    assert told["facts"]["accounts_count"] == 5
    assert told_with(world)[accounts[4]] == told["incident_id"]
    assert right(world, accounts)


def test_nobody_looks_for_longer_than_the_queue_delivers():
    assert MOST_CHECKS < 20
