"""Concurrency on a virtual clock: real threads, of which one runs while the others sleep."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from threading import Lock, Thread
from typing import Any, TypeVar

from simulation.clock import DEFAULT_START

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


class ConcurrentClock:
    """A clock for several threads: time jumps to the earliest wake-up, and that thread runs alone.

    Only a sleep hands over, and of two that wake at one moment the one that fell asleep first goes on: the
    same program runs the same way every time, whatever the machine does.
    """

    def __init__(self, start: datetime = DEFAULT_START) -> None:
        self._now = start
        self._order = count()
        # Who wakes when: each sleeper waits for its own lock, which the one before it releases.
        self._sleepers: list[tuple[datetime, int, Lock]] = []

    def now(self) -> datetime:
        """The present moment of this clock."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let others run until `seconds` have passed; ValueError for negative ones, as time.sleep has it."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        wake = self._now + timedelta(seconds=seconds)
        if not self._sleepers or self._sleepers[0][0] > wake:
            self._now = wake
            return
        gate = self._fall_asleep(wake)
        self._wake_next()
        gate.acquire()

    def gather(self, works: Sequence[Callable[[], Any]]) -> None:
        """Run all of them at once, and return when all are done; raises what the first of them raised."""
        if not works:
            return
        failures: dict[int, BaseException] = {}
        left = len(works)
        done = _close()

        def run(number: int, work: Callable[[], Any], gate: Lock) -> None:
            nonlocal left
            gate.acquire()
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised in the thread that asked
                failures[number] = error
            left -= 1
            if not left:
                heappush(self._sleepers, (self._now, next(self._order), done))
            self._wake_next()

        for number, work in enumerate(works):
            gate = self._fall_asleep(self._now)
            Thread(target=run, args=(number, work, gate), daemon=True).start()
        self._wake_next()
        done.acquire()
        if failures:
            raise failures[min(failures)]

    def _fall_asleep(self, wake: datetime) -> Lock:
        gate = _close()
        heappush(self._sleepers, (wake, next(self._order), gate))
        return gate

    def _wake_next(self) -> None:
        self._now, _, gate = heappop(self._sleepers)
        gate.release()


class ConcurrentPool:
    """Takes items from the front, `width` at a time, as a pool of threads does; in virtual time."""

    def __init__(self, clock: ConcurrentClock, width: int) -> None:
        self._clock = clock
        self._width = width

    def map_each(
        self, work: Callable[[_Item], _Done], items: Iterable[_Item], *, go_on: Callable[[], bool]
    ) -> list[_Done]:
        """Results of the items that were begun, in their order; what `work` raises ends it and is raised."""
        results: dict[int, _Done] = {}
        front = enumerate(items)
        failed = False

        def empty() -> None:
            nonlocal failed
            while not failed and go_on() and (taken := next(front, None)) is not None:
                try:
                    results[taken[0]] = work(taken[1])
                except BaseException:
                    failed = True
                    raise

        self._clock.gather([empty] * self._width)
        return [results[number] for number in sorted(results)]


def _close() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock
