"""Whether an approval still holds when its run gets to begin, and what people are told if it does not."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rollcall.notices import Notice, NoticeKind, notice
from rollcall.sweep.held import Lapsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.control import Control
    from rollcall.sweep.held import Held
    from rollcall.sweep.run import Run


def in_force(held: Held | None, control: Control, now: datetime) -> bool:
    """Whether a person approved this plan, in time, and its roster is still the one that is enforced."""
    return (
        held is not None
        and held.approved_by is not None
        and held.expires_at > now
        and held.roster == control.approved
    )


def lapsed(
    run: Run, asked: Mapping[str, Any], held: Held | None, control: Control, now: datetime
) -> Lapsed | None:
    """Why the plan that somebody approved is not carried out; None if another run has done it.

    `asked` is what the run was started with.
    """
    why = _why(asked, held, control, now)
    return Lapsed(plan=asked["plan"], by=run.by or "unknown", why=why, at=now) if why else None


def lapsed_notice(found: Lapsed, run: Run) -> Notice:
    """For the person who waits for the plan: the same for every try of one run."""
    facts = {"run": run.id, "plan": found.plan, "by": found.by, "reason": found.why}
    return notice(NoticeKind.APPROVAL_LAPSED, key=f"{found.plan}/{run.execution}", facts=facts)


def _why(asked: Mapping[str, Any], held: Held | None, control: Control, now: datetime) -> str | None:
    if asked.get("roster", control.approved) != control.approved:
        return "another roster was approved before its run could begin"
    if held is None:
        # The table forgets what has expired. What was carried out is forgotten before.
        expires_at = asked.get("expires_at")
        expired = expires_at is not None and datetime.fromisoformat(expires_at) <= now
        return "the plan expired while its run waited for another one" if expired else None
    if held.expires_at <= now:
        return "the plan expired while its run waited for another one"
    return "the plan expired while its run waited, and the same one waits for approval again"
