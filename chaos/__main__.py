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
from chaos.story import make_story

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.run import Totals


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 if a story has a violation."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many stories to play")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, help="print this one story")
    parser.add_argument("-v", action="store_true", help="with all that happened in it")
    parser.add_argument("--shrink", metavar="NAME", help="make it small, keeping a violation of this name")
    given = parser.parse_args(arguments)
    if given.seed is not None:
        return _show(given.seed, given.shrink, verbose=given.v)
    began = time.monotonic()
    totals = play_seeds(range(given.first, given.first + given.seeds), given.processes)
    _report(totals, time.monotonic() - began)
    return 1 if totals.violations else 0


def _show(seed: int, name: str | None, *, verbose: bool) -> int:
    functions, story = find_functions(), make_story(seed)
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
