"""What was told as open is told as closed, and what was written is on record, whatever came between."""

import json

import pytest

from rollcall.decide.intent import GRACE, WORK, WriteState
from rollcall.model.errors import RecordRefusedError, RetryableError
from simulation import ApiError
from tests.support.memory import Crash
from tests.support.world import MALLORY, MEMBER, ROSTER, World, api_values

SECURITY = {"AlternateContactType": "SECURITY"}


@pytest.fixture
def opened():
    """An edit that the ledger kept from being undone, told as open."""
    world = World().settle()
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    world.ledger.refuse(times=1)
    world.deliver(world.queue[0])
    assert [alert.stage for alert in world.alerts] == ["open"]
    return world


TABLE_REFUSED = RetryableError("the state table refused put_item")


def stages(world):
    return [alert.stage for alert in world.alerts]


def test_an_incident_is_closed_if_somebody_else_put_it_right(opened):
    opened.settle([MEMBER])
    opened.drain()
    assert stages(opened) == ["open", "closed"]


def test_an_incident_is_closed_if_the_account_was_suspended_meanwhile(opened):
    opened.organization.accounts[MEMBER].state = "SUSPENDED"
    opened.drain()
    assert stages(opened) == ["open", "closed"]
    assert "Resolved" not in opened.alerts[-1].subject
    assert "a second alert" not in opened.alerts[-1].text


def test_an_incident_is_closed_if_the_account_left_meanwhile(opened):
    account = opened.organization.accounts.pop(MEMBER)
    opened.organization.child_accounts[account.parent_id].pop(MEMBER)
    opened.drain()
    assert stages(opened) == ["open", "open"]
    assert "a second alert" not in opened.alerts[-1].text


def test_an_incident_is_closed_if_writes_were_paused_meanwhile(opened):
    opened.state.paused = True
    opened.drain()
    assert stages(opened) == ["open", "open"]
    assert "a second alert" not in opened.alerts[-1].text
    assert "NOT restored" in opened.alerts[-1].subject


def test_a_refused_ledger_is_told_at_once_even_if_the_table_then_refuses_too():
    world = World().settle()
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    world.ledger.refuse(times=1)
    world.faults.then("ledger.record_intent", lambda: world.faults.plan("state.save", TABLE_REFUSED))
    world.deliver(world.queue[0])
    assert stages(world) == ["open"]
    world.drain()
    assert stages(world) == ["open", "closed"]
    assert world.contacts()["SECURITY"] == api_values("soc")


def test_a_write_that_others_undid_before_it_was_recorded_is_on_record_as_made():
    world = World().settle()
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    world.faults.plan("put_alternate_contact.after", Crash())
    world.deliver(world.queue[0])
    assert world.contacts()["SECURITY"] == api_values("soc")
    [intent] = world.state.intents.values()
    world.member(session="trudy").put_alternate_contact(**SECURITY, **(MALLORY | {"Name": "Trudy"}))
    # Its worker is surely gone: the second edit finds what the first left.
    world.clock.sleep((WORK + GRACE).total_seconds() + 1)
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    # What nobody saw the answer of is confirmed by its own event, and by nothing that was there later.
    assert world.ledger.outcomes[intent.id].state is WriteState.UNCONFIRMED
    assert world.ledger.confirmations[intent.id].state is WriteState.WRITTEN
    others = [answer.state for key, answer in world.ledger.outcomes.items() if key != intent.id]
    assert others == [WriteState.WRITTEN]
    told = "\n".join(alert.text for alert in world.alerts)
    assert "/mary" in told
    assert "/trudy" in told


def begun():
    """An edit whose worker was killed between the intent and the write."""
    world = World().settle()
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    world.faults.plan("ledger.record_intent.after", Crash())
    world.deliver(world.queue[0])
    assert world.state.intents
    # Nobody takes it over before its worker is surely gone.
    world.deliver(world.queue[0])
    assert world.state.intents
    assert world.contacts()["SECURITY"] == MALLORY
    world.clock.sleep((WORK + GRACE).total_seconds())
    return world


REFUSED = RecordRefusedError("the ledger refused the record")


@pytest.mark.parametrize("step", ["ledger.record_intent", "ledger.record_outcome"])
def test_what_cannot_be_finished_because_the_ledger_refuses_is_told_at_once_and_finished_later(step):
    world = begun()
    world.faults.plan(step, REFUSED)
    world.deliver(world.queue[0])
    assert stages(world) == ["open"]
    assert world.contacts()["SECURITY"] == MALLORY
    world.drain()
    assert stages(world) == ["open", "closed"]
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert not world.state.intents


def test_what_cannot_be_read_when_it_is_finished_is_told_as_that():
    world = begun()
    denied = ApiError("AccessDeniedException", "... no service control policy allows the account:Get", 403)
    # The first look, that of finishing the intent, and the one after it.
    for _ in range(3):
        world.cloud.account.fail_next("GetAlternateContact", denied)
    world.drain()
    assert stages(world) == ["open"]
    assert "cannot be read" in world.alerts[0].subject
    assert [answer.state for answer in world.ledger.outcomes.values()] == [WriteState.UNCONFIRMED]
    assert not world.ledger.confirmations
    assert not world.state.intents


def test_a_roster_that_names_no_contact_for_an_account_changes_nothing_there():
    world = World(ROSTER | {"defaults": {}, "overrides": []})
    world.admin("organizations").create_account(AccountName="New", Email="new@example.com")
    world.drain()
    assert set(world.verdicts()) == {"ignored", "unmanaged"}  # ignored: the call CreateAccount
    assert not world.calls


@pytest.mark.parametrize("time", ["", "soon", "2026-10-05T09:00:00"])
def test_an_event_whose_time_cannot_be_read_is_acted_on_all_the_same(time):
    world = World().settle()
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    event = json.loads(world.queue[0].body)
    event["detail"]["eventTime"] = time
    world.queue[0].body = json.dumps(event)
    world.send(event | {"detail": event["detail"] | {"eventID": "e-2", "requestID": "r-2"}})
    world.drain()
    assert world.contacts()["SECURITY"] == api_values("soc")
    assert not world.dead
