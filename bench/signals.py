"""What one signal costs: calls of the Account API, and processor time in this process."""

from __future__ import annotations

import time
from typing import Any

from bench.rows import row
from tests.support.world import MALLORY, MEMBER, World, api_values

_SIGNALS = 200
#: Seconds between two edits of the contact: sooner, and they would back off.
_APART = 3600


def measure() -> list[dict[str, Any]]:
    """Rows of {name, value, unit, goal, ok}."""
    compliant, compliant_ms = _run(api_values("soc"))
    drifted, drifted_ms = _run(MALLORY)
    return [
        row("account_calls_per_signal_compliant", compliant, "calls", 1),
        row("account_calls_per_signal_drifted", drifted, "calls", 3),
        row("cpu_ms_per_signal_compliant", compliant_ms, "ms"),
        row("cpu_ms_per_signal_drifted", drifted_ms, "ms"),
        row("cpu_ms_per_signal", round((compliant_ms + drifted_ms) / 2, 2), "ms"),
    ]


def _run(values: dict[str, str]) -> tuple[float, float]:
    """Calls and CPU milliseconds for one edit of a contact, its own write's event included."""
    world = World().settle()
    spent = 0.0
    for _ in range(_SIGNALS):
        world.clock.sleep(_APART)
        world.member().put_alternate_contact(AlternateContactType="SECURITY", **values)
        world.clock.sleep(1)
        start = time.process_time()
        world.drain()
        spent += time.process_time() - start
    calls = [call for call in world.calls if call[1] == MEMBER]
    return len(calls) / _SIGNALS, round(spent / _SIGNALS * 1000, 2)
