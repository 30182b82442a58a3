"""What a pending plan would write: the stored plan, compared with its digest before it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.plan_text import build_group_documents, describe_groups
from rollcall.model.display import Masks
from rollcall.model.errors import RetryableError
from rollcall.sweep.approvals import read_groups
from rollcall.sweep.stored_plan import AlteredPlanError
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from rollcall.decide.plan_values import ChangeGroup
    from rollcall.sweep.approvals import PendingPlan
    from rollcall_cli.aws.hub import Hub

#: Groups that `status` shows; `approve` shows all.
MOST_GROUPS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanValues:
    """The changes of a plan, or why they cannot be shown."""

    groups: Sequence[ChangeGroup] = ()
    #: None if they can be.
    problem: str | None = None


def read_values(hub: Hub, plan: PendingPlan, *, approved: str | None) -> PlanValues:
    """Read a stored plan and check its digest. `approved` is the roster (digest) that is in force.

    CommandError if AWS denies or does not answer.
    """
    runs = hub.runs
    try:
        rosters = [runs.read_roster(plan.data, plan.roster)]
        if approved is not None and approved != plan.roster:
            rosters.append(hub.load_roster(approved))
        return PlanValues(groups=read_groups(runs, plan, rosters))
    except (AlteredPlanError, RetryableError) as error:
        return PlanValues(problem=str(error))


def check_values(plan: PendingPlan, values: PlanValues) -> None:
    """Raise CommandError if the changes of a plan cannot be shown: nobody approves what cannot be seen."""
    if values.problem is not None:
        raise CommandError(
            f"plan {plan.plan[:12]} cannot be shown: {values.problem}",
            fix="if it was altered, find out in CloudTrail who wrote to the reports bucket below "
            f"runs/{plan.data}/; `rollcall sweep` makes a new plan",
        )


def choose_masks(console: Console) -> Masks:
    """On a terminal nothing is masked; elsewhere, which may be a log, what is of no roster."""
    return Masks.NOTHING if console.is_terminal else Masks.FOREIGN


def list_values(values: PlanValues, *, masks: Masks, most: int | None) -> Iterator[tuple[str, str]]:
    """Yield label and text of the groups, at most so many of them."""
    if values.problem is not None:
        yield "writes", f"CANNOT BE SHOWN, do not approve: {values.problem}"
    for group in describe_groups(values.groups[:most], masks=masks):
        yield "writes", group.heading
        yield from (("writes", f"  {value}") for value in group.values)
        yield "writes", f"  {group.accounts}"
    if most is not None and len(values.groups) > most:
        yield "writes", f"and {len(values.groups) - most} more groups, which `rollcall approve` shows"


def build_values_document(values: PlanValues) -> dict[str, Any]:
    """Return the JSON form, with foreign values masked."""
    return {
        "problem": values.problem,
        "groups": build_group_documents(values.groups, masks=Masks.FOREIGN),
    }
