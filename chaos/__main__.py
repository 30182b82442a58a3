"""`make chaos`: play seeded stories and report every violation; or print one story as prose."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from chaos.driver import find_functions
from chaos.oracle import judge
from chaos.profiles import PROFILES, make_story
from chaos.prose import describe_story
from chaos.run import hunt_variants, list_missing, play_seeds
from chaos.shrink import run, shrink
from chaos.story import BURSTS
from chaos.variants import VARIANTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.run import Totals
    from chaos.story import Story


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if a story has a violation."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many stories to play")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--bursts", type=int, default=0, help="bursts of edits to play without any error")
    parser.add_argument(
        "--variants", type=int, default=0, help="stories that each wrong variant of the core may survive"
    )
    parser.add_argument("--profile", choices=list(PROFILES), help="stories of one kind only")
    parser.add_argument("--seed", type=int, help="print this one story")
    parser.add_argument("-v", action="store_true", help="with all that happened in it")
    parser.add_argument("--shrink", metavar="NAME", help="make it small, keeping a violation of this name")
    given = parser.parse_args(arguments)
    if given.seed is not None:
        return _show(make_story(given.seed, given.profile), given.shrink, verbose=given.v)
    failed = False
    if given.seeds:
        totals = _play(given.seeds, given.profile, given)
        failed = bool(totals.violations)
        for text in list_missing(totals) if given.profile is None else ():
            failed = True
            print(f"TOO FEW {text}")
    if given.bursts:
        failed = bool(_play(given.bursts // BURSTS, "many-bursts", given).violations) or failed
    if given.variants:
        failed = _hunt(given.variants, given.processes) or failed
    return 1 if failed else 0


def _play(count: int, profile: str | None, given: argparse.Namespace) -> Totals:
    began = time.monotonic()
    totals = play_seeds(range(given.first, given.first + count), given.processes, profile)
    _report(totals, time.monotonic() - began)
    return totals


def _hunt(most: int, processes: int) -> bool:
    """Print by which story each variant is caught; returns whether one is not."""
    began, failed = time.monotonic(), False
    for variant, seed in hunt_variants(most, processes):
        failed = failed or seed is None
        caught = f"caught by story {seed}" if seed is not None else f"NOT CAUGHT in {most} stories"
        print(f"variant {variant.name}: {caught} ({', '.join(variant.caught_by)})")
    print(f"{len(VARIANTS)} variants in {time.monotonic() - began:.0f} s")
    return failed


def _show(story: Story, name: str | None, *, verbose: bool) -> int:
    functions = find_functions()
    if name is not None:
        story = shrink(story, functions, name)
    world = run(story, functions)
    violations = judge(world)
    if verbose or name is not None:
        print(describe_story(world, violations))
    for violation in violations:
        print(f"{violation.name} at {violation.time:.2f} s: {violation.text}")
    return 1 if violations else 0


def _report(totals: Totals, seconds: float) -> None:
    print(f"{totals.stories} stories with {totals.edits} edits in {seconds:.0f} s")
    for name, count in sorted(totals.occurred.items()):
        print(f"  {count:7} {name}")
    for name, seeds in sorted(totals.list_smallest().items()):
        print(f"VIOLATION {name}: {len(seeds)} stories, smallest {', '.join(map(str, seeds[:5]))}")


if __name__ == "__main__":
    sys.exit(main())
