"""The report as one HTML page that needs no network: a template, a style, a script and the data."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from rollcall.model.contact import ALL_PARTS, ContactKind
from rollcall.model.display import format_duration, spell_unseen, spell_value
from rollcall.outcomes.verdicts import COUNTED, VERDICTS, Verdict
from rollcall.report.build import ATTENTION
from rollcall.report.summary import (
    ENDED,
    STARTED_BY,
    answer_coverage,
    answer_edits,
    describe_reads,
    find_tasks,
    format_percent,
    list_roster_facts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


#: Rows of a table that stand in the page itself; all accounts are data of the script, and all is in the CSV.
MOST_ROWS = 500
#: The OU of accounts that are in none.
ROOT = "Root"
_LONGEST_WORD = 30


def render(report: Mapping[str, Any]) -> str:
    """The page of a report document. Every value in it is text: names are chosen by others."""
    style, script = _read_file("page.css"), _read_file("page.js")
    kinds = tuple(kind for kind in ContactKind if kind in report["coverage"]["kinds"])
    return _load_template().render(
        report=report,
        kinds=kinds,
        coverage=report["coverage"],
        run=report["run"],
        waiting=report["waiting"],
        waiting_changes=sum(plan["changes"] for plan in report["waiting"]),
        counts=report["coverage"]["contacts"],
        answers=(answer_coverage(report), answer_edits(report)),
        tasks=list(find_tasks(report)),
        edits=_list_edits(report["edits"]),
        attention=_list_attention(report["accounts"]),
        attention_count=sum(report["coverage"]["contacts"][status] for status in ATTENTION),
        silent={(item["account_id"], item["kind"]) for item in report["drift"]},
        started_by=STARTED_BY[report["run"]["trigger"]],
        ended=ENDED[report["run"]["ending"]],
        reads=describe_reads(report),
        roster_facts=list_roster_facts(report["run"], report["mode"]),
        chart=draw_chart(report["trend"]),
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=RIGHT,
        data=_build_data(report["accounts"], kinds),
        most=MOST_ROWS,
        root=ROOT,
        # Ours, and not escaped: a file of this package.
        style=Markup(style),  # noqa: S704  # a constant of this package
        script=Markup(script),  # noqa: S704  # a constant of this package
        style_digest=_compute_digest(style),
        script_digest=_compute_digest(script),
    )


@cache
def _load_template() -> Template:
    environment = Environment(
        autoescape=True,
        trim_blocks=True,
        undefined=StrictUndefined,
        loader=DictLoader({"page": _read_file("page.html.j2")}),
    )
    environment.filters |= {
        "visible": spell_unseen,
        "parts": _list_parts,
        "long": _break_long,
        # Where a line may end in an ARN: none of its words is broken.
        "pieces": re.compile(r"[^:/]+[:/]*|[:/]+").findall,
        "percent": format_percent,
    }
    return environment.get_template("page")


def _list_parts(contact: Mapping[str, str] | None) -> list[str]:
    """Each part is shown by itself: text of one direction must not turn that of the next one round."""
    return [spell_value(contact[part]) for part in ALL_PARTS if part in contact] if contact else ["absent"]


def _break_long(text: str) -> bool:
    """Whether a word of it may have to be broken, for lack of a place to do so."""
    return any(len(word) > _LONGEST_WORD for word in text.split())


def _list_attention(accounts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """SECURITY first."""
    return [
        {"account": account, "kind": kind, "contact": account["contacts"][kind]}
        for kind in ContactKind
        for account in accounts
        if kind in account["contacts"] and account["contacts"][kind]["status"] in ATTENTION
    ]


def _list_edits(edits: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For a table: what is open first, then SECURITY, then the latest."""
    rows = []
    for edit in sorted(edits, key=lambda edit: edit["at"] or "", reverse=True):
        wrong = edit["wrong_seconds"]
        words = VERDICTS[Verdict(edit["verdict"])].words if edit["verdict"] else None
        rows.append(
            {
                **edit,
                "became": words.result if words else edit["verdict"] or "in progress",
                "wrong": "" if wrong is None else format_duration(timedelta(seconds=wrong)),
            }
        )
    return sorted(rows, key=lambda row: (not row["open"], tuple(ContactKind).index(row["kind"])))


def _build_data(accounts: Sequence[Mapping[str, Any]], kinds: Sequence[ContactKind]) -> dict[str, Any]:
    """All accounts for the script. Texts stand once, in a table: ten thousand accounts share a few."""
    texts: dict[str, int] = {}

    def known(text: str) -> int:
        return texts.setdefault(text, len(texts))

    def values(contact: Mapping[str, str] | None) -> int:
        return known("\n".join(_list_parts(contact)))  # no part has a line end: they are spelt out

    def cell(contact: Mapping[str, Any]) -> list[int]:
        found = contact["found"]
        state = found["state"] if found else "not read"
        return [
            COUNTED.index(contact["status"]),
            values(found["contact"]) if state == "present" else known(state),
            values(contact["wanted"]) if contact["source"] else known(""),
            known(spell_unseen(contact["reason"])),
        ]

    rows = [
        [
            account["id"],
            known(spell_unseen(account["name"])),
            known(spell_unseen(account["ou"]) or ROOT),
            *(cell(account["contacts"][kind]) for kind in kinds),
        ]
        for account in accounts
    ]
    return {
        "statuses": [str(status) for status in COUNTED],
        "texts": list(texts),
        "rows": rows,
    }


def _read_file(name: str) -> str:
    return (resources.files("rollcall.report") / "templates" / name).read_text(encoding="utf-8")


def _compute_digest(text: str) -> str:
    """For the page's Content-Security-Policy: nothing runs in it but this."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


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
