"""The trend as a drawing: what the template needs to draw a line, computed here and drawn there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rollcall.report.words import format_percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 720, 180
LEFT, RIGHT = 70, WIDTH - 14
_TOP, _BOTTOM = 14, 30
# Where the axis may begin: few and round, so that the pictures of two weeks can be compared.
_FLOORS: Final = (0.9, 0.8, 0.5, 0.0)
_UNFINISHED: Final = frozenset({"altered", "failed", "superseded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run, in pixels, with the words of its tooltip. `finished` is whether it got to its end."""

    x: float
    y: float
    title: str
    finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A line chart of the share of contacts that each run found compliant, over the time of the runs.

    `ticks` are (y in pixels, label), `ends` (x in pixels, text-anchor, label). `text` is the picture in
    words: for those who cannot see it, and for what it cannot show.
    """

    points: tuple[Point, ...]
    line: str
    ticks: tuple[tuple[float, str], ...]
    ends: tuple[tuple[float, str, str], ...]
    text: str


def draw_chart(trend: Sequence[Mapping[str, Any]]) -> Chart | None:
    """The chart of a report's trend; None if no run looked at any contact."""
    runs = [run for run in trend if run["compliant_share"] is not None]
    if not runs:
        return None
    # After a run that repairs, all are compliant. Runs of earlier releases only say so much.
    shares = [float(run.get("found_share", run["compliant_share"])) for run in runs]
    low = next(floor for floor in _FLOORS if min(shares) >= floor)
    times = [_read_time(run) for run in runs]
    points = tuple(
        Point(
            x=x,
            y=_place_y(share, low),
            title=_write_title(run, share, at),
            finished=run["ending"] not in _UNFINISHED,
        )
        for run, share, at, x in zip(runs, shares, times, _place_across(times), strict=True)
    )
    return Chart(
        points=points,
        line=" ".join(f"{point.x},{point.y}" for point in points),
        ticks=tuple(
            (_place_y(share, low), f"{share:.0%}".replace("%", " %")) for share in (1, (1 + low) / 2, low)
        ),
        ends=_label_ends(times),
        text=_describe(shares, low),
    )


def _read_time(run: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(run["ended_at"]).astimezone(UTC)


def _place_y(share: float, low: float) -> float:
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - share) / (1 - low), 1)


def _place_across(times: Sequence[datetime]) -> list[float]:
    """Where the runs stand, by their time; one alone, or all at once, in the middle."""
    first, seconds = times[0], (times[-1] - times[0]).total_seconds()
    if seconds <= 0:
        return [(LEFT + RIGHT) / 2] * len(times)
    shares = ((at - first).total_seconds() / seconds for at in times)
    # A clock that was set back must not draw outside of the picture.
    return [round(LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, share)), 1) for share in shares]


def _label_ends(times: Sequence[datetime]) -> tuple[tuple[float, str, str], ...]:
    """The first and the last time, as precise as they need to be to differ."""
    for pattern in ("%Y-%m-%d", "%Y-%m-%d %H:%M UTC", "%Y-%m-%d %H:%M:%S UTC"):
        first, last = f"{times[0]:{pattern}}", f"{times[-1]:{pattern}}"
        if first != last:
            return ((LEFT, "start", first), (RIGHT, "end", last))
    return (((LEFT + RIGHT) / 2, "middle", f"{times[0]:%Y-%m-%d %H:%M UTC}"),)


def _write_title(run: Mapping[str, Any], share: float, at: datetime) -> str:
    compliant = f"{format_percent(share)} of {run['managed']:,} compliant"
    counted = f"{compliant} when read, {run['changed']:,} set or would be set"
    return f"{at:%Y-%m-%d %H:%M} UTC, {run['ending']}: {counted}"


def _describe(shares: Sequence[float], low: float) -> str:
    axis = f" The axis begins at {low:.0%}, not at zero.".replace("%", " %") if low else ""
    if len(shares) == 1:
        return f"One run so far: it found {format_percent(shares[0])} of managed contacts compliant.{axis}"
    return (
        f"Share of managed contacts that each of the last {len(shares)} runs found compliant:"
        f" {format_percent(shares[-1])} at the last, {format_percent(min(shares))} at worst.{axis}"
    )
