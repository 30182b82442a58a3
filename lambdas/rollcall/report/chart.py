"""The trend as a drawing: what the template needs to draw a line, computed here and drawn there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 720, 150
LEFT, RIGHT = 70, WIDTH - 14
_TOP, _BOTTOM = 14, 26
_NARROWEST = 0.02  # of the scale: a line at 99.9 % should not look like a cliff


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run, in pixels, with the words of its tooltip."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A line chart of the share of contacts that were right after each run.

    `ticks` are (y in pixels, label).
    """

    points: tuple[Point, ...]
    line: str
    ticks: tuple[tuple[float, str], ...]
    first: str
    last: str


def chart(trend: Sequence[Mapping[str, Any]]) -> Chart | None:
    """The chart of a report's trend; None with fewer than two runs that looked at any contact."""
    runs = [point for point in trend if point["right_share"] is not None]
    shares = [float(run["right_share"]) for run in runs]
    if len(runs) < 2:  # noqa: PLR2004  # a line has two ends
        return None
    low = min(1 - _NARROWEST, *shares)
    wide, high = RIGHT - LEFT, HEIGHT - _TOP - _BOTTOM

    def y(share: float) -> float:
        return round(_TOP + high * (1 - share) / (1 - low), 1)

    points = tuple(
        Point(
            x=round(LEFT + wide * index / (len(runs) - 1), 1),
            y=y(run["right_share"]),
            title=f"{run['ended_at'][:16].replace('T', ' ')} UTC: {run['right_share']:.1%} right,"
            f" {run['changed']} to change",
        )
        for index, run in enumerate(runs)
    )
    return Chart(
        points=points,
        line=" ".join(f"{point.x},{point.y}" for point in points),
        ticks=tuple((y(share), f"{share:.0%}" if low < 0.9 else f"{share:.1%}") for share in (1, low)),  # noqa: PLR2004  # decimals only where they tell something
        first=runs[0]["ended_at"][:10],
        last=runs[-1]["ended_at"][:10],
    )
