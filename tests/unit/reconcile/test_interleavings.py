"""Any mixture of events, duplicates and crashes ends in the same state, told and on record."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.memory import Crash
from tests.support.recovery_worlds import STEPS
from tests.support.world import EXEMPT, KINDS, MALLORY, MEMBER, PRODUCTION, World

MEMBERS = (MEMBER, PRODUCTION, EXEMPT)
tampering = st.tuples(st.sampled_from(MEMBERS), st.sampled_from(KINDS), st.sampled_from(["put", "delete"]))


def tamper(world: World, account_id: str, kind: str, how: str) -> None:
    client = world.member(account_id)
    if how == "put":
        client.put_alternate_contact(AlternateContactType=kind, **MALLORY)
    elif kind in world.contacts(account_id):
        client.delete_alternate_contact(AlternateContactType=kind)


@settings(max_examples=30, deadline=None)
@given(
    actions=st.lists(tampering, min_size=1, max_size=6),
    crashes=st.lists(st.sampled_from(sorted(STEPS)), max_size=3),
    random=st.randoms(use_true_random=False),
)
def test_every_mixture_ends_right(actions, crashes, random):
    world = World().settle()
    wanted = {account_id: world.contacts(account_id) for account_id in MEMBERS}
    for action in actions:
        tamper(world, *action)
    for message in list(world.queue):
        if random.random() < 0.4:
            world.send(message.body)
    random.shuffle(world.queue)
    for step in crashes:
        world.faults.plan(step, Crash())
    left_by_hand = world.contacts(EXEMPT)
    world.drain()
    assert world.contacts(MEMBER) == wanted[MEMBER]
    assert world.contacts(PRODUCTION) == wanted[PRODUCTION]
    assert world.contacts(EXEMPT) == left_by_hand
    assert world.ledger.intents.keys() == world.ledger.outcomes.keys()
    assert not world.state.intents
    assert not world.dead
    assert "unrecorded-write" not in world.verdicts()
    changed = {intent.signal.account_id for intent in world.ledger.intents.values()}
    assert changed <= {alert.attributes["account"] for alert in world.alerts}


@settings(max_examples=20, deadline=None)
@given(actions=st.lists(tampering, min_size=1, max_size=5))
def test_a_second_pass_over_the_same_events_changes_nothing(actions):
    world = World().settle()
    for action in actions:
        tamper(world, *action)
    bodies = [message.body for message in world.queue]
    world.drain()
    writes = [call for call in world.calls if call[0] == "put_alternate_contact"]
    told = len([alert for alert in world.alerts if alert.attributes["account"] != EXEMPT])
    for body in bodies:
        world.send(body)
    world.drain()
    assert [call for call in world.calls if call[0] == "put_alternate_contact"] == writes
    assert len([alert for alert in world.alerts if alert.attributes["account"] != EXEMPT]) == told
