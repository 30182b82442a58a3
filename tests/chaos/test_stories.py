"""A short set of the stories of `make chaos`: replayed from their seeds, and judged."""

from __future__ import annotations

from chaos.driver import find_functions
from chaos.oracle import judge
from chaos.prose import describe_story
from chaos.shrink import run
from chaos.story import make_story


def test_a_story_replays_from_its_seed() -> None:
    def show(seed: int) -> str:
        world = run(make_story(seed), find_functions())
        return describe_story(world, judge(world))

    for seed in (0, 9):
        assert show(seed) == show(seed)
