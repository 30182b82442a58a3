"""What the bench measures with: a small organization shows that its numbers mean what they say."""

from __future__ import annotations

import pytest

from bench import sweep
from bench.queue import BATCH, MAX_RECEIVES, VISIBILITY_SECONDS, IntakeQueue
from bench.rows import row
from bench.world import BenchWorld
from rollcall.timing import CEILING
from simulation.clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def queue(clock: VirtualClock) -> IntakeQueue:
    return IntakeQueue(clock)


def test_a_sweep_sets_what_drifted_and_takes_the_time_of_its_calls() -> None:
    swept = sweep._sweep(200)
    assert swept.lost == 0
    puts = swept.world.cloud.calls["account", "PutAlternateContact", ""]
    gets = swept.world.cloud.calls["account", "GetAlternateContact", ""]
    assert puts == 10
    assert gets >= 200 * 3 + 2 * puts
    assert swept.seconds > gets / (10 * CEILING)
    assert swept.quota_minimum == gets / 10 + puts / 5


def test_the_same_seed_gives_the_same_sweep_to_the_microsecond() -> None:
    first, second = sweep._sweep(60), sweep._sweep(60)
    assert first.seconds == second.seconds
    assert first.world.cloud.calls == second.world.cloud.calls


def test_signals_beside_a_sweep_are_restored_and_timed() -> None:
    swept = sweep._sweep(200, signals=10, lasting=60.0)
    assert swept.lost == 0
    assert len(swept.world.delivered) == 10
    assert 0.3 < sweep._p99(swept.world) < 60


def test_a_contact_that_was_never_restored_is_no_good_number() -> None:
    world = BenchWorld(20)
    world.delivered["222222222222", "SECURITY"] = world.seconds()
    assert sweep._p99(world) == float("inf")


def test_contacts_that_are_wrong_are_counted() -> None:
    world = BenchWorld(60)
    assert world.wrong() == 0
    world.drift(7)
    assert world.wrong() == 7


@pytest.mark.parametrize(("power", "exponent"), [(1, 1.0), (2, 2.0), (0.5, 0.5)])
def test_the_exponent_is_that_of_the_growth(power: float, exponent: float) -> None:
    points = [(size, 3.0 * size**power) for size in (10, 100, 1000)]
    assert sweep._exponent(points) == pytest.approx(exponent)


def test_a_message_is_hidden_until_its_visibility_ends_or_is_changed(
    clock: VirtualClock, queue: IntakeQueue
) -> None:
    message = queue.send("{}")
    assert queue.receive() == [message]
    assert queue.receive() == []
    clock.sleep(VISIBILITY_SECONDS)
    assert queue.receive() == [message]
    queue.return_in(message.id, 2)
    clock.sleep(2)
    assert queue.receive() == [message]
    assert message.receives == 3
    queue.return_in(message.id, 2)
    queue.delete(message.id)
    clock.sleep(VISIBILITY_SECONDS * 2)
    assert queue.receive() == []


def test_a_message_that_was_tried_too_often_is_dead(clock: VirtualClock, queue: IntakeQueue) -> None:
    message = queue.send("{}")
    for _ in range(MAX_RECEIVES):
        assert queue.receive() == [message]
        queue.return_in(message.id, 1)
        clock.sleep(1)
    assert queue.receive() == []
    assert queue.dead == [message]


def test_a_batch_is_as_large_as_the_template_has_it(queue: IntakeQueue) -> None:
    for _ in range(BATCH + 3):
        queue.send("{}")
    assert [len(queue.receive()) for _ in range(3)] == [BATCH, 3, 0]


@pytest.mark.parametrize(("value", "ok"), [(1.5, True), (1.51, False)])
def test_a_row_says_why_its_goal_is_missed_and_only_then(value: float, ok: bool) -> None:  # of the table
    assert row("x", value, "s", 1.5, note="because") == {
        "name": "x",
        "value": value,
        "unit": "s",
        "goal": 1.5,
        "ok": ok,
    } | ({} if ok else {"note": "because"})
    assert row("x", value, "s")["ok"]
