"""All counts that the cost page is computed from: `python -m bench.cost --measure` stores them."""

from __future__ import annotations

from typing import Any

from bench import counts_signals, counts_stack, counts_sweep


def measure() -> dict[str, Any]:
    """Signals, sweeps and the template; about a minute."""
    signals = counts_signals.measure()
    written = {name for one in signals.values() for name in one.pop("metrics")}
    sweeps = counts_sweep.measure()
    metrics = {"reconcile": sorted(written), "sweep": sweeps.pop("metrics")}
    return {"signals": signals, **sweeps, "metrics": metrics, "stack": counts_stack.measure()}
