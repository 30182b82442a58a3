"""What people and scripts do while Rollcall works, by the clock of the world."""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING

from tests.support.world import MALLORY, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.caller import Caller


class Timeline:
    """Does what is planned when its time has come, and delivers messages in between, one at a time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.start = world.clock.now()
        self._planned: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return (self.world.clock.now() - self.start).total_seconds()

    def at(self, seconds: float, action: Callable[[], object]) -> None:
        """Plan an action so many seconds after the start."""
        heapq.heappush(self._planned, (seconds, next(self._numbers), action))

    def run(self, *, until: float = float("inf")) -> None:
        """Go on until nothing is planned and the queue is empty, or so many seconds after the start."""
        queue, clock = self.world.queue, self.world.clock
        while self.elapsed < until:
            while self._planned and self._planned[0][0] <= self.elapsed:
                heapq.heappop(self._planned)[2]()
            now = clock.now().timestamp()
            ready = [message for message in queue if message.visible_at <= now]
            if ready:
                # The queue keeps no order; the longest wait first is as good as any.
                self.world.deliver(min(ready, key=lambda message: message.visible_at))
                self.world.cloud.pump()
                continue
            moments = [message.visible_at for message in queue]
            moments += [self.start.timestamp() + self._planned[0][0]] if self._planned else []
            if not moments:
                return
            end = self.start.timestamp() + until
            clock.sleep(max(0.001, min(*moments, end) - now))
            self.world.cloud.pump()


def many_accounts(world: World, number: int) -> list[str]:
    """So many more accounts with the contacts that the roster wants; their ids."""
    organization = world.organization
    before = set(organization.accounts)
    for index in range(number):
        organization.add_account(
            name=f"Many {index}", email=f"many{index}@example.com", parent=organization.find_ou("Sandbox")
        )
    added = [account_id for account_id in organization.accounts if account_id not in before]
    world.settle(added)
    world.queue.clear()
    return added


def edit(world: World, caller: Caller, kind: str = "SECURITY") -> None:
    """Change a contact of the caller's own account."""
    world.cloud.client("account", caller).put_alternate_contact(AlternateContactType=kind, **MALLORY)
