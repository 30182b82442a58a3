"""The machine's clock, and several calls in flight by threads."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class SystemClock:
    """The port `Clock` over the machine's clock."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


class ThreadPool:
    """The port `Pool`. Threads end with the call of `map_each`: nothing runs on in a frozen function."""

    def __init__(self, *, threads: int) -> None:
        self._threads = threads

    def map_each(
        self, work: Callable[[_Item], _Done], items: Iterable[_Item], *, go_on: Callable[[], bool]
    ) -> list[_Done]:
        """Work on the items in their order, some at the same time, as long as `go_on` says so.

        The results are of the items that were begun, in their order. What `work` raises ends the taking of
        items and is raised when all threads are done: of several the one of the first item.
        """
        shelf = _Shelf(work, items, go_on)
        with ThreadPoolExecutor(max_workers=self._threads) as pool:
            for _ in range(self._threads):
                pool.submit(shelf.work_off)
        return shelf.results()


class _Shelf(Generic[_Item, _Done]):
    """Items that several threads take from the front."""

    def __init__(
        self, work: Callable[[_Item], _Done], items: Iterable[_Item], go_on: Callable[[], bool]
    ) -> None:
        self._work = work
        self._items = enumerate(items)
        self._go_on = go_on
        self._lock = Lock()
        self._done: dict[int, _Done] = {}
        self._failed: dict[int, BaseException] = {}

    def work_off(self) -> None:
        """Take items and work on them until there are none, or none are to be taken."""
        while (taken := self._take()) is not None:
            number, item = taken
            try:
                self._done[number] = self._work(item)
            except BaseException as error:  # noqa: BLE001  # raised in the thread that asked
                self._failed[number] = error

    def results(self) -> list[_Done]:
        """What was done, in the order of the items; raises what failed first."""
        if self._failed:
            raise self._failed[min(self._failed)]
        return [self._done[number] for number in sorted(self._done)]

    def _take(self) -> tuple[int, _Item] | None:
        with self._lock:
            if self._failed:
                return None
            try:
                return next(self._items, None) if self._go_on() else None
            except BaseException as error:  # noqa: BLE001  # same
                self._failed[-1] = error
                return None
