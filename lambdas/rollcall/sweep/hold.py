"""Which plans wait for a person, and how they are told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.levels import Severity
from rollcall.notices import Notice, NoticeKind, notice
from rollcall.roster import Mode
from rollcall.sweep.held import Held
from rollcall.sweep.limits import MOST_ACCOUNTS_WITH_DELETES, most_changed_accounts
from rollcall.times import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rollcall.roster import Roster
    from rollcall.sweep.draft import Draft
    from rollcall.sweep.run import PlanReference, Run

#: After so long the organization is another one: whoever still wants the plan looks at a new one.
WAITS: Final = timedelta(days=7)


def enforces(roster: Roster) -> bool:
    """Whether the roster lets anything be written anywhere."""
    return Mode.ENFORCE in {roster.mode, *(override.mode for override in roster.overrides)}


def reasons_to_hold(draft: Draft, *, limit: int | str | None, first: bool) -> Sequence[str]:
    """Why a person is to look at this plan before it is carried out; none if it may go on by itself.

    `first` is whether nothing has been enforced yet: the first plan is always looked at, even an empty one.
    """
    reasons = ["nothing is enforced yet, and a person approves the first roster"] if first else []
    most = most_changed_accounts(limit, active=draft.active)
    if draft.new > most:
        # A per cent of few accounts may be none: then the number alone would look like a fault.
        share = f" ({limit} of them)" if isinstance(limit, str) else ""
        would = f"{draft.new} of {draft.active} active accounts would change"
        reasons.append(f"{would}, the limit is {most}{share}")
    if draft.new_deletes > MOST_ACCOUNTS_WITH_DELETES:
        reasons.append(f"contacts would be deleted in {draft.new_deletes} accounts")
    return reasons


def held_plan(
    run: Run, draft: Draft, plan: PlanReference, *, reasons: Sequence[str], first: bool, now: datetime
) -> Held:
    """The plan as the state table keeps it."""
    expires_at = now + WAITS
    summary = {
        "run": run.id,
        "plan": plan.digest,
        "roster": plan.roster,
        "first": first,
        "reasons": list(reasons),
        "accounts_changed": draft.changed,
        "accounts_active": draft.active,
        "changes": plan.changes,
        "deletes": draft.deletes,
        "by_kind": dict(sorted(draft.by_kind.items())),
        "expires_at": seconds(expires_at),
    }
    return Held(
        plan=plan.digest,
        roster=plan.roster,
        changes=plan.changes,
        parts=plan.parts,
        data=run.data,
        held_at=now,
        expires_at=expires_at,
        summary=summary,
    )


def held_notice(held: Held, examples: Sequence[Mapping[str, Any]]) -> Notice:
    """The alert about a plan that waits: the same however often the same wait is told."""
    facts = {**held.summary, "examples": list(examples)}
    return notice(NoticeKind.SWEEP_HELD, key=f"{held.plan}/{held.data}", facts=facts)


def approved_notice(
    roster: Roster,
    *,
    before: Roster,
    plan: str | None,
    changes: int | None,
    by: str,
    automatic: bool,
    key: str,
) -> Notice:
    """The notice that a roster is the approved one from now on. One that enforces nothing says so.

    It is as loud as a pause if the roster `before` did enforce.
    """
    facts = {
        "roster": roster.digest,
        "plan": plan,
        "by": by,
        "automatic": automatic,
        "enforces": enforces(roster),
        "changes": changes,
    }
    told = notice(NoticeKind.ROSTER_APPROVED, key=key, facts=facts)
    return replace(told, severity=Severity.HIGH) if enforces(before) and not enforces(roster) else told
