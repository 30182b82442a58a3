"""Make a failing story small: take away actions, faults and what else can go, while it still fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from chaos.oracle import judge
from chaos.story import EventPlan
from chaos.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chaos.setting import Functions
    from chaos.story import Story

_Part = TypeVar("_Part")


def shrink(story: Story, functions: Functions, name: str) -> Story:
    """A smaller story with a violation of this name; the same one if nothing can go."""

    def fails(candidate: Story) -> bool:
        return any(violation.name == name for violation in judge(run(candidate, functions)))

    small = _drop_faults(story, functions, fails)
    small = replace(small, actions=_reduce(small.actions, lambda left: fails(replace(small, actions=left))))
    simpler: Mapping[str, Any]
    for simpler in (
        {"events": EventPlan()},
        {"events": replace(small.events, late=0.0)},
        {"events": replace(small.events, doubled=0.0)},
        {"events": replace(small.events, double=0.0)},
        {"events": replace(small.events, copies=False)},
        {"events": replace(small.events, lost=0.0)},
        {"skew": 0.0},
        {"pace": 1.0},
        {"batch": 1},
        {"workers": 2},
        {"workers": 1},
        {"roles": {}},
        {"paths": True, "empty_pages": False, "ttl_lag": 0.0},
    ):
        candidate = replace(small, **simpler)
        if candidate != small and fails(candidate):
            small = candidate
    return _drop_faults(small, functions, fails)


def run(story: Story, functions: Functions) -> World:
    """The story, played to its end."""
    world = World(story, functions)
    world.run()
    return world


def _drop_faults(story: Story, functions: Functions, fails: Callable[[Story], bool]) -> Story:
    """Keep only those faults by rate, and those outages, without which it does not fail."""
    fired = [fault.site for fault in run(story, functions).faults.fired]

    def keep(sites: Sequence[str]) -> Story:
        return replace(story, faults=replace(story.faults, only=frozenset(sites)))

    if (story.faults.rates or story.faults.stale) and fails(keep(fired)):
        story = keep(_reduce(fired, lambda left: fails(keep(left))))
    faults = story.faults
    outages = _reduce(
        faults.outages, lambda left: fails(replace(story, faults=replace(faults, outages=left)))
    )
    faults = replace(faults, outages=outages)
    planned = _reduce(
        faults.planned, lambda left: fails(replace(story, faults=replace(faults, planned=left)))
    )
    return replace(story, faults=replace(faults, planned=planned))


def _reduce(parts: Sequence[_Part], fails: Callable[[Sequence[_Part]], bool]) -> Sequence[_Part]:
    """As few of the parts as it takes to fail, by taking away ever smaller pieces."""
    size = max(1, len(parts) // 2)
    while parts:
        start, went = 0, False
        while start < len(parts):
            left = [*parts[:start], *parts[start + size :]]
            if fails(left):
                parts, went = left, True
            else:
                start += size
        if size == 1 and not went:
            break
        size = max(1, size // 2)
    return parts
