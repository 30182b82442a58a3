"""The numbers in the docs are the ones that the code gives, and none is beyond a limit of AWS."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import arithmetic
from bench.arithmetic import figures
from bench.queue import MAX_RECEIVES

PAGE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")
SIZES = (10_000, 50_000)


def rows_of_the_page() -> dict[str, tuple[str, str]]:
    section = PAGE.split("## What a sweep comes to")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([a-z][a-z, ]+?) \| ([0-9.,]+) \| ([0-9.,]+) \|$", section, re.MULTILINE)
    return {name: (small, large) for name, small, large in rows}


def test_the_page_has_every_figure_and_no_other() -> None:
    small, large = map(figures, SIZES)
    assert rows_of_the_page() == {name: (f"{small[name]:,}", f"{large[name]:,}") for name in small}


@pytest.mark.parametrize(
    "number",
    [
        f"{arithmetic.payload_bytes():,} bytes",
        f"the run {arithmetic.run_item_bytes():,} bytes",
        f"a plan that waits {arithmetic.held_item_bytes():,} bytes",
        f"about {arithmetic.roster_item_kilobytes(10_000)} kB",
        f"50,000 accounts {arithmetic.roster_item_kilobytes(50_000)} kB",
        f"{arithmetic.waiting_events(24):,} in the 24 hours",
        f"{arithmetic.tries_minutes()} minutes",
        f"{arithmetic.MOST_EVENTS:,} events",
        f"{arithmetic.MOST_PAYLOAD_BYTES:,} bytes",
        f"{arithmetic.MOST_ITEM_BYTES:,} bytes",
        f"{MAX_RECEIVES} receives",
    ],
)
def test_the_page_says_it_as_it_is_computed(number: str) -> None:
    assert number in PAGE


def test_no_limit_is_reached_with_fifty_thousand_accounts() -> None:
    large = figures(50_000)
    assert large["history events"] < arithmetic.MOST_EVENTS / 10
    assert arithmetic.waiting_events(24) + large["history events"] < arithmetic.MOST_EVENTS
    assert arithmetic.payload_bytes() < arithmetic.MOST_PAYLOAD_BYTES / 10
    assert arithmetic.run_item_bytes() < arithmetic.MOST_ITEM_BYTES / 10
    assert arithmetic.held_item_bytes() < arithmetic.MOST_ITEM_BYTES / 10
    assert arithmetic.roster_item_kilobytes(50_000) * 1024 < arithmetic.MOST_ITEM_BYTES
    assert large["observing, minutes"] + large["applying, minutes"] < 24 * 60


def test_the_template_gives_as_many_tries_as_the_arithmetic_counts() -> None:
    assert arithmetic.MAX_RECEIVES == MAX_RECEIVES == 20
