"""The open alert about each plan that waits for a person, and its end: one for each, and in this order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from rollcall.model.codec import Serializable
from rollcall.model.desired import Unreadable
from rollcall.model.errors import try_each
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, make_notice
from rollcall.sweep.approvals import NEW_PLAN, LapsedApproval, PassedPlan, PendingPlan, PlanEnd, open_pending
from rollcall.sweep.run import LEASE_SECONDS, Ending, Run
from rollcall.sweep.stored_plan import AlteredPlanError, PlanFiles

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rollcall.decide.plan import ObservedAccount
    from rollcall.model.contact import ContactKind
    from rollcall.ports import Clock, OutcomeBus
    from rollcall.rosters.current import Rosters

#: A worker that is about to publish an opening has done so by then, or is gone.
_PUBLISHES_WITHIN: Final = timedelta(seconds=LEASE_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertedPlan(Serializable):
    """A plan that was alerted as pending, stored before that.

    `topic` is what plans of one kind supersede each other for, `at` when this was stored. `opening` is the
    alert exactly until it is known to be published, then None. `end` is decided once, `over` is whether it is
    published: then this explains why nobody can approve the plan. No contact details but masked ones.
    """

    plan: str
    roster: str
    data: str
    topic: str
    made_at: datetime
    expires_at: datetime
    at: datetime
    opening: Notice | None = None
    end: PlanEnd | None = None
    over: bool = False

    @property
    def key(self) -> str:
        """Of its notices."""
        return f"{self.plan}/{self.data}"


class PlanMemory(Protocol):
    """Memory of plans that wait or passed, of approvals and of open alerts. RetryableError from each."""

    def save_pending(self, pending: PendingPlan) -> bool:
        """Remember a plan that waits, in place of an unapproved one of its roster; False if it did before."""

    def find_pending(self, plan: str) -> PendingPlan | None:
        """The plan that waits under this digest, None if there is none."""

    def list_pending(self, now: datetime) -> Sequence[PendingPlan]:
        """All plans that wait for approval and have not expired."""

    def approve(self, plan: str, *, by: str, at: datetime) -> bool:
        """Remember who approved it, for WAITS more, which answers a lapsed one; False if it waits no more."""

    def list_approved(self, now: datetime) -> Sequence[PendingPlan]:
        """Plans that somebody approved, that have not expired, and that no run has carried out to its end."""

    def forget_applied(self, plan: str) -> None:
        """Forget a plan: a run got to its end. Others, which may want more, go on waiting."""

    def forget_roster(self, roster: str, now: datetime) -> None:
        """Forget all plans for this roster: a run got to its end. In how many accounts is not forgotten."""

    def forget_others(self, rosters: Collection[str], now: datetime) -> None:
        """Forget all plans but those for these rosters, approved ones too: another roster is in force now."""

    def save_lapsed(self, lapsed: LapsedApproval) -> None:
        """Remember an approval that came to nothing, in place of an earlier one."""

    def find_lapsed(self, now: datetime) -> LapsedApproval | None:
        """The last one of the past seven days that no other approval has answered."""

    def save_rolled_back(self, roster: str | None, now: datetime) -> None:
        """Remember the deployed roster (digest) that a person rolled back; None forgets it."""

    def find_rolled_back(self) -> str | None:
        """That roster, None if nobody rolled back."""

    def save_passed(self, passed: PassedPlan) -> None:
        """Remember it in place of what was known of its run."""

    def list_passed(self, now: datetime) -> Sequence[PassedPlan]:
        """Those of the past seven days."""

    def save_alerted(self, alerted: AlertedPlan, *, replaces: AlertedPlan | None = None) -> bool:
        """Remember it; if it `replaces` another state, only in place of exactly that. Whether it did."""

    def list_alerted(self) -> Sequence[AlertedPlan]:
        """All that were alerted, for 30 days."""

    def forget_unapproved(self, plan: str) -> None:
        """Forget a plan, unless somebody approved it."""


class PlanAndObservedFiles(PlanFiles, Protocol):
    """Reads stored plans, and what a run observed."""

    def read_observed(self, run_id: str) -> Sequence[ObservedAccount]:
        """All accounts that the run observed; RetryableError."""


def is_alerted(pending: PendingPlan, sweeps: PlanMemory) -> bool:
    """Whether the alert that this plan waits is known to be published; RetryableError.

    By what is remembered, whichever run stored the plan: one that died before its alert leaves it to another.
    """
    known = [one for one in sweeps.list_alerted() if (one.plan, one.data) == (pending.plan, pending.data)]
    return any(one.opening is None and not one.over for one in known)


def publish_pending(
    pending: PendingPlan, notice: Notice, sweeps: PlanMemory, bus: OutcomeBus, clock: Clock
) -> None:
    """Alert that the plan waits; RetryableError if that could not be stored or published.

    Nothing is published that is not stored before: whatever ends the plan, this worker or another one
    publishes its end.
    """
    alerted = AlertedPlan(
        plan=pending.plan,
        roster=pending.roster,
        data=pending.data,
        topic=_find_topic(pending),
        made_at=pending.made_at,
        expires_at=pending.expires_at,
        at=clock.now(),
        opening=notice,
    )
    sweeps.save_alerted(alerted)
    bus.publish_notice(notice, clock.now())
    for known in sweeps.list_alerted():  # its end may have been decided meanwhile
        if known.key == alerted.key:
            sweeps.save_alerted(replace(known, opening=None), replaces=known)


def end_plan_alerts(sweeps: PlanMemory, bus: OutcomeBus, rosters: Rosters, now: datetime) -> None:
    """Publish the end of each alert whose plan does not wait any more; RetryableError.

    What ended it is read from what is there now, so any worker may be the one. Before its end an opening that
    may not have left is published; while its worker may still be at it, the end waits for the next look.
    Cut off in between, the next look publishes the same once more: channels drop that. One that cannot be
    published keeps no other from it.
    """
    found = [(one, sweeps.find_pending(one.plan)) for one in sweeps.list_alerted() if not one.over]
    # After the plans: a newer one is stored, and a roster in force, before what it replaces is forgotten.
    waiting = sweeps.list_pending(now) if found else ()
    approved = rosters.get_enforcement().approved if found else None

    def end_one(pair: tuple[AlertedPlan, PendingPlan | None]) -> None:
        alerted, known = pair
        end = alerted.end or _find_end(alerted, known, waiting, (approved, rosters.candidate.digest), now)
        decided = replace(alerted, end=end)
        if decided == alerted or sweeps.save_alerted(decided, replaces=alerted):  # else another is at it
            _publish_next(decided, sweeps, bus, now)

    try_each(end_one, found)


def _publish_next(alerted: AlertedPlan, sweeps: PlanMemory, bus: OutcomeBus, now: datetime) -> None:
    """Publish what is missing of one alert: its opening, then its end if there is one."""
    if alerted.opening is not None:
        if now - alerted.at < _PUBLISHES_WITHIN:
            return
        bus.publish_notice(alerted.opening, now)
    if alerted.end is not None:
        facts = {"roster": alerted.roster, **alerted.end.as_document()}
        notice = make_notice(NoticeKind.PLAN_ENDED, key=alerted.key, facts=facts, update=1)
        bus.publish_notice(notice, now)
    if alerted.opening is not None or alerted.end is not None:
        sweeps.save_alerted(replace(alerted, opening=None, over=alerted.end is not None), replaces=alerted)


def settle_pending(
    run: Run,
    runs: PlanAndObservedFiles,
    sweeps: PlanMemory,
    bus: OutcomeBus,
    *,
    rosters: Rosters,
    now: datetime,
) -> Run:
    """Forget the plans that this run's gate did not find to wait, and end their alerts; RetryableError.

    Plans that somebody approved stay, and those to roll back, which wait until they expire. Deletes of a
    contact that this run could not read wait on: nobody knows that it is gone. The run, with those added.
    """
    if run.ending is not Ending.SUPERSEDED:
        for pending in sweeps.list_pending(now):
            if pending.plan in run.pending or pending.summary.get("rollback"):
                continue
            if _is_unread(pending, run, runs):
                run = replace(run, pending=(*run.pending, pending.plan), ending=run.ending or Ending.PENDING)
            else:
                sweeps.forget_unapproved(pending.plan)
    end_plan_alerts(sweeps, bus, rosters, now)
    return run


def _is_unread(pending: PendingPlan, run: Run, runs: PlanAndObservedFiles) -> bool:
    """Whether it deletes drift under the roster in force, and the run could not read a contact of it."""
    if _find_topic(pending) != "drift" or pending.roster != run.approved:
        return False
    unread: set[tuple[str, ContactKind]] = {
        (observed.account.id, kind)
        for observed in runs.read_observed(run.data)
        for kind, found in observed.contacts.items()
        if isinstance(found, Unreadable)
    }
    try:
        planned = open_pending(runs, pending).read_all() if unread else []
    except AlteredPlanError:
        return False
    return any((change.account_id, change.kind) in unread for change in planned)


def find_ended(sweeps: PlanMemory, digits: str | None) -> PlanEnd | None:
    """The end of the last plan that waited and whose digest begins so; None if there is none."""
    found = [one for one in sweeps.list_alerted() if digits and one.plan.startswith(digits)]
    last = max(found, key=lambda one: one.made_at, default=None)
    return last.end if last else None


def explain_outdated(
    pending: PendingPlan, *, approved: str | None, candidate: str, now: datetime
) -> tuple[str, str] | None:
    """Why a stored plan cannot be approved any more, by the rosters in force and deployed, and what to do."""
    if pending.expires_at <= now:
        return "this plan expired", NEW_PLAN
    if pending.roster not in (approved, candidate) and not pending.summary.get("rollback"):
        fix = "approve the plan of that roster: `rollcall status` shows it once its sweep has ended"
        return "another roster was deployed after this plan was made", fix
    if pending.roster != approved and pending.against != (approved or ""):
        fix = "run `rollcall sweep --follow`, or roll back again, and approve the new plan"
        return "another roster was approved after this plan was made", fix
    return None


def _find_topic(pending: PendingPlan) -> str:
    if pending.summary.get("rollback"):
        return "rollback"
    return "drift" if pending.roster == pending.against else "roster"


def _find_end(
    alerted: AlertedPlan,
    known: PendingPlan | None,
    waiting: Sequence[PendingPlan],
    rosters: tuple[str | None, str],
    now: datetime,
) -> PlanEnd | None:
    """How the wait ended; None while it goes on.

    `known` is what is stored under its digest, `waiting` are all plans that wait, `rosters` the digests of
    those in force and deployed. An approval counts once its roster is in force: another may come first.
    """
    by = known.approved_by if known is not None and known.data == alerted.data else None
    if known is not None and known.data == alerted.data:
        if by is not None and known.roster == rosters[0]:
            return PlanEnd(plan=alerted.plan, ending="approved", by=by)
        lost = by is not None and known.roster not in rosters and alerted.topic != "rollback"
        if known.expires_at > now and not lost:
            return None
    expired = alerted.expires_at <= now
    newer = [one for one in waiting if _find_topic(one) == alerted.topic and one.made_at > alerted.made_at]
    # The same plan may wait anew, from another run: if it had expired, that is what ended it.
    newer = [one for one in newer if one.data != alerted.data and not (expired and one.plan == alerted.plan)]
    if newer:
        latest = max(newer, key=lambda one: one.made_at).plan
        ending = "renewed" if latest == alerted.plan else "superseded"
        return PlanEnd(plan=alerted.plan, ending=ending, newer=latest)
    if expired:
        return PlanEnd(plan=alerted.plan, ending="lapsed" if by else "expired", by=by)
    over = "not-needed" if alerted.roster in rosters else "replaced"
    return PlanEnd(plan=alerted.plan, ending=over)
