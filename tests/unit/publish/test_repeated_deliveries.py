"""Whatever comes twice, late, at the same time or is cut off: each edit is told, and hardly twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.model.contact import ContactKind
from simulation.caller import Caller
from tests.support.memory import Crash
from tests.support.timeline import Timeline, edit, many_accounts
from tests.support.world import MEMBER, ROSTER, World, api_values

#: Where a worker can be killed, or overtaken by another one.
STEPS = (
    "get_alternate_contact.after",
    "state.open_intent.after",
    "put_alternate_contact.after",
    "state.record_request.after",
    "ledger.record_outcome.after",
    "state.load_repeated",
    "state.save_repeated",
    "state.save_repeated.after",
    "state.load_windows",
    "state.save_windows",
    "state.save_windows.after",
    "bus.publish_notice",
    "bus.publish",
    "bus.publish.after",
    "topic.publish.after",
    "alerted.sent",
    "state.close_intent",
    "state.schedule_closing",
    "state.schedule_closing.after",
)
steps = st.sampled_from(STEPS)
edits = st.tuples(
    st.integers(0, 11), st.sampled_from(("mary", "john")), st.sampled_from(("SECURITY", "BILLING"))
)


def overtaken(world: BusyWorld, moments: list[tuple[str, int]]) -> None:
    """At the n-th time that a worker gets to such a step, another one handles a message from end to end."""
    reached: Counter[str] = Counter()
    left = set(moments)
    fail = world.faults

    class Overtaking(type(fail)):  # type: ignore[misc]  # whatever counts steps there
        def __call__(self, step: str) -> None:
            reached[step] += 1
            if (step, reached[step]) in left:
                left.discard((step, reached[step]))
                now = world.clock.now().timestamp()
                free = [m for m in world.queue if m.visible_at <= now and m.id not in world.in_hand]
                if free:
                    world.deliver(free[-1])
            super().__call__(step)

    fail.__class__ = Overtaking


class BusyWorld(World):
    """A queue that shows no message to two workers at once."""

    def __init__(self, **options: Any) -> None:
        self.in_hand: set[str] = set()
        super().__init__(**options)

    def deliver(self, message) -> None:
        self.in_hand.add(message.id)
        try:
            super().deliver(message)
        finally:
            self.in_hand.discard(message.id)


@settings(max_examples=40, deadline=None)
@given(
    actions=st.lists(edits, min_size=1, max_size=16),
    pauses=st.lists(st.sampled_from((0, 0, 30, 400)), min_size=16, max_size=16),
    crashes=st.lists(steps, max_size=3),
    moments=st.lists(st.tuples(steps, st.integers(1, 6)), max_size=4),
    copies=st.integers(1, 2),
    random=st.randoms(use_true_random=False),
)
def test_each_edit_is_told_by_itself_or_with_others_and_at_most_once_more_for_each_crash(  # noqa: PLR0917  # each kind of trouble is one
    actions, pauses, crashes, moments, copies, random
):
    world = BusyWorld().settle()
    accounts = many_accounts(world, 12)
    wanted = {account_id: world.contacts(account_id) for account_id in accounts}
    for (number, session, kind), pause in zip(actions, pauses, strict=False):
        edit(world, Caller.role(accounts[number], "Dev", session), kind)
        world.clock.sleep(pause)
    for message in list(world.queue) * (copies - 1):
        world.send(message.body)
    random.shuffle(world.queue)
    for step in crashes:
        world.faults.plan(step, Crash())
    overtaken(world, moments)
    world.drain()

    assert {account_id: world.contacts(account_id) for account_id in accounts} == wanted
    edited = {accounts[number] for number, _, _ in actions}
    told = Counter((alert.incident_id, alert.stage, alert.text) for alert in world.alerts)
    messages = {incident_id for incident_id, _, _ in told}
    by_incident: dict[str, set[str]] = {}
    for outcome in world.bus.outcomes:
        if outcome["cause"] == "contact-edited" and outcome["verdict"] in ("set", "undone"):
            by_incident.setdefault(outcome["incident_id"], set()).add(
                outcome["parent_incident_id"] or outcome["incident_id"]
            )
    assert {
        outcome["account"]["id"] for outcome in world.bus.outcomes if outcome["verdict"] == "set"
    } == edited
    for ways in by_incident.values():
        assert ways & messages
    # In this world one process does the work of two functions: what kills it there kills both.
    killed = sum(2 if step.startswith(("topic.", "alerted.")) else 1 for step in crashes)
    assert max(told.values()) <= 1 + killed
    for notice in world.bus.notices:
        notices = [item for item in world.bus.notices if item["incident_id"] == notice["incident_id"]]
        if notice["notice"] == "bulk-edit":
            assert notices[-1]["facts"]["ended"]
            named = {line["account"]["id"] for item in notices for line in item["facts"]["lines"]}
            assert notices[-1]["facts"]["accounts_count"] == len(named)
    assert "unrecorded-write" not in world.verdicts()
    assert not world.state.intents
    assert not world.dead
    assert api_values("soc") in wanted[accounts[0]].values()


def test_a_copy_of_an_event_does_not_hide_that_another_edit_may_have_set_the_contact_right():
    terraform = "arn:aws:iam::222222222222:role/Terraform"
    world = World(ROSTER | {"authorised_changers": [terraform]}).settle()
    edit(world, Caller.role(MEMBER, "Dev", "mallory"))
    world.clock.sleep(1)
    client = world.cloud.client("account", Caller.role(MEMBER, "Terraform", "ci"))
    client.put_alternate_contact(AlternateContactType="SECURITY", **api_values("soc"))
    late, body = world.queue.pop(), world.queue[0].body
    timeline = Timeline(world)
    timeline.at(60, lambda: world.send(body))
    timeline.at(90, lambda: world.queue.append(late))
    timeline.run(until=200)
    edits = world.state.load(MEMBER, ContactKind.SECURITY).edits
    assert [one.published for one in edits] == ["set-by-others", "changed-back"]
    (alert,) = world.alerts
    assert "also changed by: arn:aws:sts::222222222222:assumed-role/Dev/mallory" in alert.text
