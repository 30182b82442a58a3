"""Plans that are pending approval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall_cli.text.formatting import count, format_span, format_time
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rollcall.sweep.approvals import PendingPlan

#: Enough digits of a digest to exclude another plan by accident.
FEWEST_DIGITS: Final = 8


def find_plan(waiting: Sequence[PendingPlan], digits: str) -> PendingPlan:
    """Return the plan whose digest begins with these digits; CommandError if there is none, or several."""
    found = [held for held in waiting if held.plan.startswith(digits.lower())]
    if len(found) == 1:
        return found[0]
    known = ", ".join(held.plan[:12] for held in waiting)
    if found:
        raise CommandError(
            f"the digests of {len(found)} plans begin with {digits}", fix=f"give more digits: {known}"
        )
    raise CommandError(
        f"no plan with the digest {digits} is pending approval",
        fix=f"pending approval: {known}"
        if known
        else "no plan is pending approval: `rollcall sweep --follow` makes a new plan and shows its digest",
    )


def describe_plan(held: PendingPlan, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield label and text; no contact details."""
    summary = held.summary
    kinds = ", ".join(f"{number} {kind}" for kind, number in summary["by_kind"].items())
    yield "plan", held.plan
    yield "roster", f"{held.roster}{', the first roster to be enforced' if summary['first'] else ''}"
    where = f"{summary['accounts_changed']} of {summary['accounts_active']} active accounts"
    if held.changes:
        yield "changes", f"{count(held.changes, 'contact')} in {where}{f': {kinds}' if kinds else ''}"
        yield "deletes", str(summary["deletes"])
    else:
        yield "changes", f"none, in {count(summary['accounts_active'], 'active account')}"
    yield from (("because", reason) for reason in summary["reasons"])
    if not held.changes:
        yield "approving", "writes nothing now; later edits of contacts are restored"
    yield "made", f"by run {summary['run']}, {format_span(now - held.held_at)} ago"
    yield "expires", f"in {format_span(held.expires_at - now)}, {format_time(held.expires_at)}"


def describe_approval(held: PendingPlan, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield label and text: who approved it, if it is approved."""
    if held.approved_by is not None:
        ago = f", {format_span(now - held.approved_at)} ago" if held.approved_at else ""
        yield "approved", f"by {held.approved_by}{ago}"


def build_plan_document(held: PendingPlan) -> dict[str, Any]:
    """Return the JSON form."""
    approved_at = held.approved_at.isoformat() if held.approved_at else None
    approved = {"approved_by": held.approved_by, "approved_at": approved_at} if held.approved_by else {}
    return {"held_at": held.held_at.isoformat(), **held.summary, **approved}
