"""What a sweep uses: the bench's world, with the real adapters of state table and buckets over moto."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from moto import mock_aws

from bench.counts_meter import Meter, clients_of
from bench.delayed import BUCKET_SECONDS, BUS_SECONDS, TABLE_SECONDS, Delayed
from bench.world import INVOCATION_SECONDS, BenchWorld
from rollcall.adapters.bus_and_queue import EventBridgeOutcomeBus
from rollcall.adapters.ledger import LedgerBucket
from rollcall.adapters.runs import RunsBucket
from rollcall.adapters.state.rosters import MatchTable
from rollcall.adapters.state.sweeps import SweepTable
from simulation.latency import Latency
from tests.support.moto_aws import BUCKET, BUS, TABLE, create_table
from tests.support.state_table import WholeStateTable
from tests.support.world import MANAGEMENT

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

SIZES = (100, 1_000, 10_000)
#: The changes of a sweep are counted where there are so many accounts, and so many of them drifted.
CHANGED_AMONG, CHANGES = 1_000, 50
_REPORTS = "reports"
_SERVICES = ("dynamodb", "s3", "events")
#: Steps that the role that writes does, in a function of its own.
_APPLY = frozenset({"prepare", "apply"})


class _MeteredSweep(BenchWorld):
    """An organization whose Rollcall stores what it stores in AWS's services."""

    def __init__(self, accounts: int, clients: Mapping[str, Any]) -> None:
        super().__init__(accounts)
        self.tell_nobody()
        self.meter = Meter()
        metered = {service: self.meter.wrap(service, client) for service, client in clients.items()}
        delayed: Any = partial(Delayed, clock=self.clock, latency=Latency(seed=1))
        dynamodb = {"client": metered["dynamodb"], "table": TABLE}
        self.state = delayed(WholeStateTable(**dynamodb), median=TABLE_SECONDS)
        self.matches = delayed(MatchTable(**dynamodb), median=TABLE_SECONDS)
        self.sweeps = delayed(SweepTable(**dynamodb), median=TABLE_SECONDS)
        self.ledger = delayed(LedgerBucket(client=metered["s3"], bucket=BUCKET), median=BUCKET_SECONDS)
        self.runs = delayed(RunsBucket(client=metered["s3"], bucket=_REPORTS), median=BUCKET_SECONDS)
        bus = EventBridgeOutcomeBus(client=metered["events"], bus=BUS, management_account=MANAGEMENT)
        self.bus = delayed(bus, median=BUS_SECONDS)
        self.restart()
        self.approve()
        self.cloud.calls.clear()
        self.meter.reset()

    def invoke(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """One step, whose time is that of its function."""
        function = "apply" if event["operation"] in _APPLY else "sweep"
        began = self.seconds()
        answer = super().invoke(event)
        spent = self.seconds() - began - INVOCATION_SECONDS
        self.meter.usage["sweep"][f"invocations.{function}"] += 1
        self.meter.usage["sweep"][f"milliseconds.{function}"] += round(spent * 1000)
        return answer


def measure(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Usage of a sweep by number of accounts, and what one change adds to it."""
    worlds = {accounts: swept(accounts) for accounts in sizes}
    quiet = {accounts: usage for accounts, (usage, _) in worlds.items()}
    among = CHANGED_AMONG if CHANGED_AMONG in sizes else sizes[0]
    changes = CHANGES * among // CHANGED_AMONG
    changed, _ = swept(among, changes)
    # What differs by the chance of answers that take longer is no use of anything.
    more = {key: max(0, changed[key] - quiet[among][key]) / changes for key in changed | quiet[among]}
    return {
        "sweeps": {str(accounts): dict(sorted(usage.items())) for accounts, usage in quiet.items()},
        "change": {key: round(more[key], 2) for key in sorted(more)},
        "metrics": sorted({name for _, metrics in worlds.values() for name in metrics}),
    }


def swept(accounts: int, changes: int = 0) -> tuple[Counter[str], set[str]]:
    """Usage of one sweep that finds so many contacts changed, and the custom metrics that it wrote."""
    with mock_aws():
        clients = clients_of(_SERVICES)
        create_table(clients["dynamodb"])
        clients["s3"].create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        clients["s3"].create_bucket(Bucket=_REPORTS)
        clients["events"].create_event_bus(Name=BUS)
        world = _MeteredSweep(accounts, clients)
        world.drift(changes)
        execution = world.execution("schedule")
        world.work(execution.run)
        if execution.document.get("ending") != "finished" or world.wrong():
            raise RuntimeError(f"the sweep ended otherwise: {execution.document}")
        usage = world.meter.total()
        # What `milliseconds` has is the sum of all calls: here eight of them are under way at once.
        del usage["milliseconds"]
        tasks = len(execution.trail)
        # The start, each task with the choice after it, the wait before changes, and the end.
        usage["transitions"] = 2 * tasks + 2 + ("apply" in execution.trail)
        usage["account.calls"] = sum(n for (name, *_), n in world.cloud.calls.items() if name == "account")
        usage["organizations.calls"] = world.cloud.calls.total() - usage["account.calls"]
        # Events of our own writes: forwarded within the hub, queued, and looked at by `reconcile`.
        usage["events"] += world.intake.sent
        usage["invocations.reconcile"] += world.intake.sent
        usage["sqs"] += 3 * world.intake.sent
        return usage, set(world.metrics)
