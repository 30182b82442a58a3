"""What several tests of one subject share: sweep control."""

from __future__ import annotations

from tests.support.sweep_worlds import drift, settled
from tests.support.world import MEMBER, PRODUCTION


def held_drift():
    """An organization whose drift waits for a person; with the plan's digest."""
    world = settled()
    drift(world, MEMBER, PRODUCTION)
    world.sweep()
    (plan,) = world.sweeps.plans
    return world, plan
