"""Store the report of a run: JSON, CSV and the page, and its trend for the next one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollcall.report.build import Basis, build_report
from rollcall.report.csv_file import to_csv
from rollcall.sweep.decide import decide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.roster import Roster
    from rollcall.sweep.ports import Runs
    from rollcall.sweep.run import Run
    from rollcall.sweep.tally import Tally

#: Files of a report by name, with their content types.
FILES = {
    "report.csv": "text/csv; charset=utf-8",
    "report.html": "text/html; charset=utf-8",
    # The last: who reads that it is there finds the others, too.
    "report.json": "application/json",
}


def publish_report(
    runs: Runs,
    run: Run,
    *,
    summary: Mapping[str, Any],
    tally: Tally,
    roster: Roster,
    document: Mapping[str, Any],
) -> None:
    """Build and store the report of a run that looked at the organization by this roster.

    `document` is the roster as it was compiled. RetryableError if it cannot be stored; a second time
    stores the same again.
    """
    # Here and not above: the other steps of the sweep start without a template engine.
    from rollcall.report.page import render  # noqa: PLC0415  # see there

    basis = Basis(
        summary=summary,
        roster=document,
        decide=lambda record: decide(record, roster, halted=None, today=run.started_at.date()),
        results=tally.results,
        left=tally.left,
        unannounced=tally.unannounced,
        today=run.started_at.date(),
        trend=runs.trend(),
    )
    report = build_report(basis, (record for part in runs.observed(run.data) for record in part))
    bodies = {"report.csv": to_csv, "report.html": render, "report.json": _json}
    for name, content_type in FILES.items():
        runs.write_report(run.id, name, bodies[name](report).encode(), content_type=content_type)
    runs.write_trend(report["trend"])


def _json(report: Mapping[str, Any]) -> str:
    return json.dumps(report, sort_keys=True, ensure_ascii=False)
