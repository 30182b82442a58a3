"""The summary of a run: what `rollcall status` shows and the report begins with. No contact details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.sweep.run import Ending
from rollcall.sweep.tally import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollcall.sweep.run import Run
    from rollcall.sweep.tally import Tally

VERSION: Final = 1


def ending_of(run: Run) -> Ending:
    """How the run ends: a step that was given up counts before everything else."""
    return Ending.FAILED if run.failed else run.ending or Ending.FINISHED


def summary_of(
    run: Run, tally: Tally | None, *, approved: str | None, judged_by: str | None, ended_at: datetime
) -> dict[str, Any]:
    """The summary document, version 1; without a tally nothing was counted.

    `approved` is the roster (digest) that is approved when the run ends, which this very run may have done;
    `judged_by` the one that contacts were compared with, None if there is none.
    """
    counted: Mapping[str, int] = tally.contacts if tally else {}
    return {
        "version": VERSION,
        "run": run.id,
        "trigger": str(run.trigger),
        "by": run.by,
        "started_at": run.started_at.isoformat(),
        "ended_at": ended_at.isoformat(),
        "ending": str(ending_of(run)),
        "roster": run.roster,
        "approved": approved,
        "judged_by": judged_by,
        "accounts": max(run.accounts, tally.accounts if tally else 0),
        "active": tally.active if tally else 0,
        "contacts": {name: counted.get(name, 0) for name in NAMES.values()},
        "changes": tally.changes if tally else 0,
        "unannounced": len(tally.unannounced) if tally else 0,
        "plan": run.plan.digest if run.plan else None,
        "held": list(run.held),
        "failed": dict(run.failed),
        "reads": {"organizations": run.reads},
    }
