"""Which plans wait for a person, what is remembered of them, and the notices about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.plan_values import ChangeGroup, KnownContacts, group_changes
from rollcall.decide.roster_entries import describe_accounts
from rollcall.decide.weakening import MOST_NAMED, compute_limit
from rollcall.model.codec import Serializable
from rollcall.model.levels import Severity
from rollcall.model.roster import Mode, Roster
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, format_time, make_notice
from rollcall.sweep.run import PlanReference, Run, Trigger
from rollcall.sweep.stored_plan import PlanBuilder, PlanFiles, StoredPlan, compute_weakened, read_places

if TYPE_CHECKING:
    from rollcall.decide.roster_change import RosterChange

#: Deleting the same contact of several accounts is what an attacker would want, and a typing mistake does.
MOST_ACCOUNTS_WITH_DELETES: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPlan(Serializable):
    """A plan that waits for a person. `summary` has no contact details.

    `against` is the digest of the approved roster that its roster was compared with, empty without one,
    `data` the run that stored it, `places` the digest of the accounts as they are shown. `approved_by` and
    `approved_at` are None until somebody approves it.
    """

    plan: str
    roster: str
    changes: int
    parts: int
    data: str
    places: str
    made_at: datetime
    expires_at: datetime
    summary: Mapping[str, Any]
    against: str = ""
    first_part: int = 0
    approved_by: str | None = None
    approved_at: datetime | None = None

    @property
    def reference(self) -> PlanReference:
        """The plan as it is stored. Its digest is of the weakenings, too: they are approved as shown."""
        return PlanReference(
            digest=self.plan,
            roster=self.roster,
            changes=self.changes,
            parts=self.parts,
            weakened=compute_weakened(self.against, self.summary.get("weakenings", ())),
            first_part=self.first_part,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LapsedApproval(Serializable):
    """An approval that came to nothing: its plan was not carried out, and why. No contact details."""

    plan: str
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedPlan(Serializable):
    """A plan that needed no approval, after the roster `against`; `plan` is None once it is carried out."""

    run: str
    accounts: int
    at: datetime
    against: str
    plan: PlanReference | None
    #: Contacts (account/kind) that were drift then. None if too many to store: then all that differed count.
    drifted: tuple[str, ...] | None = None


#: Changes that nobody looked at count together for so long: many small ones are one large one.
COUNTED: Final = timedelta(days=7)
#: After so long the organization is another one: a person who still wants the plan looks at a new one.
WAITS: Final = timedelta(days=7)

#: Of a digest: enough to name a plan.
_DIGITS: Final = 12
_ENDINGS: Final = {
    "approved": "was approved before, by {by}",
    "superseded": "was superseded by a newer one, {newer}",
    "renewed": "was stored anew by a later run",
    "expired": "expired",
    "lapsed": "expired, and the approval by {by} had no effect",
    "not-needed": "is not needed any more",
    "replaced": "ended when another roster was deployed or approved",
}
#: The fix where it depends on the state of the hub.
LOOK: Final = "`rollcall status` shows what is in force and what is pending approval"
NEW_PLAN: Final = "`rollcall sweep --follow` makes a new plan and shows its digest"
_FIXES: Final = {"expired": NEW_PLAN, "lapsed": NEW_PLAN}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEnd(Serializable):
    """How the wait of a plan ended: facts of its notice. No contact details.

    `by` is who approved it, `newer` the digest of the plan that superseded it: its own if that is the same
    plan, which another run stored.
    """

    plan: str
    ending: str
    by: str | None = None
    newer: str | None = None

    def explain(self) -> tuple[str, str]:
        """Why the plan cannot be approved any more, and what to do."""
        newer = (self.newer or "")[:_DIGITS]
        why = _ENDINGS[self.ending].format(by=self.by, newer=newer)
        known = _FIXES.get(self.ending, LOOK)
        fix = f"`rollcall approve {newer}` shows the newer plan and asks" if newer else known
        return f"the plan {self.plan[:_DIGITS]} {why}", fix


def is_enforcing(roster: Roster) -> bool:
    """Whether the roster lets anything be written anywhere."""
    return Mode.ENFORCE in {roster.mode, *(override.mode for override in roster.overrides)}


def find_reasons_to_wait(
    change: RosterChange, *, limit: int | str | None, passed: int, deletes: int, first: bool
) -> list[str]:
    """Why a person is to look at a roster before it is in force; none if it may be approved by itself.

    `limit` is that of the approved roster, `passed` how many accounts lately changed without a person,
    `deletes` in how many contacts would be deleted. `first` is whether nothing has been enforced yet: the
    first roster is always looked at, even if it changes nothing.
    """
    reasons = ["nothing is enforced yet, and a person approves the first roster"] if first else []
    most = compute_limit(limit, active=change.active)
    # A per cent of few accounts may be none: then the number alone would look like an error.
    allowed = f"the limit is {most}" + (f" ({limit} of them)" if isinstance(limit, str) else "")
    if change.changed and change.changed + passed > most:
        adopted = f" ({change.adopted} of them have it already)" if change.adopted else ""
        lately = f" after {passed} in the last seven days without approval" if passed else ""
        would = f"{change.changed} of {change.active} active accounts would change{adopted}{lately}"
        reasons.append(f"{would}, {allowed}")
    if not first and len(change.not_compared) > most:
        unread = f"{len(change.not_compared)} of {change.active} active accounts could not be read"
        reasons.append(f"{unread} and were not compared, {allowed}")
    return [*reasons, *find_deletes_to_wait(deletes), *(one.text for one in change.weakenings)]


def find_deletes_to_wait(deletes: int) -> list[str]:
    """Why a person is to look at deletes in so many accounts, none if they may go on by themselves."""
    many = deletes > MOST_ACCOUNTS_WITH_DELETES
    return [f"contacts would be deleted in {deletes} accounts"] if many else []


def make_pending_plan(
    run: Run,
    draft: PlanBuilder,
    plan: PlanReference,
    *,
    change: RosterChange,
    reasons: Sequence[str],
    now: datetime,
) -> PendingPlan:
    """The plan as the state table keeps it, with what is different under its roster."""
    expires_at = now + WAITS
    summary = {
        "run": run.id,
        "plan": plan.digest,
        "roster": plan.roster,
        "first": run.approved is None,
        "rollback": run.trigger is Trigger.ROLLBACK,
        "observed_at": run.observed_at and format_time(run.observed_at),
        "reasons": list(reasons),
        "weakenings": [one.as_document() for one in change.weakenings],
        "warnings": _list_warnings(change),
        "not_compared": {
            "count": len(change.not_compared),
            "accounts": list(change.not_compared[:MOST_NAMED]),
        },
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
        places=draft.places.compute(),
        made_at=now,
        expires_at=expires_at,
        summary=summary,
        against=run.approved or "",
        first_part=plan.first_part,
    )


def _list_warnings(change: RosterChange) -> list[str]:
    """Facts that the approver should know, although they are no reason to wait."""
    weakens = {one.text for one in change.weakenings}
    warnings = [text for text in change.unmatched if text not in weakens]
    if change.not_compared:
        unread = describe_accounts(change.not_compared)
        warnings.append(f"not compared, as contacts could not be read: {unread}")
    return warnings


def open_pending(reader: PlanFiles, pending: PendingPlan) -> StoredPlan:
    """The stored plan of one that waits or was approved; raises as `StoredPlan`."""
    return StoredPlan(reader, pending.reference, data=pending.data)


def read_groups(runs: PlanFiles, pending: PendingPlan, rosters: Iterable[Roster]) -> Sequence[ChangeGroup]:
    """What it would write, grouped; contacts are named as these rosters name them. Raises as `StoredPlan`.

    The accounts have the names and OUs that they had when the plan was made.
    """
    changes = open_pending(runs, pending).read_all()
    accounts = read_places(runs, changes, data=pending.data, digest=pending.places)
    return group_changes(
        ((accounts[change.account_id], change) for change in changes), KnownContacts(rosters)
    )


def make_pending_notice(pending: PendingPlan, groups: Mapping[str, Any]) -> Notice:
    """The alert that a plan waits, the same however often; `groups` are the facts that show its changes."""
    facts = {**pending.summary, "drift": pending.roster == pending.against, **groups}
    notice = make_notice(NoticeKind.SWEEP_HELD, key=f"{pending.plan}/{pending.data}", facts=facts)
    return replace(notice, severity=Severity.MEDIUM) if facts.get("first") else notice


def make_approved_notice(
    roster: Roster,
    *,
    before: Roster | None,
    plan: str | None,
    changes: int | None,
    by: str,
    automatic: bool,
    key: str,
) -> Notice:
    """The notice that a roster is the approved one from now on. One that enforces nothing says so.

    It is as loud as a pause if the roster that was in force `before` did enforce.
    """
    facts = {
        "roster": roster.digest,
        "plan": plan,
        "by": by,
        # Of a person's approval `control` adds them.
        "user_id": None,
        "execution": None,
        "automatic": automatic,
        # Only deletes of its plan are approved.
        "drift": before is not None and before.digest == roster.digest,
        "enforces": is_enforcing(roster),
        "changes": changes,
    }
    notice = make_notice(NoticeKind.ROSTER_APPROVED, key=key, facts=facts)
    if before is not None and is_enforcing(before) and not is_enforcing(roster):
        return replace(notice, severity=Severity.HIGH)
    return notice
