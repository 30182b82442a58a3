"""Print what was measured as a table, and write it to bench/results.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "lambdas"), str(ROOT)]

from rich.console import Console  # noqa: E402  # the paths above come first
from rich.table import Table  # noqa: E402  # same

from bench import memory, peers, report, signals, start, storm, sweep  # noqa: E402  # same

PARTS = (signals, sweep, storm, memory, report, peers, start)
RESULTS = ROOT / "bench" / "results.json"


def main() -> int:
    """Measure; exit 1 if a goal is missed."""
    results = [result for part in PARTS for result in part.measure()]
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    table = Table("measure", "value", "unit", "goal", "ok", title="Rollcall, seeded simulation")
    for row in results:
        goal = "" if row["goal"] is None else str(row["goal"])
        table.add_row(row["name"], str(row["value"]), row["unit"], goal, "yes" if row["ok"] else "NO")
    console = Console()
    console.print(table)
    for row in results:
        if "note" in row:
            console.print(f"{row['name']}: {row['note']}")
    return 0 if all(row["ok"] for row in results) else 1


if __name__ == "__main__":
    sys.exit(main())
