"""Several things at once in virtual time: in order, alone, and the same way every time."""

from contextlib import suppress

import pytest

from bench.concurrency import ConcurrentClock, ConcurrentPool
from simulation import Caller, SimulatedCloud, make_example_organization
from simulation.latency import READ_SECONDS, Latency
from simulation.seeds import HUB


def at(clock, start):
    return round((clock.now() - start).total_seconds(), 3)


def test_one_alone_sleeps_as_on_any_virtual_clock():
    clock = ConcurrentClock()
    start = clock.now()
    clock.sleep(1.5)
    clock.sleep(0)
    assert at(clock, start) == 1.5
    with pytest.raises(ValueError, match="negative"):
        clock.sleep(-1)


def test_several_sleep_at_once_and_wake_in_their_order():
    clock = ConcurrentClock()
    start, seen = clock.now(), []

    def sleeper(name, *naps):
        for nap in naps:
            clock.sleep(nap)
            seen.append((name, at(clock, start)))

    clock.gather([lambda: sleeper("a", 2, 2), lambda: sleeper("b", 1, 4), lambda: sleeper("c", 3)])
    assert seen == [("b", 1), ("a", 2), ("c", 3), ("a", 4), ("b", 5)]
    assert at(clock, start) == 5


def test_of_two_that_wake_together_the_one_that_slept_first_goes_on():
    clock, seen = ConcurrentClock(), []

    def sleeper(name):
        for _ in range(3):
            clock.sleep(1)
            seen.append(name)

    clock.gather([lambda: sleeper("a"), lambda: sleeper("b")])
    assert seen == ["a", "b"] * 3


def test_only_one_runs_at_a_time():
    clock, inside = ConcurrentClock(), []

    def work():
        for _ in range(50):
            inside.append(1)
            assert len(inside) == 1
            inside.pop()
            clock.sleep(0.1)

    clock.gather([work] * 8)


def test_gathering_within_a_gathering():
    clock = ConcurrentClock()
    start, seen = clock.now(), []

    def outer(name, nap):
        clock.gather([lambda: clock.sleep(nap), lambda: clock.sleep(2 * nap)])
        seen.append((name, at(clock, start)))

    clock.gather([lambda: outer("slow", 3), lambda: outer("fast", 1)])
    assert seen == [("fast", 2), ("slow", 6)]


def test_what_is_raised_is_raised_when_all_are_done():
    clock, seen = ConcurrentClock(), []

    def broken():
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        clock.gather([broken, lambda: (clock.sleep(5), seen.append(1))])
    assert seen == [1]
    clock.gather([])


def test_a_pool_keeps_the_order_of_items_and_as_many_in_flight_as_it_is_wide():
    clock = ConcurrentClock()
    start = clock.now()
    pool = ConcurrentPool(clock, 4)

    def work(number):
        clock.sleep(1 + number % 2)
        return number

    assert pool.map_each(work, range(8), go_on=lambda: True) == list(range(8))
    assert at(clock, start) == 4  # of 12 seconds of work; the last item takes two and begins at two


def test_a_pool_stops_taking_when_it_is_told_to():
    clock = ConcurrentClock()
    start = clock.now()
    pool = ConcurrentPool(clock, 2)

    def work(number):
        clock.sleep(1)
        return number

    assert pool.map_each(work, range(100), go_on=lambda: at(clock, start) < 3) == [0, 1, 2, 3, 4, 5]


def test_a_pool_raises_what_its_work_raises_and_takes_no_more():
    clock, begun = ConcurrentClock(), []

    def work(number):
        begun.append(number)
        clock.sleep(1)
        if number == 1:
            raise ValueError("one")

    with pytest.raises(ValueError, match="one"):
        ConcurrentPool(clock, 2).map_each(work, range(100), go_on=lambda: True)
    assert len(begun) < 6


def a_run(seed):
    """The moments at which twenty reads, four in flight, were answered, and what the cloud counted."""
    clock = ConcurrentClock()
    organization = make_example_organization(clock)
    cloud = SimulatedCloud(organization, clock, latency=Latency(seed), throttle_organizations=True)
    client = cloud.client("organizations", Caller.role(HUB, "r", "s"))
    start, seen = clock.now(), []

    def work(_):
        with suppress(client.exceptions.TooManyRequestsException):
            client.list_accounts()
        seen.append(at(clock, start))

    ConcurrentPool(clock, 40).map_each(work, range(60), go_on=lambda: True)
    return seen, dict(cloud.calls)


def test_the_same_seed_gives_the_same_run_and_another_one_another():
    assert a_run(1) == a_run(1) != a_run(2)


def test_aws_organizations_refuses_what_is_too_much_and_every_call_is_counted():
    _, calls = a_run(1)
    refused = calls["organizations", "ListAccounts", "TooManyRequestsException"]
    assert refused > 0
    assert refused + calls["organizations", "ListAccounts", ""] == 60


def test_latency_is_around_its_median():
    latency = Latency(7)
    seconds = sorted(latency.draw("GetAlternateContact") for _ in range(2001))
    assert seconds[1000] == pytest.approx(READ_SECONDS, rel=0.05)
    assert seconds[1980] < 3 * READ_SECONDS
    writes = sorted(latency.draw("PutAlternateContact") for _ in range(2001))
    assert writes[1000] > seconds[1000]
