"""All counts that the cost page is computed from: `python -m bench.cost --measure` stores them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto import mock_aws

from bench import counts_signals, counts_stack, counts_sweep
from bench.counts_meter import Meter, clients_of
from rollcall.adapters.state.rosters import ControlItems
from rollcall.control.pauses import Pauses
from tests.support.memory import Faults, MemoryBus
from tests.support.moto_aws import TABLE, create_table
from tests.support.world import MANAGEMENT


def measure() -> dict[str, Any]:
    """Signals, sweeps and the template; about a minute."""
    signals = counts_signals.measure()
    written = {name for one in signals.values() for name in one.pop("metrics")}
    sweeps = counts_sweep.measure()
    metrics = {"reconcile": sorted(written), "sweep": sweeps.pop("metrics")}
    return {
        "signals": signals,
        **sweeps,
        "follow_up": measure_follow_up(),
        "metrics": metrics,
        "stack": counts_stack.measure(),
    }


def measure_follow_up() -> dict[str, int]:
    """One look at a hub that nobody paused, as the schedule of `control` makes it."""
    with mock_aws():
        client = clients_of(("dynamodb",))["dynamodb"]
        create_table(client)
        meter = Meter()
        memory = ControlItems(client=meter.wrap("dynamodb", client), table=TABLE)
        bus = MemoryBus(faults=Faults(), management_account=MANAGEMENT)
        Pauses(memory=memory, bus=bus).follow_up(datetime.now(UTC))
        usage = meter.total()
    usage["milliseconds.control"] = usage.pop("milliseconds")
    usage["invocations.control"] = 1
    # The start, the states that name the command and its time, and the task.
    usage["transitions"] = 4
    return dict(sorted(usage.items()))
