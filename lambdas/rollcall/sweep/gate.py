"""The gate: stores the whole plan, and lets it pass or wait for a person (`approvals`) before any write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from rollcall.decide.plan import plan_observed
from rollcall.decide.plan_values import ChangeGrouper, KnownContacts
from rollcall.decide.roster_change import RosterChange, RosterComparison
from rollcall.model.display import Masks
from rollcall.outcomes.notices import format_time
from rollcall.rosters.current import Rosters, alert_approval, approve_candidate
from rollcall.sweep.approvals import (
    PassedPlan,
    PendingPlan,
    find_deletes_to_wait,
    find_reasons_to_wait,
    is_enforcing,
    make_approved_notice,
    make_pending_notice,
    make_pending_plan,
    read_groups,
)
from rollcall.sweep.plan_alerts import end_plan_alerts, is_alerted, publish_pending, settle_pending
from rollcall.sweep.rollout import find_drifted, load_granted
from rollcall.sweep.run import Ending, PlanReference, Run, Step, Trigger
from rollcall.sweep.stored_plan import AlteredPlanError, PlanBuilder, describe_for_notice, make_altered_notice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollcall.decide.resolve import Enforcement
    from rollcall.model.roster import Roster
    from rollcall.ports import Clock, Organization, OutcomeBus
    from rollcall.rosters.orphaned import Matches
    from rollcall.sweep.ports import SweepPorts, Sweeps

#: Who approves a roster whose plan needs nobody.
WITHIN_LIMITS = "Rollcall, as the changes are within the limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Decides what of a run's plan is carried out.

    It judges the change of the roster and not only what is written: a weakening writes nothing. The limits
    are those of the approved roster: a candidate cannot raise the limit that judges it.
    """

    ports: SweepPorts
    rosters: Rosters
    #: What alerts mask.
    masks: Masks = Masks.FOREIGN

    def run_step(self, run: Run) -> Run:
        """The run with the plan to be applied, if any. A second time changes nothing. RetryableError."""
        if not self.ports.sweeps.save_progress(run, self.ports.clock.now()):
            return replace(run, ending=Ending.SUPERSEDED, next=Step.END)
        control = self.rosters.get_enforcement()
        if run.trigger is Trigger.ROLLBACK:
            return self._roll_back(run, control)
        if self._is_superseded(run, control):
            return replace(run, ending=Ending.SUPERSEDED, next=Step.REPORT)
        if control.paused:
            run = replace(run, ending=Ending.PAUSED)
        judge = self._judge_approved if run.roster == run.approved else self._judge_candidate
        run = judge(run, control)
        runs, sweeps, bus = self.ports.runs, self.ports.sweeps, self.ports.bus
        return settle_pending(run, runs, sweeps, bus, rosters=self.rosters, now=self.ports.clock.now())

    def _is_superseded(self, run: Run, control: Enforcement) -> bool:
        if control.approved == run.approved:
            return run.roster not in (run.approved, self.rosters.candidate.digest)
        # This very run approved it before it was cut off, or a person did: see `_judge_candidate`.
        return control.approved != run.roster

    def _roll_back(self, run: Run, control: Enforcement) -> Run:
        """A roster that was approved before waits for a person. The report stays that of the last sweep."""
        ending = Ending.SUPERSEDED
        if control.approved == run.approved:
            run, ending = self._wait_to_roll_back(run), Ending.PENDING
        self.ports.sweeps.finish(run, self.ports.sweeps.find_last() or {}, self.ports.clock.now())
        return replace(run, ending=ending, next=Step.END)

    def _wait_to_roll_back(self, run: Run) -> Run:
        roster = self.rosters.load(run.roster)
        before = None if run.approved is None else self.rosters.load(run.approved)
        comparison = RosterComparison(approved=before, candidate=roster, today=run.started_at.date())
        draft, plan, change = self._plan(run, roster, comparison)
        seen = format_time(run.observed_at) if run.observed_at else "an unknown time"
        reasons = [
            f"{run.by} wants to roll back to this roster, which was approved before",
            (
                f"it is planned from what was observed at {seen} and what runs have set since: "
                "each contact is read again before its write"
            ),
            *(one.text for one in change.weakenings),
        ]
        return self._wait_for_approval(run, draft, plan, change, reasons)

    def _judge_candidate(self, run: Run, control: Enforcement) -> Run:
        """A roster that is not approved yet: approve it, let it wait, or in audit mode only report."""
        first = run.approved is None
        sweeps, now = self.ports.sweeps, self.ports.clock.now()
        roster = self.rosters.load(run.roster)
        if first and not is_enforcing(roster):
            return replace(run, next=Step.REPORT)
        before = None if run.approved is None else self.rosters.load(run.approved)
        comparison = RosterComparison(approved=before, candidate=roster, today=run.started_at.date())
        draft, plan, change = self._plan(run, roster, comparison)
        reasons = find_reasons_to_wait(
            change,
            limit=(before or roster).max_changed_accounts,
            passed=sum(one.accounts for one in sweeps.list_passed(now) if one.run != run.id),
            deletes=draft.new_deletes,
            first=first,
        )
        if sweeps.find_rolled_back() == run.roster:
            reasons.insert(0, "a person rolled back from this roster to the one that is approved")
        if control.approved == run.roster and (reasons or draft.granted):
            # A person approved it while this run looked: a run of its own carries the plan out.
            return replace(run, ending=Ending.SUPERSEDED, next=Step.REPORT)
        by = find_approver(sweeps, run, plan, now) if reasons else None
        if reasons and by is None:
            run = self._wait_for_approval(run, draft, plan, change, reasons)
            return replace(run, next=Step.REPORT) if first else self._judge_approved(run, control)
        if control.paused:
            return self._judge_approved(run, control)
        if by is None and change.changed and control.approved != run.roster:
            # Before it is approved: cut off in between, it counts all the same.
            drifted = find_drifted(run, self.ports, self.rosters, today=now.date())
            against, accounts = run.approved or "", change.changed
            sweeps.save_passed(
                PassedPlan(run=run.id, accounts=accounts, at=now, against=against, plan=plan, drifted=drifted)
            )
        run = let_through(run, plan)
        return run if control.approved == run.roster else replace(run, next=Step.APPROVE)

    def _judge_approved(self, run: Run, control: Enforcement) -> Run:
        """The approved roster, from the same observations.

        Events restore drift one by one as well: an attacker must not gain time by changing many contacts.
        What differs is looked at again after a wait: it is drift only if no event came in between.
        """
        if run.approved is None:
            return replace(run, next=Step.REPORT)
        roster = self.rosters.load(run.approved)
        draft, plan, same = self._plan(run, roster)
        reasons = find_deletes_to_wait(draft.new_deletes)
        if reasons:
            # They alone: an attacker would only have to add contacts, and all else would wait with them.
            _, plan, _ = self._plan(run, roster, new_deletes_only=False)
            draft, deletes, same = self._plan(run, roster, new_deletes_only=True, first_part=plan.parts)
            run = self._wait_for_approval(run, draft, deletes, same, reasons)
        return replace(run, next=Step.REPORT) if control.paused else let_through(run, plan, Step.SETTLE)

    def _plan(
        self,
        run: Run,
        roster: Roster,
        comparison: RosterComparison | None = None,
        *,
        new_deletes_only: bool | None = None,
        first_part: int = 0,
    ) -> tuple[PlanBuilder, PlanReference, RosterChange]:
        """Plan every account, as if nothing were paused. The day is the one on which the run began.

        Without a `comparison` the roster is the approved one, and nothing is different under it.
        """
        digest, today = roster.digest, run.started_at.date()
        draft = PlanBuilder(
            roster=digest,
            write=partial(self.ports.runs.write_planned, run.data, digest),
            granted=frozenset(load_granted(digest, self.ports)),
            groups=ChangeGrouper(know_contacts(self.rosters, digest, run.approved)),
            new_deletes_only=new_deletes_only,
            first_part=first_part,
        )
        for observed in self.ports.runs.read_observed(run.data):
            draft.add(observed.account, plan_observed(observed, roster, today=today))
            if comparison is not None:
                comparison.add(observed)
        change = comparison.finish() if comparison is not None else RosterChange(active=draft.active)
        return draft, draft.finish(against=run.approved, weakenings=change.weakenings), change

    def _wait_for_approval(
        self,
        run: Run,
        draft: PlanBuilder,
        plan: PlanReference,
        change: RosterChange,
        reasons: Sequence[str],
    ) -> Run:
        now = self.ports.clock.now()
        document = self.rosters.load_document(self.rosters.load(plan.roster))
        self.ports.runs.write_roster(run.data, plan.roster, document)
        pending = make_pending_plan(run, draft, plan, change=change, reasons=reasons, now=now)
        if not self.ports.sweeps.save_pending(pending):
            self._replace_altered(run, pending)
        waiting = self.ports.sweeps.find_pending(plan.digest)
        waits = waiting is not None and waiting.approved_by is None
        if waiting is not None and waits and not is_alerted(waiting, self.ports.sweeps):
            groups = draft.groups.list_groups() if draft.groups else ()
            notice = make_pending_notice(waiting, describe_for_notice(groups, masks=self.masks))
            publish_pending(waiting, notice, self.ports.sweeps, self.ports.bus, self.ports.clock)
        return replace(run, pending=(*run.pending, plan.digest), ending=run.ending or Ending.PENDING)

    def _replace_altered(self, run: Run, pending: PendingPlan) -> None:
        """The same plan waits already: if what is stored of it was changed, this run's takes its place."""
        waiting = self.ports.sweeps.find_pending(pending.plan)
        if waiting is None or waiting.data == pending.data:
            return
        try:
            read_groups(self.ports.runs, waiting, ())
        except AlteredPlanError:
            notice = make_altered_notice(plan=pending.plan, data=waiting.data, run=run.id)
            self.ports.bus.publish_notice(notice, self.ports.clock.now())
            self.ports.sweeps.forget_applied(pending.plan)
            self.ports.sweeps.save_pending(pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveStep:
    """Puts the deployed roster into force as the gate asked. `control` takes it, as the sweep cannot."""

    rosters: Rosters
    sweeps: Sweeps
    matches: Matches
    organization: Organization
    bus: OutcomeBus
    clock: Clock

    def run_step(self, run: Run) -> Run:
        """The run after its approval, or at the gate again if it saw something else; RetryableError."""
        control, now = self.rosters.get_enforcement(), self.clock.now()
        alert_approval(self.rosters.memory, self.bus, now)
        if control.paused or control.approved != run.approved:
            return replace(run, next=Step.GATE)
        if run.plan is None or run.roster != self.rosters.candidate.digest:
            return replace(run, ending=Ending.SUPERSEDED, next=Step.REPORT)
        by = find_approver(self.sweeps, run, run.plan, now)
        approve_candidate(
            memory=self.rosters.memory,
            matches=self.matches,
            organization=self.organization,
            document=self.rosters.document,
            approved_by=by or WITHIN_LIMITS,
            now=now,
            before=control.approved,
            notice=make_approved_notice(
                self.rosters.candidate,
                before=self.rosters.load(control.approved) if control.approved else None,
                plan=run.plan.digest,
                changes=run.plan.changes,
                by=by or WITHIN_LIMITS,
                automatic=by is None,
                key=run.id,
            ),
        )
        self.sweeps.forget_others({run.roster}, now)
        alert_approval(self.rosters.memory, self.bus, now)
        end_plan_alerts(self.sweeps, self.bus, self.rosters, now)
        return let_through(run, run.plan)


def know_contacts(rosters: Rosters, *digests: str | None) -> KnownContacts:
    """The contacts of these rosters, the first first; RetryableError if one cannot be read."""
    return KnownContacts([rosters.load(digest) for digest in dict.fromkeys(digests) if digest])


def let_through(run: Run, plan: PlanReference, step: Step = Step.APPLY) -> Run:
    """The run with the plan that is applied now, or after the wait of another `step`."""
    return replace(run, plan=plan, cursor=0, next=step if plan.changes else Step.REPORT)


def find_approver(sweeps: Sweeps, run: Run, plan: PlanReference, now: datetime) -> str | None:
    """Who approved exactly this, and was cut off before the roster was in force; None if nobody did."""
    known = sweeps.find_pending(plan.digest)
    if known is None or known.roster != run.roster or known.expires_at <= now:
        return None
    return known.approved_by
