"""What a step of a sweep of ten thousand accounts allocates at most: they are really swept, which is slow."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

from bench.memory_bucket import MemoryBucket
from bench.organizations import large_organization
from bench.rows import make_row
from rollcall.adapters.runs import RunsBucket
from simulation.clock import VirtualClock
from tests.support.sweep_world import SweepWorld

if TYPE_CHECKING:
    from collections.abc import Mapping

_ACCOUNTS = 10_000


class _Measured(SweepWorld):
    """A world that knows the largest memory that a step took."""

    def __init__(self, accounts: int) -> None:
        super().__init__(organization=large_organization(VirtualClock(), accounts))
        stored: Any = RunsBucket(client=MemoryBucket(), bucket="reports")
        self.runs = stored
        self.megabytes = 0.0

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """One step, measured."""
        tracemalloc.start()
        try:
            answer = super().invoke(event)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        self.megabytes = max(peak / 1e6, self.megabytes)
        return answer


def measure(accounts: int = _ACCOUNTS) -> list[dict[str, Any]]:
    """The row; one account of ten has no contacts, so that there is a plan."""
    world = _Measured(accounts)
    for number, account in enumerate(world.organization.accounts.values()):
        if number % 10 == 0:
            account.contacts.clear()
    world.sweep()
    return [make_row("step_megabytes_10000", world.megabytes)]
