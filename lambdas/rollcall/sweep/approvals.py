"""Which plans wait for a person, what is remembered of them, and the notices about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from rollcall.model.codec import Serializable
from rollcall.model.levels import Severity
from rollcall.model.roster import Mode
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, format_time, make_notice

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rollcall.model.roster import Roster
    from rollcall.sweep.plan_builder import PlanBuilder
    from rollcall.sweep.run import PlanReference, Run

#: Where the roster names no limit: this share of the active accounts, and at least so many.
_USUAL_PER_CENT, _USUAL_LEAST = 10, 10
#: Deleting the same contact of several accounts is what an attacker would want, and a typing mistake does.
MOST_ACCOUNTS_WITH_DELETES: Final = 1


def compute_limit(limit: int | str | None, *, active: int) -> int:
    """How many accounts a plan may change, of so many active ones; per cents are rounded down.

    `limit` is a number of accounts, a per cent such as `5%`, or None for the usual limit. ValueError if it is
    something else.
    """
    if limit is None:
        return max(_USUAL_LEAST, active * _USUAL_PER_CENT // 100)
    if isinstance(limit, int):
        return limit
    if not limit.endswith("%"):
        raise ValueError("a limit is a number of accounts or a per cent")
    return active * int(limit.removesuffix("%")) // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPlan(Serializable):
    """A plan that waits for a person. `summary` has no contact details.

    `data` is the run that stored it. `approved_by` and `approved_at` are None until somebody approves it.
    """

    plan: str
    roster: str
    changes: int
    parts: int
    data: str
    held_at: datetime
    expires_at: datetime
    summary: Mapping[str, Any]
    approved_by: str | None = None
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LapsedApproval(Serializable):
    """An approval that came to nothing: its plan was not carried out, and why. No contact details."""

    plan: str
    by: str
    why: str
    at: datetime


class PendingPlanMemory(Protocol):
    """Memory of them in the state table. RetryableError from each."""

    def save_pending(self, held: PendingPlan) -> bool:
        """Remember a plan that waits; it replaces one of the same roster that nobody approved.

        False if it waited before.
        """

    def find_pending(self, plan: str) -> PendingPlan | None:
        """The plan that waits under this digest, None if there is none."""

    def list_pending(self, now: datetime) -> Sequence[PendingPlan]:
        """All plans that wait for approval and have not expired."""

    def approve(self, plan: str, *, by: str, at: datetime) -> None:
        """Remember who approved it; an approval that lapsed before is answered by it."""

    def list_approved(self, now: datetime) -> Sequence[PendingPlan]:
        """Plans that somebody approved, that have not expired, and that no run has carried out to its end."""

    def list_granted(self, roster: str, now: datetime) -> Sequence[PendingPlan]:
        """Those of them that are for this roster."""

    def forget_applied(self, plan: str) -> None:
        """Forget a plan: a run got to its end. Others, which may want more, go on waiting."""

    def forget_roster(self, roster: str) -> None:
        """Forget all plans for this roster: a run looked at all accounts, and nothing is left of them."""

    def forget_others(self, rosters: Collection[str]) -> None:
        """Forget all plans but those for these rosters, approved ones too: another roster is in force now.

        What somebody wanted of an earlier roster is not what anybody wants when that is deployed again.
        """

    def save_lapsed(self, lapsed: LapsedApproval) -> None:
        """Remember an approval that came to nothing, in place of an earlier one."""

    def find_lapsed(self, now: datetime) -> LapsedApproval | None:
        """The last one of the past seven days that no other approval has answered."""


#: After so long the organization is another one: a person who still wants the plan looks at a new one.
WAITS: Final = timedelta(days=7)


def is_enforcing(roster: Roster) -> bool:
    """Whether the roster lets anything be written anywhere."""
    return Mode.ENFORCE in {roster.mode, *(override.mode for override in roster.overrides)}


def find_reasons_to_wait(draft: PlanBuilder, *, limit: int | str | None, first: bool) -> Sequence[str]:
    """Why a person is to look at this plan before it is carried out; none if it may go on by itself.

    `first` is whether nothing has been enforced yet: the first plan is always looked at, even an empty one.
    """
    reasons = ["nothing is enforced yet, and a person approves the first roster"] if first else []
    most = compute_limit(limit, active=draft.active)
    if draft.new > most:
        # A per cent of few accounts may be none: then the number alone would look like an error.
        share = f" ({limit} of them)" if isinstance(limit, str) else ""
        would = f"{draft.new} of {draft.active} active accounts would change"
        reasons.append(f"{would}, the limit is {most}{share}")
    if draft.new_deletes > MOST_ACCOUNTS_WITH_DELETES:
        reasons.append(f"contacts would be deleted in {draft.new_deletes} accounts")
    return reasons


def make_pending_plan(
    run: Run, draft: PlanBuilder, plan: PlanReference, *, reasons: Sequence[str], first: bool, now: datetime
) -> PendingPlan:
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
        "expires_at": format_time(expires_at),
    }
    return PendingPlan(
        plan=plan.digest,
        roster=plan.roster,
        changes=plan.changes,
        parts=plan.parts,
        data=run.data,
        held_at=now,
        expires_at=expires_at,
        summary=summary,
    )


def make_pending_notice(held: PendingPlan, groups: Mapping[str, Any]) -> Notice:
    """The alert about a plan that waits: the same however often the same wait is alerted.

    `groups` are the facts that show its changes.
    """
    facts = {**held.summary, **groups}
    return make_notice(NoticeKind.SWEEP_HELD, key=f"{held.plan}/{held.data}", facts=facts)


def make_approved_notice(
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
        # Of a person's approval `control` adds them.
        "user_id": None,
        "execution": None,
        "automatic": automatic,
        "enforces": is_enforcing(roster),
        "changes": changes,
    }
    told = make_notice(NoticeKind.ROSTER_APPROVED, key=key, facts=facts)
    return (
        replace(told, severity=Severity.HIGH) if is_enforcing(before) and not is_enforcing(roster) else told
    )
