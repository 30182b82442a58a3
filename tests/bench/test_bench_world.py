"""What the bench measures with: a small organization shows that its numbers mean what they say."""

from __future__ import annotations

import pytest

from bench import growth, sweep
from bench.counts_meter import TracedCall
from bench.goals import GOALS, Goal
from bench.queue import BATCH, MAX_RECEIVES, VISIBILITY_SECONDS, IntakeQueue
from bench.restore import find_longest
from bench.rows import make_row
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
    swept = sweep.run_sweep(200)
    assert swept.lost == 0
    puts = swept.world.cloud.calls["account", "PutAlternateContact", ""]
    gets = swept.world.cloud.calls["account", "GetAlternateContact", ""]
    assert puts == 10
    assert gets >= 200 * 3 + 2 * puts
    assert swept.seconds > gets / (10 * CEILING)
    # 198 accounts are reached centrally; bursts are free, and puts go on beside reads.
    assert swept.minimum == (198 * 3 - 15) / 10


def test_the_same_seed_gives_the_same_sweep_to_the_microsecond() -> None:
    first, second = sweep.run_sweep(60), sweep.run_sweep(60)
    assert first.seconds == second.seconds
    assert first.world.cloud.calls == second.world.cloud.calls


def test_signals_beside_a_sweep_are_restored_and_timed() -> None:
    swept = sweep.run_sweep(200, signals=10, lasting=60.0)
    assert swept.lost == 0
    assert len(swept.world.delivered) == 10
    assert 0.3 < swept.signal_p99 < 60


def test_a_contact_that_was_never_restored_is_no_good_number() -> None:
    swept = sweep.run_sweep(20)
    swept.world.delivered["222222222222", "SECURITY"] = swept.world.seconds()
    assert swept.signal_p99 == float("inf")


def test_the_minimum_is_the_longer_of_reads_and_puts() -> None:
    assert sweep.find_minimum_seconds(1_015, 108) == 100
    assert sweep.find_minimum_seconds(1_015, 608) == 120


def test_contacts_that_are_wrong_are_counted() -> None:
    world = BenchWorld(60)
    assert world.wrong() == 0
    world.drift(7)
    assert world.wrong() == 7


@pytest.mark.parametrize(("power", "exponent"), [(1, 1.0), (2, 2.0), (0.5, 0.5)])
def test_the_exponent_is_that_of_the_growth(power: float, exponent: float) -> None:
    points = [(size, 3.0 * size**power) for size in (10, 100, 1000)]
    assert growth.find_exponent(points) == pytest.approx(exponent)


def test_quadratic_growth_that_only_large_sizes_show_is_in_the_exponent() -> None:
    points = [(size, size + size**2 / 50_000) for size in (100, 1_000, 10_000, 50_000)]
    assert growth.find_exponent(points) > 1.3


def test_calls_side_by_side_count_once_on_the_way_to_the_put() -> None:
    def call(name: str, began: int, ended: int) -> TracedCall:
        return TracedCall(function="reconcile", name=name, seconds=1.0, began=began, ended=ended)

    before = [call("dynamodb:Query", 0, 2), call("dynamodb:GetItem", 1, 3), call("s3:PutObject", 4, 5)]
    put, after = call("account:PutAlternateContact", 6, 7), call("dynamodb:PutItem", 8, 9)
    assert find_longest([*before, put, after], lambda _: 1.0) == 3


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


@pytest.mark.parametrize(
    ("value", "status", "because"),
    [(1.5, "met", None), (1.51, "missed", "reasons"), (2.0, "missed", "reasons"), (2.01, "FAILED", None)],
)
def test_a_missed_goal_is_explained_up_to_a_value_and_fails_beyond(
    monkeypatch: pytest.MonkeyPatch, value: float, status: str, because: str | None
) -> None:
    monkeypatch.setitem(GOALS, "x", Goal(most=1.5, unit="s", shows="", accepted=2.0, because="reasons"))
    row = make_row("x", value)
    assert (row["value"], row["goal"], row["status"], row.get("because")) == (value, 1.5, status, because)


def test_a_row_without_a_goal_and_a_goal_without_a_reason_are_refused() -> None:
    with pytest.raises(KeyError):
        make_row("of nothing", 1.0)
    assert all(bool(goal.because) == (goal.accepted is not None) for goal in GOALS.values())
    assert all(goal.accepted is None or goal.accepted > goal.most for goal in GOALS.values())
