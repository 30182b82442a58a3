"""Paces: how fast calls are made, and what a service's refusals change."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.timing import (
    ASSUME_ROLE,
    CEILING,
    ORGANIZATIONS,
    PROBING,
    QUOTAS,
    YIELDING,
    AdaptivePace,
    Bucket,
    attempts,
    make_buckets,
    make_paces,
)
from simulation.clock import DEFAULT_START, VirtualClock
from simulation.throttle import Quota, TokenBuckets

GET = "GetAlternateContact"


def test_attempts_are_made_at_once_and_then_after_each_wait():
    clock = VirtualClock()
    moments = [(clock.now() - DEFAULT_START).total_seconds() for _ in attempts(clock, (0.5, 2.0))]
    assert moments == [0.0, 0.5, 2.5]


def test_nobody_waits_after_the_try_that_was_enough():
    clock = VirtualClock()
    for _ in attempts(clock, (0.5, 2.0)):
        break
    assert clock.now() == DEFAULT_START


def pace(rate: float = 10.0) -> AdaptivePace:
    return AdaptivePace(ceiling=10.0, rate=rate, free_at=0.0)


def moments(item: AdaptivePace, count: int, now: float = 0.0) -> list[float]:
    """When so many calls are made that are all asked for at once."""
    return [round(now + item.reserve(now), 6) for _ in range(count)]


def test_a_pace_begins_empty_and_spaces_calls_evenly() -> None:
    assert moments(pace(), 4) == [0.1, 0.2, 0.3, 0.4]


def test_workers_that_follow_each_other_add_up_to_one() -> None:
    first = moments(pace(), 50)
    second = pace()
    second.free_at = first[-1]
    assert moments(second, 2, now=first[-1]) == [5.1, 5.2]


def test_time_that_nobody_used_gives_one_call_at_once_and_no_burst() -> None:
    item = pace()
    assert moments(item, 3, now=100.0) == [100.0, 100.1, 100.2]


def test_being_a_little_late_loses_nothing() -> None:
    item = pace()
    made = []
    now = 0.0
    for _ in range(100):
        now = now + item.reserve(now) + 0.03  # the call itself takes time in a single thread
        made.append(now)
    assert made[-1] == pytest.approx(100 * 0.1 + 0.03)


def test_a_refusal_takes_a_tenth_and_no_more_than_once_a_second() -> None:
    item = pace()
    for at, rate in [(10.0, 9.0), (10.2, 9.0), (10.9, 9.0), (11.0, 8.1), (12.5, 7.29)]:
        item.slow_down(at)
        assert item.rate == pytest.approx(rate)


def test_success_gives_back_slowly_whatever_the_number_of_calls() -> None:
    few, many = pace(rate=5.0), pace(rate=5.0)
    for item in (few, many):
        item.slow_down(0.0)
    for second in range(1, 11):
        few.speed_up(float(second))
        for part in range(10):
            many.speed_up(second - 1 + (part + 1) / 10)
    assert few.rate == pytest.approx(4.5 + 10 * 0.1)
    assert many.rate == pytest.approx(few.rate)


def test_it_is_never_faster_than_its_ceiling_nor_slower_than_its_floor() -> None:
    item = pace(rate=9.99)
    for second in range(100):
        item.speed_up(float(second))
    assert item.rate == 10.0
    for second in range(100, 300):
        item.slow_down(float(second))
    assert item.rate == pytest.approx(10.0 * PROBING.floor)


@given(
    st.lists(st.tuples(st.sampled_from(["reserve", "slow_down", "speed_up"]), st.floats(0, 5)), max_size=60)
)
def test_no_second_has_more_calls_than_the_ceiling_and_one_whatever_happens(
    steps: list[tuple[str, float]],
) -> None:
    item, now, made = pace(), 0.0, []
    for name, seconds in steps:
        now += seconds
        if name == "reserve":
            made.append(now + item.reserve(now))
        else:
            getattr(item, name)(now)
        assert 10.0 * PROBING.floor - 1e-9 <= item.rate <= 10.0
    assert made == sorted(made)
    for index, start in enumerate(made):
        in_a_second = [at for at in made[index:] if at < start + 1.0 - 1e-6]
        assert len(in_a_second) <= 11


def test_the_sweep_at_its_ceiling_is_never_refused_by_the_published_quota() -> None:
    item = make_paces(now=0.0).by_operation[GET]
    bucket, now = TokenBuckets(), 0.0
    for _ in range(5000):
        now += item.reserve(now)
        at = DEFAULT_START + timedelta(seconds=now)
        assert bucket.take(("hub", GET), Quota(rate=10, burst=15), at)


def test_rates_are_carried_to_the_next_worker_who_begins_empty() -> None:
    first, second = make_paces(now=0.0), make_paces(now=0.0)
    first.by_operation[GET].slow_down(5.0)
    second.resume(first.get_rates(), 100.0)
    assert second.by_operation[GET].rate == pytest.approx(10 * CEILING * YIELDING.decrease)
    assert second.by_operation[GET].reserve(100.0) == pytest.approx(1 / (10 * CEILING * YIELDING.decrease))


@pytest.mark.parametrize(
    ("known", "rate"), [(None, 9.7), (99.0, 9.7), (0.0, 9.7 * YIELDING.floor), (3.0, 3.0)]
)
def test_a_rate_that_was_handed_over_is_kept_within_bounds(known: float | None, rate: float) -> None:
    item = make_paces(now=0.0)
    item.resume({} if known is None else {GET: known}, 0.0)
    assert item.by_operation[GET].rate == pytest.approx(rate)


def test_a_sweep_lets_edits_that_are_restored_pass_and_comes_back() -> None:
    item = make_paces(now=0.0).by_operation[GET]
    item.slow_down(5.0)
    for second in range(5, 45):
        item.speed_up(float(second))
        assert item.rate == pytest.approx(item.ceiling * YIELDING.decrease)
    for second in range(45, 145):
        item.speed_up(float(second))
    assert item.rate == pytest.approx(item.ceiling)


def test_a_sweep_has_a_pace_for_every_quota_and_two_for_what_has_none() -> None:
    assert set(make_paces(now=0.0).by_operation) == {*QUOTAS, ORGANIZATIONS, ASSUME_ROLE}
    ceilings = {name: item.ceiling for name, item in make_paces(now=0.0, guard=Lock).by_operation.items()}
    assert all(ceilings[name] < rate for name, (rate, _) in QUOTAS.items())


def test_the_share_of_a_signal_worker_is_its_own_whatever_the_service_says() -> None:
    item = make_buckets(share=0.5, now=0.0)[GET]
    assert isinstance(item, Bucket)
    item.slow_down(1.0)
    item.speed_up(2.0)
    waits = [item.reserve(2.0) for _ in range(9)]
    assert waits[:7] == [0.0] * 7
    assert waits[7] == pytest.approx(0.1)
    assert waits[8] == pytest.approx(0.3)


def test_threads_share_one_pace_without_losing_a_moment() -> None:
    item = make_paces(now=0.0, guard=Lock).by_operation[GET]
    interval = 1 / item.rate
    with ThreadPoolExecutor(max_workers=8) as pool:
        waits = list(pool.map(lambda _: item.reserve(0.0), range(2000)))
    assert sorted(waits) == pytest.approx([interval * (number + 1) for number in range(2000)])


@given(
    rate=st.floats(0.5, 10), burst=st.floats(1, 15), gaps=st.lists(st.floats(0, 3), min_size=1, max_size=60)
)
def test_a_paced_caller_never_exceeds_rate_and_burst(rate, burst, gaps):
    bucket = Bucket(rate=rate, burst=burst, tokens=burst, at=0.0)
    now, calls = 0.0, []
    for gap in gaps:
        now += gap
        now += bucket.reserve(now)
        calls.append(now)
    for first in range(len(calls)):
        for last in range(first, len(calls)):
            assert last - first + 1 <= burst + rate * (calls[last] - calls[first]) + 1 + 1e-6


def test_quotas_are_those_of_the_partition():
    for region, (get, put) in (
        ("us-east-1", (10.0, 5.0)),
        ("us-gov-west-1", (10.0, 5.0)),
        ("cn-northwest-1", (3.0, 1.0)),
    ):
        buckets = make_buckets(share=1.0, now=0.0, region=region)
        assert (buckets[GET].rate, buckets["PutAlternateContact"].rate) == (get, put)
        paces = make_paces(now=0.0, region=region).by_operation
        assert (paces[GET].ceiling, paces["PutAlternateContact"].ceiling) == (get * CEILING, put * CEILING)
