"""What is killed or refused on the way ends all the same: in the contact, the ledger pair, one alert."""

from __future__ import annotations

import pytest

from rollcall.model.errors import RecordRefusedError, RetryableError
from simulation.errors import ApiError
from tests.support.memory import Crash
from tests.support.recovery_worlds import STEPS
from tests.support.world import MALLORY, MEMBER, World, api_values


def tampered(**options) -> World:
    world = World(**options).settle()
    world.member().put_alternate_contact(AlternateContactType="SECURITY", **MALLORY)
    return world


def assert_ended_well(world: World, most_alerts: int = 1) -> None:
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert world.ledger.intents.keys() == world.ledger.outcomes.keys()
    assert len({alert.incident_id for alert in world.alerts}) == 1
    assert 1 <= len(world.alerts) <= most_alerts
    assert world.alerts[-1].stage == "closed"
    assert "restored" in world.alerts[-1].subject
    assert "unrecorded-write" not in world.verdicts()
    assert not world.state.intents
    assert not world.dead


@pytest.mark.parametrize(("step", "most_alerts"), STEPS.items())
def test_a_crash_at_any_step_ends_in_outcome_pair_and_alert(step, most_alerts):
    world = tampered()
    world.faults.plan(step, Crash())
    world.drain()
    assert_ended_well(world, most_alerts)


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_before_the_event_of_the_write_arrives_is_no_stolen_role(step):
    world = tampered(delivery_delay=700.0)
    world.cloud.advance(700)
    world.faults.plan(step, Crash())
    world.drain()
    world.cloud.advance(700)
    world.drain()
    assert_ended_well(world, 2)


def test_the_write_happens_once_when_the_process_dies_after_it():
    world = tampered()
    world.faults.plan("put_alternate_contact.after", Crash())
    world.drain()
    assert [name for name, _ in world.calls].count("put_alternate_contact") == 1


def test_a_ledger_that_refuses_stops_the_write_and_not_the_alert():
    world = tampered()
    world.ledger.refuse()
    world.drain()
    assert world.contacts()["SECURITY"] == MALLORY
    assert not [name for name, _ in world.calls if name == "put_alternate_contact"]
    assert [alert.stage for alert in world.alerts] == ["open"]
    assert len(world.dead) == 1
    # It is finished by the next sweep, and nobody has to wait for it.
    ((_, intent),) = world.state.intents.items()
    assert intent.answer is not None
    assert intent.answer.state == "not-sent"
    assert intent.is_expired(world.clock.now())


def test_a_ledger_that_comes_back_leads_to_a_second_message_with_the_same_incident():
    world = tampered()
    world.ledger.refuse(times=2)
    world.drain()
    assert [alert.stage for alert in world.alerts] == ["open", "closed"]
    assert len({alert.incident_id for alert in world.alerts}) == 1
    assert world.contacts()["SECURITY"] == api_values("soc")


def test_a_bus_that_refuses_lets_the_next_worker_finish_at_once():
    world = tampered()
    world.faults.plan("bus.publish", RetryableError("the outcome bus refused"))
    world.deliver(world.queue[0])
    ((_, intent),) = world.state.intents.items()
    assert intent.answer is not None
    assert intent.answer.state == "written"
    assert intent.is_expired(world.clock.now())
    world.drain()
    assert_ended_well(world)


def test_a_state_table_that_refuses_stops_the_write_and_not_the_alert():
    world = tampered()
    world.faults.plan("state.open_intent", RecordRefusedError("the state table refused the intent"), 100)
    world.drain()
    assert world.contacts()["SECURITY"] == MALLORY
    assert [alert.stage for alert in world.alerts] == ["open"]


def test_a_ledger_that_refuses_the_outcome_is_asked_again():
    world = tampered()
    world.faults.plan("ledger.record_outcome", RecordRefusedError("the ledger refused the record"), 2)
    world.drain()
    assert_ended_well(world, 2)


def test_an_answer_that_neither_the_ledger_nor_the_table_takes_at_first_is_not_forgotten():
    world = tampered()
    world.faults.plan("ledger.record_outcome", RecordRefusedError("the ledger refused the record"), 1)
    refused = RetryableError("the state table refused put_item")
    world.faults.then("ledger.record_outcome", lambda: world.faults.plan("state.save", refused, 2))
    world.drain()
    [answer] = world.ledger.outcomes.values()
    assert answer.state == "written"
    assert not world.ledger.confirmations


@pytest.mark.parametrize("applied", [True, False])
def test_a_write_without_an_answer_is_looked_at_and_finished(applied):
    world = tampered()
    error = ApiError("InternalServerException", "", 500)
    world.cloud.account.fail_next("PutAlternateContact", error, applied=applied)
    world.drain()
    assert_ended_well(world)


def test_a_write_that_aws_refuses_for_good_is_told_and_recorded():
    world = tampered()
    error = ApiError("AccessDeniedException", "... with an explicit deny in a service control policy", 403)
    world.cloud.account.fail_next("PutAlternateContact", error)
    world.drain()
    assert world.alerts[0].attributes["verdict"] == "failed"
    assert "service control policy" in world.alerts[0].text
    assert world.ledger.intents.keys() == world.ledger.outcomes.keys()
    assert not world.state.intents


def test_two_of_three_kinds_succeed_and_the_third_is_tried_again():
    world = World().settle()
    world.cloud.account.fail_next(
        "GetAlternateContact",
        ApiError("TooManyRequestsException", "Too many requests", 429),
        kind="OPERATIONS",
    )
    world.admin("organizations").create_account(AccountName="New", Email="new@example.com")
    world.drain()
    (account_id,) = [key for key, account in world.organization.accounts.items() if account.name == "New"]
    assert len(world.contacts(account_id)) == 3
    assert len({alert.incident_id for alert in world.alerts}) == 1
    assert not world.dead


def test_access_denied_in_a_new_account_is_waited_out():
    world = World().settle()
    error = ApiError(
        "AccessDeniedException", "User: x is not authorized to perform: account:GetAlternateContact", 403
    )
    world.cloud.account.fail_next("GetAlternateContact", error, times=9)
    world.admin("organizations").create_account(AccountName="New", Email="new@example.com")
    world.drain()
    (account_id,) = [key for key, account in world.organization.accounts.items() if account.name == "New"]
    assert len(world.contacts(account_id)) == 3
    assert "unreadable" not in world.verdicts()


def test_access_denied_in_an_old_account_is_told_and_never_written_on():
    world = tampered()
    error = ApiError(
        "AccessDeniedException",
        "... (Your organization must first enable trusted access with AWS Account Management.)",
        403,
    )
    world.cloud.account.fail_next("GetAlternateContact", error, times=1)
    world.drain()
    assert world.contacts()["SECURITY"] == MALLORY
    assert world.verdicts() == ["unreadable"]
    assert "enable-aws-service-access" in world.alerts[0].text


def test_a_stale_read_after_the_write_is_no_failure():
    world = tampered(propagation_seconds=60.0)
    world.clock.sleep(90)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert world.alerts[0].attributes["verdict"] == "set"
    assert "did not show it yet" in world.alerts[0].text


def test_the_same_event_twice_is_one_change_and_one_alert():
    world = tampered()
    world.send(world.queue[0].body)
    world.drain()
    assert [name for name, _ in world.calls].count("put_alternate_contact") == 1
    assert len(world.alerts) == 1


def test_a_message_of_another_worker_waits_for_the_lease_and_then_finishes():
    world = tampered()
    world.send(world.queue[0].body)
    first, second = world.queue
    world.faults.plan("state.open_intent.after", Crash())
    world.deliver(first)
    world.queue.remove(first)  # lost for good
    world.deliver(second)
    assert world.contacts()["SECURITY"] == MALLORY
    world.drain()
    assert_ended_well(world, most_alerts=2)  # one that it is late, one that it is over


def test_a_pause_between_decision_and_write_stops_the_write():
    world = tampered()
    original = world.state.open_intent

    def pause_first(record, *, at):
        world.state.paused = True
        original(record, at=at)

    world.state.open_intent = pause_first
    world.drain()
    assert world.contacts()["SECURITY"] == MALLORY
    assert [alert.attributes["verdict"] for alert in world.alerts] == ["would-set"]


def test_a_move_is_waited_for_until_the_path_shows_it_and_not_for_ever():
    world = World().settle()
    organization = world.organization
    source = organization.accounts[MEMBER].parent_id
    world.admin("organizations").move_account(
        AccountId=MEMBER,
        SourceParentId=source,
        DestinationParentId=organization.find_ou("Workloads/Production"),
    )
    organization.move(MEMBER, source)
    world.deliver(world.queue[0])
    assert world.queue[0].receives == 1
    assert world.warnings[-1]["reason"] == "AWS Organizations does not show the move yet"
    world.drain()
    assert world.verdicts() == ["compliant"] * 3
    assert not world.dead


def test_an_alert_that_cannot_be_published_is_not_lost():
    world = tampered()
    world.faults.plan("bus.publish", RetryableError("the outcome bus refused"), 3)
    world.drain()
    assert_ended_well(world)


@pytest.mark.parametrize("body", ['{"detail": {"eventNa', "{}", "[]", "null", '{"detail": {"eventName": 7}}'])
def test_a_message_that_is_no_event_is_dead_and_harms_nobody(body):
    world = tampered()
    world.send(body)
    world.drain()
    assert [message.body for message in world.dead] == [body]
    assert world.contacts()["SECURITY"] == api_values("soc")


def test_an_event_of_an_unknown_account_is_a_recorded_refusal():
    world = tampered()
    stranger = world.queue[0].body.replace(MEMBER, "999999999999")
    world.send(stranger)
    world.drain()
    assert "no-account" in world.verdicts()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert [alert.attributes["severity"] for alert in world.alerts] == ["MEDIUM", "LOW"]
