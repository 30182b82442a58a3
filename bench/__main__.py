"""Print what was measured as tables, and write it to bench/results.json.

`--short`: rows of virtual time and of counts alone, the same on each machine, in seconds. `--all`: also what
takes long.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "lambdas"), str(ROOT)]

from rich.console import Console  # noqa: E402  # the paths above come first
from rich.table import Table  # noqa: E402  # same

from bench import cost, growth, memory, peers, restore, start, storm, sweep  # noqa: E402  # same
from bench.rows import FAILED, MISSED  # noqa: E402  # same

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Measure = Callable[[], list[dict[str, Any]]]

#: Columns that the tables need at least.
_WIDTH: Final = 110
RESULTS = ROOT / "bench" / "results.json"
#: What each set measures, the longest first: two processes work them off.
SHORT: Final[Sequence[Measure]] = (
    storm.measure,
    restore.measure_signals,
    restore.measure,
    sweep.measure_few,
    cost.measure,
)
USUAL: Final[Sequence[Measure]] = (
    growth.measure,
    start.measure_synthesis,
    sweep.measure,
    start.measure,
    peers.measure,
    sweep.measure_failing_roles,
    sweep.measure_roles,
    restore.measure_cold,
    *SHORT,
)
ALL: Final[Sequence[Measure]] = (storm.measure_more, *USUAL, memory.measure)


def main(arguments: list[str] | None = None) -> int:
    """Measure; exit 1 if a goal is missed beyond what explains it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--short", action="store_const", dest="parts", const=SHORT, help="seconds")
    chosen.add_argument("--all", action="store_const", dest="parts", const=ALL, help="ten minutes")
    parts = parser.parse_args(arguments).parts or USUAL
    with ProcessPoolExecutor(max_workers=2) as pool:
        rows = [row for part in pool.map(_measure, parts) for row in part]
    if parts is not SHORT:
        RESULTS.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    show(Console(width=max(Console().width, _WIDTH)), rows)
    return 1 if any(row["status"] == FAILED for row in rows) else 0


def _measure(measure: Measure) -> list[dict[str, Any]]:
    return measure()


def show(console: Console, rows: Sequence[dict[str, Any]]) -> None:
    """Rows with their goals, what explains those that are missed, and the passes of the peers."""
    table = Table("row", "seen", "goal", "unit", "status")
    for row in rows:
        table.add_row(row["name"], f"{row['value']:g}", f"{row['goal']:g}", row["unit"], row["status"])
    console.print(table)
    for row in rows:
        if row["status"] == MISSED:
            console.print(f"{row['name']}: {row['because']}")
    for row in rows:
        if "passes" in row:
            console.print(_make_passes(row["passes"]))


def _make_passes(passes: Sequence[dict[str, Any]]) -> Table:
    heads = (name.replace("_", " ") for name in passes[0])
    table = Table(*heads, title="One pass over the same organization")
    for one in passes:
        table.add_row(*map(_format, one.values()))
    return table


def _format(value: object) -> str:
    if value is None:
        return "until a person acts"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    sys.exit(main())
