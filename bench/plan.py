"""What `rollcall plan` and the report take after a sweep of ten thousand accounts."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from bench.rows import make_row
from rollcall.model.display import Masks
from rollcall.model.roster import Roster
from rollcall.rosters.orphaned import CachedMatches
from rollcall_cli.plan.in_force import InForce, ReadOnlyMatches
from rollcall_cli.plan.last_sweep import judge_by, read_last_observation
from rollcall_cli.plan.result import build_result
from rollcall_cli.plan.store import PlanReading, PlanScope
from rollcall_cli.plan.view import build_document

if TYPE_CHECKING:
    from bench.world import BenchWorld


def measure_plan(world: BenchWorld) -> list[dict[str, Any]]:
    """Rows for a world in which a sweep was made."""
    began, start = time.process_time(), world.seconds()
    make_plan(world)
    seconds = time.process_time() - began + world.seconds() - start
    pages = [body for key, body in world.bucket.objects.items() if key.endswith("/report.html")]
    return [
        make_row("plan_10000_seconds", seconds),
        make_row("report_page_kilobytes_10000", max(map(len, pages)) / 1024),
    ]


def make_plan(world: BenchWorld) -> dict[str, Any]:
    """The document of `rollcall plan`, of what the last sweep observed."""
    roster = Roster.from_document(world.roster)
    matches = CachedMatches(ReadOnlyMatches(world.matches))
    stored: dict[str, Any] = {"sweeps": world.sweeps, "runs": world.runs, "matches": matches}
    hub = InForce(approved=roster, **stored)
    last = read_last_observation(hub)
    seen = PlanReading(
        organization=world.organization.id,
        roster=roster.digest,
        scope=PlanScope(),
        since=last.since,
        accounts=[item.account for item in last.observed],
        observed=judge_by(roster, last, hub),
    )
    made = build_result(
        seen, roster, approved=roster, first=False, passed=0, reachable=True, today=last.since.date()
    )
    document: dict[str, Any] = build_document(made, masks=Masks.FOREIGN)
    json.dumps(document)
    return document
