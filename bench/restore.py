"""What one restore takes: the real functions over moto and the simulation, every call of AWS traced.

Seconds are modelled: each call takes the latency that the bench states for its service, and calls that
are made side by side cost the longest of them. What CloudTrail and EventBridge take before is not in it.
"""

from __future__ import annotations

from math import ceil
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from bench.cost_counts import load
from bench.counts_meter import Meter
from bench.counts_signals import edit_contact, open_hub
from bench.rows import make_row
from bench.start import measure_compose
from simulation.latency import SPREAD
from tests.support.world import MALLORY, MEMBER, World, api_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.counts_meter import TracedCall

_PUT: Final = "account:PutAlternateContact"
#: Real seconds of each call, so that calls of several threads overlap.
_PAUSE: Final = 0.05
_DRAWS, _SEED = 2_000, 7
_SIGNALS: Final = 20
#: Seconds between two edits of the contact: sooner, and they would back off.
_APART: Final = 3600
#: Assumed: to start a sandbox; and to import boto3 and make a client, at one processor of Lambda's. An import
#: has that much whatever the memory (AWS gives it to what runs before the first event), the rest its share.
_SANDBOX_SECONDS, _BASE_SECONDS, _MEGABYTES_PER_PROCESSOR = 0.25, 0.4, 1_769


def measure() -> list[dict[str, Any]]:
    """Rows of calls and of warm seconds: the same everywhere."""
    return judge_trace(trace_restore(), warm=trace_restore(warm=True))


def judge_trace(trace: Sequence[TracedCall], *, warm: Sequence[TracedCall]) -> list[dict[str, Any]]:
    """Rows of one restore, its alert and the event of its own write; `warm` is that of the next one."""
    table = sum(call.name.startswith("dynamodb:") for call in trace)
    return [
        make_row("calls_before_put", find_longest(trace, lambda _: 1.0) - 1),
        make_row("calls_per_restore", len(trace)),
        make_row("table_calls_per_restore", table),
        make_row("restore_p50_seconds_warm", median(_draw_seconds(warm))),
    ]


def measure_signals() -> list[dict[str, Any]]:
    """Rows of calls of the Account API for one edit, its own write's event included."""
    return [
        make_row("account_calls_per_signal_compliant", _count_account_calls(api_values("soc"))),
        make_row("account_calls_per_signal_drifted", _count_account_calls(MALLORY)),
    ]


def measure_cold() -> list[dict[str, Any]]:
    """The row of a restore by a function that is not running; it takes processor times."""
    memory = load()["stack"]["memory_mb"]["reconcile"]
    return [judge_cold(trace_restore(), *measure_compose(), memory_mb=memory)]


def judge_cold(
    trace: Sequence[TracedCall], imported: float, composed: float, *, memory_mb: float
) -> dict[str, Any]:
    """The row for processor times of import and of composition, as multiples of the base's."""
    share = min(1.0, memory_mb / _MEGABYTES_PER_PROCESSOR)
    start = _SANDBOX_SECONDS + _BASE_SECONDS * (imported + composed / share)
    waits = sorted(_draw_seconds(trace))
    return make_row("restore_p99_seconds_cold", start + waits[ceil(len(waits) * 0.99) - 1])


def trace_restore(*, warm: bool = False) -> list[TracedCall]:
    """All calls for one edit of a contact, in the order in which they began.

    By functions that start for it, or if they are `warm`, by those that restored it once before.
    """
    with open_hub(Meter(pause=_PAUSE), warm=warm) as hub:
        if warm:
            edit_contact(hub, MALLORY)
            hub.clock.sleep(_APART)
        hub.meter.reset()
        edit_contact(hub, MALLORY)
        # What the member calls to edit it is no call of ours.
        return [call for call in hub.meter.trace if call.function]


def find_longest(trace: Sequence[TracedCall], weigh: Callable[[TracedCall], float]) -> float:
    """The heaviest chain of calls, each begun when the one before it had ended, that ends with the put."""
    heaviest: list[tuple[TracedCall, float]] = []
    for call in sorted(trace, key=lambda one: one.began):
        before = max((weight for one, weight in heaviest if one.ended < call.began), default=0.0)
        heaviest.append((call, before + weigh(call)))
    return next(weight for call, weight in heaviest if call.name == _PUT)


def _draw_seconds(trace: Sequence[TracedCall]) -> list[float]:
    random = Random(_SEED)  # noqa: S311  # no secret depends on it
    return [
        find_longest(trace, lambda call: call.seconds * random.lognormvariate(0.0, SPREAD))
        for _ in range(_DRAWS)
    ]


def _count_account_calls(values: dict[str, str]) -> float:
    world = World().settle()
    for _ in range(_SIGNALS):
        world.clock.sleep(_APART)
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **values)
        world.clock.sleep(1)
        world.drain()
    return len([call for call in world.calls if call[1] == MEMBER]) / _SIGNALS
