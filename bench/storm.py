"""Many edits at once: how long until the last is restored, and whether any is given up."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

from bench.concurrency import ConcurrentPool
from bench.rows import make_row
from bench.sweep import THROTTLED, find_minimum_seconds
from bench.world import BenchWorld
from tests.support.world import KINDS

_ACCOUNTS, _EDITS = 300, 600
_MORE_ACCOUNTS, _MORE_EDITS = 4_000, 10_000
#: Accounts that are tampered with at the same time.
_ATTACKERS = 100
#: Messages that are there after a day are given up by the bench, not by the queue.
MOST_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What came of one."""

    over_put_quota: float
    refused_share: float
    left_wrong: int
    most_receives: int


def measure(accounts: int = _ACCOUNTS, edits: int = _EDITS) -> list[dict[str, Any]]:
    """Rows of so many edits, alone and beside a sweep."""
    alone, beside = run_storm(accounts, edits), run_storm(accounts, edits, sweep=True)
    return [
        make_row("storm_over_put_quota", alone.over_put_quota),
        make_row("storm_beside_sweep_over_put_quota", beside.over_put_quota),
        make_row("storm_refused_share", max(alone.refused_share, beside.refused_share)),
        make_row("storm_contacts_left_wrong", alone.left_wrong + beside.left_wrong),
        make_row("storm_most_receives", max(alone.most_receives, beside.most_receives)),
    ]


def measure_more(accounts: int = _MORE_ACCOUNTS, edits: int = _MORE_EDITS) -> list[dict[str, Any]]:
    """Rows of 10,000 edits beside a sweep: half an hour of puts."""
    storm = run_storm(accounts, edits, sweep=True)
    return [
        make_row("storm_10000_contacts_left_wrong", storm.left_wrong),
        make_row("storm_10000_most_receives", storm.most_receives),
    ]


def run_storm(accounts: int, edits: int, *, sweep: bool = False) -> Storm:
    """So many edits at once in an organization of so many accounts."""
    world = BenchWorld(accounts)
    world.tell_nobody()
    every = [(account_id, kind) for account_id in world.members() for kind in KINDS]
    chosen = world.random.sample(every, edits)
    start = world.seconds()

    def storm() -> None:
        attackers = ConcurrentPool(world.threads, _ATTACKERS)
        attackers.map_each(lambda one: world.tamper(*one), chosen, go_on=lambda: True)

    world.work(storm, *([world.execution("schedule").run] if sweep else []), most_seconds=MOST_SECONDS)
    last = max(world.restored.get(key, inf) for key in chosen)
    calls = {(name, code): 0 for name, _, code in world.cloud.calls}
    for (name, _, code), count in world.cloud.calls.items():
        calls[name, code] += count
    asked = sum(count for (name, _), count in calls.items() if name == "account")
    return Storm(
        over_put_quota=(last - start) / find_minimum_seconds(0, edits),
        refused_share=calls.get(("account", THROTTLED), 0) / asked,
        left_wrong=world.wrong(),
        most_receives=world.intake.max_receives,
    )
