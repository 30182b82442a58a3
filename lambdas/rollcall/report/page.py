"""The report as one HTML page that needs no network: a template, a style, a script and the data."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from rollcall.model.contact import ALL_PARTS, ContactKind
from rollcall.model.display import format_duration, spell_unseen, spell_value
from rollcall.outcomes.verdicts import COUNTED, VERDICTS, Verdict
from rollcall.report.build import ATTENTION
from rollcall.report.chart import HEIGHT, LEFT, RIGHT, WIDTH, draw_chart
from rollcall.report.summary import answer_coverage, answer_edits, list_tasks
from rollcall.report.words import (
    describe_end,
    describe_reads,
    describe_start,
    format_percent,
    list_roster_facts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Template

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
        tasks=list_tasks(report),
        edits=_list_edits(report["edits"]),
        attention=_list_attention(report["accounts"]),
        attention_count=sum(report["coverage"]["contacts"][status] for status in ATTENTION),
        silent={(item["account_id"], item["kind"]) for item in report["drift"]},
        started_by=describe_start(report["run"]),
        ended=describe_end(report["run"]),
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
