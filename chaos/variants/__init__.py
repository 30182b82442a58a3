"""Wrong variants of the core, each one change, each caught by a violation that is named for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.driver import find_functions
from chaos.mutation import apply_variant
from chaos.oracle import judge
from chaos.profiles import PROFILES, make_story
from chaos.shrink import run
from chaos.variants.alerts import ALERTS
from chaos.variants.gate import GATE
from chaos.variants.groups import GROUPS
from chaos.variants.reads import READS
from chaos.variants.writes import WRITES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.mutation import Variant

VARIANTS: Final = (*WRITES, *ALERTS, *GROUPS, *GATE, *READS)


def hunt(variant: Variant, most: int, *, first: int = 0) -> int | None:
    """The seed of a story in which the variant is caught, of so many from `first` on; None if in none."""
    functions = find_functions()
    with apply_variant(variant):
        for seed, profile in _list_stories(variant, range(first, first + most)):
            violations = judge(run(make_story(seed, profile), functions))
            if {violation.name for violation in violations} & set(variant.caught_by):
                return seed
    return None


def _list_stories(variant: Variant, seeds: range) -> Iterator[tuple[int, str]]:
    profiles = variant.profiles or tuple(PROFILES)
    for seed in seeds:
        yield seed, profiles[seed % len(profiles)]
