"""The files of a report, and what it shows of the plans that a run found waiting."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.contact.edits import list_edits
from rollcall.decide.plan import plan_observed
from rollcall.decide.plan_text import build_group_documents
from rollcall.model.display import Masks
from rollcall.model.roster import Roster
from rollcall.report.build import ReportInput, build_report
from rollcall.report.csv_file import write_csv
from rollcall.sweep.approvals import PendingPlan, read_groups
from rollcall.sweep.stored_plan import AlteredPlanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.contact.record import ContactRecord
    from rollcall.decide.plan_values import ChangeGroup
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.counts import RunCounts
    from rollcall.sweep.ports import Runs, Sweeps
    from rollcall.sweep.run import Run

_FACTS: Final = (
    "plan",
    "roster",
    "first",
    "reasons",
    "warnings",
    "changes",
    "deletes",
    "accounts_changed",
    "accounts_active",
    "expires_at",
)


#: Files of a report by name, with their content types.
FILES = {
    "report.csv": "text/csv; charset=utf-8",
    "report.html": "text/html; charset=utf-8",
    # The last: if it is there, so are the others.
    "report.json": "application/json",
}


#: What the first report looks back on.
FIRST_PERIOD: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationIds:
    """The IDs of the organization and of its management account."""

    id: str
    management: str


def publish_report(
    runs: Runs,
    run: Run,
    *,
    summary: Mapping[str, Any],
    counts: RunCounts,
    document: Mapping[str, Any],
    waiting: Sequence[Mapping[str, Any]],
    organization: OrganizationIds,
    records: Sequence[ContactRecord],
) -> None:
    """Build and store the report of a run that looked at the organization by this roster.

    `document` is the roster as it was compiled, `waiting` the plans that wait for approval, `records` are
    those of contacts that were edited. A second time stores the same again. RetryableError.
    """
    # Here and not above: the other steps of the sweep start without a template engine.
    from rollcall.report.page import render  # noqa: PLC0415  # see there

    roster = Roster.from_document(document)
    trend, now = runs.read_trend(), datetime.fromisoformat(summary["ended_at"])
    before = [datetime.fromisoformat(point["ended_at"]) for point in trend if point["run"] != run.id]
    edits = list_edits(records, since=before[-1] if before else now - FIRST_PERIOD, now=now)
    basis = ReportInput(
        summary=summary,
        roster=document,
        decide=lambda record: plan_observed(record, roster, today=run.started_at.date()),
        judge=counts.judge_change,
        drift=counts.only_swept,
        waiting=waiting,
        today=run.started_at.date(),
        trend=trend,
        organization=organization.id,
        management=organization.management,
        edits=[edit.as_document(now) for edit in edits],
    )
    report = build_report(basis, runs.read_observed(run.data))
    bodies = {"report.csv": write_csv, "report.html": render, "report.json": _write_json}
    for name, content_type in FILES.items():
        runs.write_report(run.id, name, bodies[name](report).encode(), content_type=content_type)
    runs.write_trend(report["trend"])


def _write_json(report: Mapping[str, Any]) -> str:
    return json.dumps(report, sort_keys=True, ensure_ascii=False)


def build_waiting(run: Run, *, runs: Runs, sweeps: Sweeps, rosters: Rosters) -> list[dict[str, Any]]:
    """Each plan of the run that still waits, with its stored changes in full; RetryableError.

    A plan is left out if another deployment replaced its roster: it cannot be approved. One that differs from
    its digest has a `problem` in place of its changes.
    """
    found = (sweeps.find_pending(plan) for plan in run.pending)
    return [
        _build(pending, run, runs, rosters)
        for pending in found
        if pending is not None and pending.approved_by is None and rosters.find(pending.roster) is not None
    ]


def _build(pending: PendingPlan, run: Run, runs: Runs, rosters: Rosters) -> dict[str, Any]:
    groups: Sequence[ChangeGroup] = ()
    problem = None
    try:
        digests = dict.fromkeys(digest for digest in (pending.roster, run.approved) if digest)
        groups = read_groups(runs, pending, [rosters.load(digest) for digest in digests])
    except AlteredPlanError as error:
        problem = str(error)
    return {
        **{name: pending.summary[name] for name in _FACTS},
        "weakenings": [dict(item) for item in pending.summary.get("weakenings", ())],
        "problem": problem,
        "groups": build_group_documents(groups, masks=Masks.NOTHING),
    }
