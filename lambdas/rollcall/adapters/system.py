"""The machine's clock, and several calls in flight by threads."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

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
        """As the port says. Of several errors that of the first item is raised, once all threads are done."""
        lock, numbered = Lock(), enumerate(items)
        done: dict[int, _Done] = {}
        failed: dict[int, BaseException] = {}

        def take() -> tuple[int, _Item] | None:
            with lock:
                try:
                    return next(numbered, None) if not failed and go_on() else None
                except BaseException as error:  # noqa: BLE001  # raised in the thread that asked
                    failed[-1] = error
                    return None

        def work_off() -> None:
            while (taken := take()) is not None:
                number, item = taken
                try:
                    done[number] = work(item)
                except BaseException as error:  # noqa: BLE001  # same
                    failed[number] = error

        with ThreadPoolExecutor(max_workers=self._threads) as pool:
            for _ in range(self._threads):
                pool.submit(work_off)
        if failed:
            raise failed[min(failed)]
        return [done[number] for number in sorted(done)]
