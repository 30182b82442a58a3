"""What was told as open is told as closed, and what was written is on record, whatever came between."""

import pytest

from rollcall.errors import RetryableError
from tests.support.memory import Crash
from tests.support.world import MALLORY, MEMBER, World, api_values

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


def test_an_incident_is_closed_if_the_account_left_meanwhile(opened):
    account = opened.organization.accounts.pop(MEMBER)
    opened.organization.child_accounts[account.parent_id].pop(MEMBER)
    opened.drain()
    assert stages(opened) == ["open", "closed"]


def test_an_incident_is_closed_if_writes_were_paused_meanwhile(opened):
    opened.state.paused = True
    opened.drain()
    assert stages(opened) == ["open", "closed"]
    assert "NOT restored" in opened.alerts[-1].subject


def test_a_refused_ledger_is_told_at_once_even_if_the_table_then_refuses_too():
    world = World().settle()
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    world.ledger.refuse(times=1)
    world.faults.plan("state.close_intent", RetryableError("the state table refused delete_item"))
    world.deliver(world.queue[0])
    assert stages(world) == ["open"]
    world.drain()
    assert stages(world) == ["open", "closed"]
    assert world.contacts()["SECURITY"] == api_values("soc")


def test_a_write_that_others_undid_before_it_was_recorded_is_on_record_as_made():
    world = World().settle()
    world.member().put_alternate_contact(**SECURITY, **MALLORY)
    world.faults.plan("state.record_request.after", Crash())
    world.deliver(world.queue[0])
    assert world.contacts()["SECURITY"] == api_values("soc")
    world.member(session="trudy").put_alternate_contact(**SECURITY, **(MALLORY | {"Name": "Trudy"}))
    world.clock.sleep(120)  # the lease ends: the second edit finds what the first left
    world.drain()
    assert {str(outcome.verdict) for outcome in world.ledger.outcomes.values()} == {"set"}
    told = "\n".join(alert.text for alert in world.alerts)
    assert "/mary" in told
    assert "/trudy" in told
