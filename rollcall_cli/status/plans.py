"""Plans that are pending approval."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from rollcall.outcomes.notices import format_time as write_time
from rollcall_cli.text.formatting import clean, count, format_rest, format_span, format_time
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rollcall.sweep.approvals import PendingPlan, PlanEnd

#: Enough digits of a digest to exclude another plan by accident.
FEWEST_DIGITS: Final = 8


def find_plan(
    waiting: Sequence[PendingPlan], digits: str, *, find_ended: Callable[[str], PlanEnd | None]
) -> PendingPlan:
    """Return the plan whose digest begins with these digits; CommandError if there is none, or several.

    `find_ended` returns how the last wait ended, by these digits.
    """
    found = [plan for plan in waiting if plan.plan.startswith(digits.lower())]
    if len(found) == 1:
        return found[0]
    known = ", ".join(plan.plan[:12] for plan in waiting)
    if found:
        raise CommandError(
            f"the digests of {len(found)} plans begin with {digits}", fix=f"give more digits: {known}"
        )
    ended = find_ended(digits.lower())
    if ended is not None:
        problem, fix = ended.explain()
        raise CommandError(problem, fix=fix)
    of_roster = [plan.plan[:12] for plan in waiting if plan.roster.startswith(digits.lower())]
    if of_roster:
        raise CommandError(
            f"{digits} is the digest of a roster", fix=f"give that of its plan: {', '.join(of_roster)}"
        )
    raise CommandError(
        f"no plan with the digest {digits} is pending approval",
        fix=f"pending approval: {known}"
        if known
        else "no plan is pending approval: `rollcall sweep --follow` makes a new plan and shows its digest",
    )


def describe_plan(plan: PendingPlan, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield label and text; no contact details."""
    summary = plan.summary
    kinds = ", ".join(f"{number} {kind}" for kind, number in summary["by_kind"].items())
    yield "plan", plan.plan
    yield "roster", f"{plan.roster}{', the first roster to be enforced' if summary['first'] else ''}"
    where = f"{summary['accounts_changed']} of {summary['accounts_active']} active accounts"
    if plan.changes:
        yield "changes", f"{count(plan.changes, 'contact')} in {where}{f': {kinds}' if kinds else ''}"
        yield "deletes", str(summary["deletes"])
    else:
        yield "changes", f"none, in {count(summary['accounts_active'], 'active account')}"
    # As the digest covers them. The reasons repeat them, and nothing covers those.
    weakens = [item["text"] for item in summary["weakenings"]]
    reasons = [reason for reason in summary["reasons"] if reason not in weakens]
    yield from (("because", clean(reason)) for reason in (*reasons, *weakens))
    yield from (("warning", clean(text)) for text in summary["warnings"])
    if not plan.changes and not summary["weakenings"]:
        yield "approving", "writes nothing now; later edits of contacts are restored"
    if plan.summary["observed_at"]:
        seen = datetime.fromisoformat(plan.summary["observed_at"])
        yield "observed", f"{format_span(now - seen)} ago, {format_time(seen)}"
    yield "made", f"by run {summary['run']}, {format_span(now - plan.made_at)} ago"
    yield "expires", f"in {format_rest(plan.expires_at - now)}, {format_time(plan.expires_at)}"


def describe_approval(plan: PendingPlan, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield label and text: who approved it, if it is approved."""
    if plan.approved_by is not None:
        ago = f", {format_span(now - plan.approved_at)} ago" if plan.approved_at else ""
        yield "approved", f"by {plan.approved_by}{ago}"


def build_plan_document(plan: PendingPlan) -> dict[str, Any]:
    """Return the JSON form."""
    approved_at = plan.approved_at.isoformat() if plan.approved_at else None
    approved = {"approved_by": plan.approved_by, "approved_at": approved_at} if plan.approved_by else {}
    # Of an approved plan it is later than in the summary that its alert had.
    expires = {"expires_at": write_time(plan.expires_at)}
    return {"made_at": plan.made_at.isoformat(), **plan.summary, **expires, **approved}
