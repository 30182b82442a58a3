"""What a sweep takes, what it leaves to signals, and what they do to it. In virtual time, seeded."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log
from typing import TYPE_CHECKING, Any

from bench.rows import row
from bench.world import BenchWorld
from rollcall.timing import QUOTAS
from tests.support.world import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ACCOUNTS, _SIZES = 10_000, (100, 316, 1_000, 3_162)
#: One account in twenty has a contact that drifted: below the limit from which a plan is held.
_DRIFTED_SHARE = 0.05
_SIGNALS = 200
_GET, _PUT = "GetAlternateContact", "PutAlternateContact"
_THROTTLED = "TooManyRequestsException"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """One sweep: how long it took, and what was left wrong."""

    seconds: float
    lost: int
    world: BenchWorld

    def calls(self, service: str, code: str | None = None) -> int:
        """Calls of a service: all, or those that ended with this error code."""
        found = self.world.cloud.calls.items()
        return sum(times for (name, _, end), times in found if name == service and code in (None, end))

    @property
    def quota_minimum(self) -> float:
        """Seconds that the calls which were answered take at the published rates."""
        answered = self.world.cloud.calls
        return sum(answered["account", name, ""] / QUOTAS[name][0] for name in (_GET, _PUT))


def measure() -> list[dict[str, Any]]:
    """Rows of {name, value, unit, goal, ok}."""
    alone = _sweep(_ACCOUNTS)
    beside = _sweep(_ACCOUNTS, signals=_SIGNALS, lasting=alone.seconds)
    others = [(size, _sweep(size).seconds) for size in _SIZES]
    return [
        row("sweep_over_quota_minimum", round(alone.seconds / alone.quota_minimum, 4), "ratio", 1.10),
        row("sweep_growth_exponent", round(_exponent([*others, (_ACCOUNTS, alone.seconds)]), 4), "", 1.02),
        row("sweep_throttled_share", round(max(map(_throttled_share, (alone, beside))), 4), "ratio", 0.01),
        row("sweep_lost_contacts", alone.lost + beside.lost, "contacts", 0),
        row("signal_p99_seconds_during_sweep", round(_p99(beside.world), 3), "s", 5),
        row("sweep_slowdown_by_signals", round(beside.seconds / alone.seconds - 1, 4) + 0.0, "ratio", 0.05),
        row("sweep_minutes_10000_accounts", round(alone.seconds / 60, 1), "min"),
        row("sweep_account_calls", alone.calls("account"), "calls"),
        row("sweep_organization_reads", alone.calls("organizations"), "calls"),
    ]


def _sweep(accounts: int, *, signals: int = 0, lasting: float = 0.0) -> Swept:
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
    world.work(*tasks)
    if execution.document.get("ending") != "finished":
        raise RuntimeError(f"the sweep ended otherwise: {execution.document}")
    return Swept(seconds=ended[0] - start, lost=world.wrong(), world=world)


def _throttled_share(swept: Swept) -> float:
    calls = {service: swept.calls(service) for service in ("account", "organizations")}
    return sum(swept.calls(service, _THROTTLED) for service in calls) / sum(calls.values())


def _p99(world: BenchWorld) -> float:
    """From the moment when the message was in the queue; one that was never restored counts for ever."""
    waits = sorted(world.restored.get(key, float("inf")) - at for key, at in world.delivered.items())
    return waits[ceil(len(waits) * 0.99) - 1]


def _exponent(points: Sequence[tuple[int, float]]) -> float:
    """Slope of the line through the logarithms: 1 is linear."""
    xs, ys = [log(size) for size, _ in points], [log(seconds) for _, seconds in points]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    deviations = [(x - middle_x, y - middle_y) for x, y in zip(xs, ys, strict=True)]
    return sum(dx * dy for dx, dy in deviations) / sum(dx * dx for dx, _ in deviations)
