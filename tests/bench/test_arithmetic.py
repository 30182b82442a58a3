"""No number that the code gives is beyond a limit of AWS."""

from __future__ import annotations

from bench import arithmetic
from bench.arithmetic import figures
from bench.queue import MAX_RECEIVES


def test_no_limit_is_reached_with_fifty_thousand_accounts() -> None:
    large = figures(50_000)
    assert large["history events"] < arithmetic.MOST_EVENTS / 10
    assert arithmetic.waiting_events(24) + large["history events"] < arithmetic.MOST_EVENTS
    assert arithmetic.payload_bytes() < arithmetic.MOST_PAYLOAD_BYTES / 10
    assert arithmetic.run_item_bytes() < arithmetic.MOST_ITEM_BYTES / 10
    assert arithmetic.pending_item_bytes() < arithmetic.MOST_ITEM_BYTES / 10
    assert arithmetic.roster_item_kilobytes(50_000) * 1024 < arithmetic.MOST_ITEM_BYTES
    assert large["observing, minutes"] + large["applying, minutes"] < 24 * 60


def test_the_template_gives_as_many_tries_as_the_arithmetic_counts() -> None:
    assert arithmetic.MAX_RECEIVES == MAX_RECEIVES == 60
