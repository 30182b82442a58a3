"""Concurrency on a virtual clock: tasks that hand over when they sleep, all in the thread that asks."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

from simulation.clock import DEFAULT_START

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


class ConcurrentClock:
    """A clock for several tasks: time jumps to the earliest wake-up, and that task runs alone.

    Only a sleep hands over, and of two that wake at one moment the one that fell asleep first goes on: the
    same program runs the same way every time, whatever the machine does.
    """

    def __init__(self) -> None:
        self._now = DEFAULT_START
        self._order = count()
        # Where all tasks are switched to: in the outermost `gather`.
        self._hub: greenlet | None = None
        # Who wakes when.
        self._sleepers: list[tuple[datetime, int, greenlet]] = []

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
        self._wake_at(wake, getcurrent())
        self._hand_over()

    def gather(self, works: Sequence[Callable[[], Any]]) -> None:
        """Run all of them at once, and return when all are done; raises what the first of them raised."""
        if not works:
            return
        failures: dict[int, BaseException] = {}
        left, asking = len(works), getcurrent()
        outermost = self._hub is None
        self._hub = self._hub or asking

        def run(number: int, work: Callable[[], Any]) -> None:
            nonlocal left
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised in the task that asked
                failures[number] = error
            left -= 1
            if not left and not outermost:
                self._wake_at(self._now, asking)

        for number, work in enumerate(works):
            self._wake_at(self._now, greenlet(partial(run, number, work), parent=self._hub))
        if outermost:
            while left:
                self._now, _, task = heappop(self._sleepers)
                task.switch()  # until it sleeps or is done
            self._hub = None
        else:
            self._hand_over()
        if failures:
            raise failures[min(failures)]

    def _wake_at(self, moment: datetime, task: greenlet) -> None:
        heappush(self._sleepers, (moment, next(self._order), task))

    def _hand_over(self) -> None:
        # Not to the next one: a task that begins there would count its frames as its own.
        if self._hub is None:
            raise RuntimeError("only a task sleeps while others do")
        self._hub.switch()


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
