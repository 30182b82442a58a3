"""What a sweep takes, what it leaves to signals, and what they do to it. In virtual time, seeded.

The minimum is that of the organization and of AWS's quotas: nothing that Rollcall does moves it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import ceil, inf
from typing import TYPE_CHECKING, Any

from bench.plan import measure_plan
from bench.rows import make_row
from bench.world import BenchWorld
from simulation.account_api import QUOTAS
from tests.support.world import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

_ACCOUNTS, _FEW, _FAILING = 10_000, 300, 1_000
#: Until a role is refused: by an answer, and by connecting and reading in vain.
_REFUSING_SECONDS = (0.1, 4.0)
#: One account in twenty has a contact that drifted: below the limit from which a plan is held.
_DRIFTED_SHARE = 0.05
_SIGNALS = 200
THROTTLED = "TooManyRequestsException"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """One sweep: how long it took in virtual seconds and on the processor, and what was left wrong."""

    seconds: float
    processor_seconds: float
    lost: int
    #: Virtual seconds that nobody can do it in.
    minimum: float
    world: BenchWorld

    @property
    def refused_share(self) -> float:
        """Calls that AWS refused because there were too many, of all."""
        calls = self.world.cloud.calls
        return sum(count for (_, _, code), count in calls.items() if code == THROTTLED) / calls.total()

    @property
    def signal_p99(self) -> float:
        """Seconds from the queue to the restored contact; one that was never restored counts for ever."""
        restored = self.world.restored
        waits = sorted(restored.get(key, inf) - at for key, at in self.world.delivered.items())
        return waits[ceil(len(waits) * 0.99) - 1]


def find_minimum_seconds(contacts: int, drifted: int) -> float:
    """Seconds that AWS's quotas ask at least for reading so many contacts, and putting so many beside it."""
    needed = {"GetAlternateContact": contacts, "PutAlternateContact": drifted}
    return max((number - QUOTAS[name].burst) / QUOTAS[name].rate for name, number in needed.items())


def measure(accounts: int = _ACCOUNTS, signals: int = _SIGNALS) -> list[dict[str, Any]]:
    """Rows of a sweep alone and one beside signals, and of what they leave behind."""
    alone = run_sweep(accounts)
    beside = run_sweep(accounts, signals=signals, lasting=alone.seconds)
    return [
        make_row("sweep_over_external_minimum", alone.seconds / alone.minimum),
        make_row("sweep_10000_central_seconds", alone.seconds),
        *measure_plan(alone.world),
        make_row("sweep_refused_share", max(alone.refused_share, beside.refused_share)),
        make_row("sweep_lost_contacts", alone.lost + beside.lost),
        make_row("sweep_slowdown_by_signals", beside.seconds / alone.seconds - 1),
        make_row("signal_p99_seconds_during_sweep", beside.signal_p99),
    ]


def measure_roles(accounts: int = _ACCOUNTS) -> list[dict[str, Any]]:
    """The row of a sweep of compliant accounts that have roles."""
    return [make_row("sweep_10000_seconds", _time_roles(accounts))]


def measure_failing_roles(accounts: int = _FAILING) -> list[dict[str, Any]]:
    """The row of what roles that do not work add to the time of a sweep without roles, as a share."""
    failing = max(_time_roles(accounts, seconds) for seconds in _REFUSING_SECONDS)
    return [make_row("sweep_failing_roles_share", failing / _run(BenchWorld(accounts)) - 1)]


def _time_roles(accounts: int, refusing_seconds: float | None = None) -> float:
    """Seconds of a sweep with roles. AWS STS refuses each after `refusing_seconds`; None: it does not."""
    world = BenchWorld(accounts)
    world.bring_roles(refusing_seconds)
    return _run(world)


def _run(world: BenchWorld) -> float:
    start, execution, ended = world.seconds(), world.execution("schedule"), []

    def sweep() -> None:
        execution.run()
        ended.append(world.seconds())

    world.work(sweep)
    if execution.document.get("ending") != "finished" or world.summary["contacts"]["unreadable"]:
        raise RuntimeError(f"the sweep ended otherwise: {execution.document}")
    return ended[0] - start


def measure_few(accounts: int = _FEW) -> list[dict[str, Any]]:
    """The row of a small sweep."""
    small = run_sweep(accounts)
    return [make_row("sweep_300_over_external_minimum", small.seconds / small.minimum)]


def run_sweep(accounts: int, *, signals: int = 0, lasting: float = 0.0) -> Swept:
    """One sweep over drifted contacts, with so many signals spread over the time that it takes alone."""
    world = BenchWorld(accounts)
    drifted = set(world.drift(int(accounts * _DRIFTED_SHARE)))
    others = [item for item in world.members() if item not in drifted]
    start, ended = world.seconds(), []
    execution = world.execution("schedule")

    def sweep() -> None:
        execution.run()
        ended.append(world.seconds())

    def tamper() -> None:
        for account_id in world.random.sample(others, signals):
            world.clock.sleep(world.random.expovariate(signals / lasting))
            world.tamper(account_id, world.random.choice(KINDS))

    tasks: list[Callable[[], Any]] = [sweep, *([tamper] if signals else [])]
    began = time.process_time()
    world.work(*tasks)
    spent = time.process_time() - began
    if execution.document.get("ending") != "finished":
        raise RuntimeError(f"the sweep ended otherwise: {execution.document}")
    return Swept(
        seconds=ended[0] - start,
        processor_seconds=spent,
        lost=world.wrong(),
        minimum=find_minimum_seconds(len(world.members()) * len(KINDS), len(drifted)),
        world=world,
    )
