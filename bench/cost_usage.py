"""What is used in a month: measured counts times assumed volumes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from bench.cost_assumptions import HOURS_PER_MONTH
from bench.cost_counts import swept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.cost_assumptions import Assumptions

#: Usage in all, by the keys of `bench/counts.json`.
Usage = dict[str, float]


def usage_of(counts: Mapping[str, Any], assumed: Assumptions, accounts: int) -> Usage:
    """Everything that is used in a month by what happens in so many accounts."""
    used: Usage = defaultdict(float)
    signals = counts["signals"]
    for name, rate in (
        ("compliant", assumed.compliant),
        ("drifted", assumed.drifted),
        ("new_account", assumed.new_accounts),
    ):
        _add(used, signals[name]["usage"], rate * accounts)
    changes = assumed.unannounced * accounts
    _add(used, swept(counts["sweeps"], accounts), assumed.sweeps)
    _add(used, counts["change"], changes)
    _add(used, counts["follow_up"], assumed.follow_ups)
    # The event of each such write is looked at like the signal of a contact that is right.
    own_writes = counts["change"]["invocations.reconcile"] * changes
    _add(used, {"milliseconds": signals["compliant"]["usage"]["milliseconds"]}, own_writes)
    # A sweep alerts all that it found at once.
    used["alerts"] += min(assumed.sweeps, changes) - counts["change"]["alerts"] * changes
    alert = dict(signals["drifted"]["alert"])
    _add(used, {"milliseconds.notify": alert.pop("milliseconds"), **alert}, used["alerts"])
    used["events"] += assumed.other_events * accounts
    return used


def gb_seconds(used: Usage, memory_mb: Mapping[str, int], assumed: Assumptions, accounts: int) -> float:
    """Of all functions."""
    computing = assumed.sweeps * assumed.cpu_seconds * accounts / 1_000
    seconds = {
        "reconcile": used["milliseconds"] / 1_000 + used["invocations.reconcile"] * assumed.start_seconds,
        "notify": used["milliseconds.notify"] / 1_000 + used["invocations.notify"] * assumed.start_seconds,
        "sweep": used["milliseconds.sweep"] / 1_000 + computing,
        "apply": used["milliseconds.apply"] / 1_000,
        "control": used["milliseconds.control"] / 1_000 + used["invocations.control"] * assumed.start_seconds,
    }
    return sum(memory_mb[name] / 1_024 * spent for name, spent in seconds.items())


def invocations(used: Usage) -> float:
    """Of all functions."""
    return sum(amount for key, amount in used.items() if key.startswith("invocations."))


def empty_polls(queues: int, assumed: Assumptions) -> float:
    """Requests a month that find nothing."""
    return queues * assumed.pollers * HOURS_PER_MONTH * 3_600 / assumed.poll_seconds


def metric_months(counts: Mapping[str, Any], used: Usage, assumed: Assumptions) -> float:
    """Custom metrics are billed for the hours in which something was written to them."""
    names = counts["metrics"]
    times = {"sweep": assumed.sweeps, "reconcile": used["invocations.reconcile"]}
    times["notify"] = used["invocations.notify"]
    hours = sum(len(names[service]) * min(HOURS_PER_MONTH, times[service]) for service in names)
    return hours / HOURS_PER_MONTH


def _add(used: Usage, one: Mapping[str, float], times: float) -> None:
    for key, amount in one.items():
        used[key] += amount * times
