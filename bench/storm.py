"""Ten thousand signals at once, beside a sweep: all of them are worked off, and none is given up."""

from __future__ import annotations

from typing import Any

from bench.queue import MAX_RECEIVES
from bench.rows import row
from bench.world import BenchWorld
from simulation.concurrency import ConcurrentPool
from tests.support.world import KINDS

_ACCOUNTS, _SIGNALS = 4_000, 10_000
#: Accounts that are tampered with at the same time.
_ATTACKERS = 100


def measure() -> list[dict[str, Any]]:
    """Rows of {name, value, unit, goal, ok}."""
    world = BenchWorld(_ACCOUNTS)
    world.tell_nobody()
    every = [(account_id, kind) for account_id in world.members() for kind in KINDS]
    chosen = world.random.sample(every, _SIGNALS)
    start = world.seconds()

    def storm() -> None:
        attackers = ConcurrentPool(world.threads, _ATTACKERS)
        attackers.map_each(lambda one: world.tamper(*one), chosen, go_on=lambda: True)

    world.work(storm, world.execution("schedule").run)
    return [
        row("storm_dead_letters", len(world.intake.dead), "messages", 0),
        row("storm_most_receives", world.intake.max_receives, "receives", MAX_RECEIVES),
        row("storm_contacts_left_wrong", world.wrong(), "contacts", 0),
        row("storm_drained_minutes", round((world.seconds() - start) / 60, 1), "min"),
        row("storm_messages", world.intake.sent, "messages"),
    ]
