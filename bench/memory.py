"""What the steps of a sweep take of memory and processor, and what they store: for ten thousand accounts."""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING, Any

from bench.memory_bucket import MemoryBucket
from bench.organizations import large_organization
from bench.rows import row
from rollcall.adapters.runs import RunsBucket
from simulation.clock import VirtualClock
from tests.support.sweep_world import SweepWorld

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Two sizes, each with twenty per cent of its accounts changed: what they differ by is what accounts cost.
_SIZES = (400, 1_600)
_ACCOUNTS = 10_000
#: Of the functions: 1,024 MB, of which Python with its libraries takes about a tenth.
_MOST_MEGABYTES = 800
_STORED = ("accounts", "observed", "plan", "report.html")
_STEPS = ("observe", "gate", "report")


class _Measured(SweepWorld):
    """A world that knows the largest memory and the processor time that each step took."""

    def __init__(self, accounts: int, *, memory: bool) -> None:
        super().__init__(organization=large_organization(VirtualClock(), accounts))
        self.bucket, self.memory = MemoryBucket(), memory
        setattr(self, "runs", RunsBucket(client=self.bucket, bucket="reports"))  # noqa: B010  # typed as in memory
        self.megabytes: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """One step, measured."""
        if self.memory:
            tracemalloc.start()
        began = time.process_time()
        answer = super().invoke(event)
        step = event["operation"]
        self.cpu_seconds[step] = self.cpu_seconds.get(step, 0.0) + time.process_time() - began
        if self.memory:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            self.megabytes[step] = max(peak / 1e6, self.megabytes.get(step, 0.0))
        return answer


def measure() -> list[dict[str, Any]]:
    """Rows of {name, value, unit, goal, ok}."""
    small, large = (_swept(size, memory=True) for size in _SIZES)
    rows = [
        row(f"{step}_megabytes_10000", round(_at(small.megabytes[step], large.megabytes[step])), "MB", goal)
        for step, goal in dict.fromkeys(_STEPS, _MOST_MEGABYTES).items()
    ]
    small, large = (_swept(size, memory=False) for size in _SIZES)
    rows += [
        row(f"{step}_cpu_seconds_10000", round(_at(small.cpu_seconds[step], large.cpu_seconds[step]), 1), "s")
        for step in ("gate", "report")
    ]
    stored = {part: [world.bucket.kilobytes(f"/{part}") for world in (small, large)] for part in _STORED}
    return rows + [
        row(f"stored_{part}_kilobytes_10000", round(_at(*sizes)), "kB") for part, sizes in stored.items()
    ]


def _swept(accounts: int, *, memory: bool) -> _Measured:
    world = _Measured(accounts, memory=memory)
    for number, account in enumerate(world.organization.accounts.values()):
        if number % 10 == 0:
            account.contacts.clear()
    world.sweep()
    return world


def _at(small: float, large: float) -> float:
    """The line through both sizes, at ten thousand accounts."""
    slope = (large - small) / (_SIZES[1] - _SIZES[0])
    return large + slope * (_ACCOUNTS - _SIZES[1])
