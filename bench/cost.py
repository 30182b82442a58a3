"""What Rollcall costs a month: `python -m bench.cost --accounts 1000`.

`--write` brings the tables of docs/cost.md up to date, `--measure` first counts anew what they are computed
from (about a minute; bench/counts.json).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "lambdas"), str(ROOT)]

from rich.console import Console  # noqa: E402  # the paths above come first
from rich.table import Table  # noqa: E402  # same

from bench import cost_counts  # noqa: E402  # same
from bench.cost_assumptions import Assumptions, add_arguments  # noqa: E402  # same
from bench.cost_bill import bill  # noqa: E402  # same
from bench.cost_page import PAGE, written  # noqa: E402  # same
from bench.cost_prices import PRICED_ON, PRICES, REGION  # noqa: E402  # same
from bench.rows import make_row  # noqa: E402  # same


def measure() -> list[dict[str, Any]]:
    """The row of the bill of 1,000 accounts."""
    lines = bill(cost_counts.load(), Assumptions(), 1_000)
    return [make_row("usd_month_1000", sum(line.usd for line in lines))]


def main(arguments: list[str] | None = None) -> int:
    """Print the bill of one organization, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000, metavar="N", help="accounts (1000)")
    parser.add_argument("--measure", action="store_true", help="count anew, into bench/counts.json")
    parser.add_argument("--write", action="store_true", help="write the tables of docs/cost.md")
    add_arguments(parser)
    given = parser.parse_args(arguments)
    if given.measure:
        from bench import counts  # noqa: PLC0415  # it needs everything, and the rest of this nothing

        text = json.dumps(counts.measure(), indent=1, sort_keys=True)
        cost_counts.PATH.write_text(text + "\n", encoding="utf-8")
    if given.write:
        page = written(PAGE.read_text(encoding="utf-8"), cost_counts.load())
        PAGE.write_text(page, encoding="utf-8")
        return 0
    _print(Assumptions.of(given), given.accounts)
    return 0


def _print(assumed: Assumptions, accounts: int) -> None:
    lines = bill(cost_counts.load(), assumed, accounts)
    title = f"{accounts:,} accounts, US dollars a month, {REGION}, prices of {PRICED_ON}, no free tier"
    table = Table("service", "item", "quantity", "price", "US dollars", title=title)
    for line in lines:
        price = PRICES[line.price]
        cost = f"{price.usd:g} for {price.per:,}"
        table.add_row(line.service, line.item, f"{line.quantity:,.3f}", cost, f"{line.usd:.4f}")
    table.add_section()
    table.add_row("sum", "", "", "", f"{sum(line.usd for line in lines):.2f}")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
