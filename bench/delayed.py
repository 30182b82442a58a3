"""Ports in memory that take as long as the services which they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.clock import Clock
    from simulation.latency import Latency

#: Median seconds of one call. Assumed: within one Region, with a connection that is open.
TABLE_SECONDS, BUCKET_SECONDS, BUS_SECONDS = 0.008, 0.040, 0.030


class Delayed:
    """Anything, whose methods take time; its values do not."""

    def __init__(self, inner: Any, clock: Clock, latency: Latency, median: float) -> None:
        self.inner = inner
        self._clock, self._latency, self._median = clock, latency, median

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **parameters: Any) -> Any:
            self._clock.sleep(self._latency.draw_around(self._median))
            return found(*arguments, **parameters)

        return call
