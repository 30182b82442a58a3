"""Plans that wait for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall_cli.status.words import count, lasting, moment
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rollcall.sweep.approvals import PendingPlan

#: Enough digits of a digest that nobody hits another plan by a slip.
FEWEST_DIGITS: Final = 8


def named(waiting: Sequence[PendingPlan], digits: str) -> PendingPlan:
    """The plan that waits under a digest that begins so; CommandError if it is none, or not the only one."""
    found = [held for held in waiting if held.plan.startswith(digits.lower())]
    if len(found) == 1:
        return found[0]
    known = ", ".join(held.plan[:12] for held in waiting)
    if found:
        raise CommandError(
            f"{len(found)} plans that wait begin with {digits}", fix=f"give more digits: {known}"
        )
    raise CommandError(
        f"no plan waits under {digits}",
        fix=f"these wait: {known}"
        if known
        else "none waits at all: `rollcall sweep` plans anew, and says which plan waits if one does",
    )


def lines(held: PendingPlan, now: datetime) -> Iterator[tuple[str, str]]:
    """Label and text; no contact details."""
    summary = held.summary
    kinds = ", ".join(f"{number} {kind}" for kind, number in summary["by_kind"].items())
    yield "plan", held.plan
    yield "roster", f"{held.roster}{', the first to be enforced' if summary['first'] else ''}"
    where = f"{summary['accounts_changed']} of {summary['accounts_active']} active accounts"
    if held.changes:
        yield "changes", f"{count(held.changes, 'contact')} in {where}{f': {kinds}' if kinds else ''}"
        yield "deletes", str(summary["deletes"])
    else:
        yield "changes", f"none today, in {count(summary['accounts_active'], 'active account')}"
    yield from (("because", reason) for reason in summary["reasons"])
    if not held.changes:
        yield "approving", "writes nothing now; from then on, contacts that somebody changes are put back"
    yield "made", f"by run {summary['run']}, {lasting(now - held.held_at)} ago"
    yield "expires", f"in {lasting(held.expires_at - now)}, {moment(held.expires_at)}"


def approval(held: PendingPlan, now: datetime) -> Iterator[tuple[str, str]]:
    """Label and text: who approved it, if anybody did."""
    if held.approved_by is not None:
        ago = f", {lasting(now - held.approved_at)} ago" if held.approved_at else ""
        yield "approved", f"by {held.approved_by}{ago}"


def document(held: PendingPlan) -> dict[str, Any]:
    """Plain JSON."""
    approved_at = held.approved_at.isoformat() if held.approved_at else None
    approved = {"approved_by": held.approved_by, "approved_at": approved_at} if held.approved_by else {}
    return {"held_at": held.held_at.isoformat(), **held.summary, **approved}
