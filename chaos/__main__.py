"""`make chaos`: play seeded stories and report every violation; or print one story as prose."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from chaos.driver import find_functions
from chaos.oracle import judge
from chaos.prose import describe_story
from chaos.run import play_seeds
from chaos.shrink import run, shrink
from chaos.story import BURSTS, PROFILES, make_story

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
    parser.add_argument("--profile", choices=list(PROFILES), help="stories of one kind only")
    parser.add_argument("--seed", type=int, help="print this one story")
    parser.add_argument("-v", action="store_true", help="with all that happened in it")
    parser.add_argument("--shrink", metavar="NAME", help="make it small, keeping a violation of this name")
    given = parser.parse_args(arguments)
    if given.seed is not None:
        return _show(make_story(given.seed, given.profile), given.shrink, verbose=given.v)
    plays = [(given.seeds, given.profile)]
    if given.bursts:
        plays.append((given.bursts // BURSTS, "many-bursts"))
    failed = False
    for count, profile in plays:
        began = time.monotonic()
        totals = play_seeds(range(given.first, given.first + count), given.processes, profile)
        _report(totals, time.monotonic() - began)
        failed = failed or bool(totals.violations)
    return 1 if failed else 0


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
