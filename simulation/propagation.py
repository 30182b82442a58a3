"""Eventual consistency: reads show the old value for some time after a write."""

from datetime import datetime, timedelta
from typing import Any

from simulation.clock import Clock


class Propagation:
    """Remembers what each write replaced, for `seconds`; with 0 every read sees the newest value."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._delay = timedelta(seconds=seconds)
        self._replaced: dict[tuple[str, str], list[tuple[datetime, Any]]] = {}

    def record_write(self, key: tuple[str, str], old: Any) -> None:
        """Record that a write replaced `old` under `key`."""
        if self._delay:
            self._replaced.setdefault(key, []).append((self._clock.now() + self._delay, old))

    def read(self, key: tuple[str, str], current: Any) -> Any:
        """The value that a reader sees while `current` is stored."""
        now = self._clock.now()
        pending = [entry for entry in self._replaced.pop(key, []) if entry[0] > now]
        if pending:
            self._replaced[key] = pending
        # Every entry holds what its write replaced: the oldest one is what readers still see.
        return pending[0][1] if pending else current
