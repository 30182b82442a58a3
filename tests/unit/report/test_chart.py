"""The trend: an axis that says where it begins, times that differ, and every run as a point."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.report.page import HEIGHT, LEFT, RIGHT, WIDTH, draw_chart

START = datetime(2026, 10, 5, 9, 42, 7, tzinfo=UTC)


def run(share: float | None = 1.0, *, after: timedelta = timedelta(0), **values: Any) -> dict[str, Any]:
    """One run of a trend."""
    ended_at = (START + after).isoformat()
    point = {"run": "r", "ended_at": ended_at, "ending": "finished", "managed": 12, "changed": 0}
    return point | {"compliant_share": share} | values


def drawn(*runs: dict[str, Any]) -> Any:
    made = draw_chart(runs)
    assert made is not None
    return made


def labels(*runs: dict[str, Any]) -> list[str]:
    return [label for _, _, label in drawn(*runs).ends]


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(-5000, 5000)), min_size=1, max_size=60))
def test_the_line_stays_in_its_picture(runs: list[tuple[float, int]]) -> None:
    made = drawn(*(run(share, after=timedelta(minutes=minutes)) for share, minutes in runs))
    assert len(made.points) == len(runs)
    assert all(0 <= point.x <= WIDTH and 0 <= point.y <= HEIGHT for point in made.points)
    assert all(0 <= y <= HEIGHT for y, _ in made.ticks)


def test_one_run_is_one_point_with_its_time() -> None:
    made = drawn(run(0.96))
    assert len(made.points) == 1
    assert labels(run(0.96)) == ["2026-10-05 09:42 UTC"]
    assert made.text.startswith("One run so far: it found 96.0 % of managed contacts compliant.")


def test_a_run_is_drawn_by_what_it_found_and_not_by_what_it_left() -> None:
    assert "96.0 %" in drawn(run(1.0, found_share=0.96)).text
    assert "96.0 %" in drawn(run(1.0, found_share=0.96)).points[0].title


@pytest.mark.parametrize("runs", [(), (run(None),)])
def test_without_a_run_that_looked_at_a_contact_there_is_no_chart(runs: tuple[dict[str, Any], ...]) -> None:
    assert draw_chart(runs) is None


def test_runs_of_several_days_are_named_by_their_days() -> None:
    assert labels(run(), run(after=timedelta(days=3))) == ["2026-10-05", "2026-10-08"]


def test_runs_of_one_day_are_named_by_their_times() -> None:
    assert labels(run(), run(after=timedelta(hours=3))) == ["2026-10-05 09:42 UTC", "2026-10-05 12:42 UTC"]


def test_runs_of_one_minute_are_named_by_their_seconds() -> None:
    ends = labels(run(), run(after=timedelta(seconds=20)))
    assert ends == ["2026-10-05 09:42:07 UTC", "2026-10-05 09:42:27 UTC"]


def test_runs_stand_where_their_time_is() -> None:
    made = drawn(run(), run(after=timedelta(days=9)), run(after=timedelta(days=10)))
    first, second, third = (point.x for point in made.points)
    assert (first, third) == (LEFT, RIGHT)
    assert second == pytest.approx(LEFT + (RIGHT - LEFT) * 0.9, abs=0.1)


@pytest.mark.parametrize(
    ("share", "floor"),
    [
        (1.0, "90 %"),
        (0.9, "90 %"),
        (0.899, "80 %"),
        (0.7, "50 %"),
        (0.5, "50 %"),
        (0.49, "0 %"),
        (0.0, "0 %"),
    ],
)
def test_the_axis_begins_at_a_round_number_and_says_so(share: float, floor: str) -> None:
    made = drawn(run(), run(share, after=timedelta(days=1)))
    ticks = [label for _, label in made.ticks]
    assert (ticks[0], ticks[-1]) == ("100 %", floor)
    assert (f"The axis begins at {floor}, not at zero." in made.text) is (floor != "0 %")


def test_the_worst_and_the_last_run_are_said_in_words() -> None:
    made = drawn(run(), run(0.57, after=timedelta(days=1)), run(0.9996, after=timedelta(days=2)))
    assert "the last 3 runs found compliant: 99.9 % at the last, 57.0 % at worst." in made.text


def test_a_run_that_did_not_get_to_its_end_is_told_apart() -> None:
    made = drawn(run(), run(ending="failed", after=timedelta(days=1)), run(ending="pending-approval"))
    assert [point.finished for point in made.points] == [True, False, True]
    assert (
        made.points[1].title
        == "2026-10-06 09:42 UTC, failed: 100.0 % of 12 compliant when read, 0 set or would be set"
    )
