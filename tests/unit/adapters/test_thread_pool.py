"""Several calls in flight, and the same one after the other in memory."""

import threading
import time

import pytest

from bench.concurrency import ConcurrentClock, ConcurrentPool
from rollcall.adapters.system import ThreadPool
from tests.support.memory import MemoryPool

BOTH = pytest.mark.parametrize(
    "pool",
    [ThreadPool(threads=4), MemoryPool(), ConcurrentPool(ConcurrentClock(), 4)],
    ids=["threads", "memory", "virtual time"],
)


def always():
    return True


@BOTH
def test_results_come_in_the_order_of_the_items(pool):
    def work(number):
        time.sleep(0.002 * (number % 3))
        return number * number

    assert pool.map_each(work, range(20), go_on=always) == [number * number for number in range(20)]


@BOTH
def test_nothing_is_begun_when_it_is_over(pool):
    begun: list[int] = []
    assert pool.map_each(begun.append, range(5), go_on=lambda: False) == []
    assert begun == []


@BOTH
def test_what_was_begun_is_finished_and_is_the_front_of_the_items(pool):
    begun = []

    def work(number):
        begun.append(number)
        time.sleep(0.001)
        return number

    results = pool.map_each(work, range(50), go_on=lambda: len(begun) < 10)
    assert results == sorted(begun) == list(range(len(begun)))
    assert 10 <= len(results) <= 14


@BOTH
def test_no_items_are_no_work(pool):
    assert pool.map_each(str, [], go_on=always) == []


@BOTH
def test_what_the_work_raises_is_raised_and_nothing_more_is_begun(pool):
    begun = []

    def work(number):
        begun.append(number)
        if number == 3:
            raise ValueError("three")
        return number

    with pytest.raises(ValueError, match="three"):
        pool.map_each(work, range(1000), go_on=always)
    assert len(begun) < 1000


@BOTH
def test_a_question_that_fails_is_raised(pool):
    def broken():
        raise RuntimeError("no clock")

    with pytest.raises(RuntimeError, match="no clock"):
        pool.map_each(str, range(3), go_on=broken)


def test_several_are_in_flight_and_none_afterwards():
    meeting = threading.Barrier(4, timeout=120)
    before = threading.active_count()
    assert ThreadPool(threads=4).map_each(lambda _: meeting.wait() >= 0, range(8), go_on=always) == [True] * 8
    assert threading.active_count() == before
