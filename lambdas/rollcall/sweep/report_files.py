"""What the plans that a run found waiting would write, for its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.plan_text import build_group_documents
from rollcall.model.display import Masks
from rollcall.sweep.stored_plan import AlteredPlanError, read_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.decide.plan_values import ChangeGroup
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.approvals import PendingPlan
    from rollcall.sweep.ports import Runs, Sweeps
    from rollcall.sweep.run import Run

_FACTS: Final = (
    "plan",
    "roster",
    "first",
    "reasons",
    "changes",
    "deletes",
    "accounts_changed",
    "accounts_active",
    "expires_at",
)


def build_waiting(run: Run, *, runs: Runs, sweeps: Sweeps, rosters: Rosters) -> list[dict[str, Any]]:
    """Each plan of the run that still waits, with its stored changes in full; RetryableError.

    A plan that differs from its digest has a `problem` in place of its changes.
    """
    found = (sweeps.find_pending(plan) for plan in run.pending)
    return [
        _build(held, run, runs, rosters) for held in found if held is not None and held.approved_by is None
    ]


def _build(held: PendingPlan, run: Run, runs: Runs, rosters: Rosters) -> dict[str, Any]:
    groups: Sequence[ChangeGroup] = ()
    problem = None
    try:
        digests = dict.fromkeys(digest for digest in (held.roster, run.approved) if digest)
        groups = read_groups(runs, held, [rosters.load(digest) for digest in digests])
    except AlteredPlanError as error:
        problem = str(error)
    return {
        **{name: held.summary[name] for name in _FACTS},
        "weakenings": [dict(item) for item in held.summary.get("weakenings", ())],
        "problem": problem,
        "groups": build_group_documents(groups, masks=Masks.NOTHING),
    }
