"""The end of a run: counted, reported and alerted, or given up; then the next run may begin."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from rollcall.contact.record import ContactRecord, update_record
from rollcall.decide.plan import ChangeResult, ReadBy, plan_observed
from rollcall.decide.resolve import find_exemption
from rollcall.model.display import Masks
from rollcall.model.errors import RetryableError
from rollcall.outcomes.metrics import Metric
from rollcall.outcomes.verdicts import VERDICTS
from rollcall.sweep.approvals import WAITS, LapsedApproval
from rollcall.sweep.counts import RunCounts, make_failure_notice, make_notices, make_summary
from rollcall.sweep.gate import know_contacts
from rollcall.sweep.plan_alerts import end_plan_alerts
from rollcall.sweep.report_files import OrganizationIds, build_waiting, publish_report
from rollcall.sweep.rollout import (
    find_unchanged,
    list_pending_deletes,
    load_pending_deletes,
    load_rollout,
    was_carried_out,
)
from rollcall.sweep.run import Ending, Run, Step, Trigger, describe_failure, find_ending, find_left_over
from rollcall.sweep.stored_plan import AlteredPlanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from rollcall.contact.known_drift import KnownDrift
    from rollcall.model.contact import ContactKind
    from rollcall.model.roster import Roster
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.ports import SweepPorts
    from rollcall.sweep.run import PlanReference

    Results = Mapping[tuple[str, ContactKind], ChangeResult]

#: The whole organization was observed: no alarm about missing sweeps.
_COMPLETE = frozenset({Ending.FINISHED, Ending.PENDING, Ending.PAUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStep:
    """Ends runs. `measure` is given each metric by its name."""

    ports: SweepPorts
    rosters: Rosters
    measure: Callable[[Metric, int], None]
    organization: OrganizationIds
    #: What alerts mask.
    masks: Masks = Masks.FOREIGN

    def run_step(self, run: Run) -> Run:
        """The run at its end. A second time publishes the same notices again."""
        results, now = self._read_results(run.id), self.ports.clock.now()
        summary, counts = self.ports.sweeps.find_last(), None
        if summary is None or summary["run"] != run.id:
            # Else a try before got so far, and what it counted by may be forgotten by now.
            counts = self._count(run, results)
            summary = self._publish_notices(run, counts, now, last=summary)
            self._write(run, summary, counts)
        if run.plan is not None and run.ending is Ending.ALTERED:
            self._drop_altered(run, run.plan, now)
        self.ports.sweeps.finish(run, summary, now)
        if run.plan is not None and _is_applied(run, run.plan, results.values()):
            # Before the table forgets who approved it.
            end_plan_alerts(self.ports.sweeps, self.ports.bus, self.rosters, now)
            self._forget(run, run.plan)
        if counts is not None:
            self._remember(run, counts)
        self._measure(run, summary)
        # What they did is alerted by the next run if not by this one.
        for run_id, document in self._list_lost().items():
            with suppress(RetryableError):
                self._report_lost(run_id, document, now, last=summary)
        return replace(run, ending=find_ending(run), next=Step.END)

    def _list_lost(self) -> Mapping[str, str]:
        """Runs that were given up before they could report; the next one may have begun already."""
        with suppress(RetryableError):
            unreported = self.ports.sweeps.list_unreported()
            current = self.ports.sweeps.find_current(self.ports.clock.now())
            under_way = current.id if current is not None else None
            return {run_id: document for run_id, document in unreported.items() if run_id != under_way}
        return {}

    def _report_lost(
        self, run_id: str, document: str, now: datetime, *, last: Mapping[str, Any] | None
    ) -> None:
        """Alert what it did. One whose data are damaged is given up with an alert: others go on."""
        try:
            run = replace(Run.from_document(json.loads(document)), ending=Ending.FAILED)
            self._publish_notices(run, self._count(run, self._read_results(run.id)), now, last=last)
        except RetryableError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, this and later sweeps get to their end
            failed = {str(Step.REPORT): type(error).__name__}
            self.ports.bus.publish_notice(make_failure_notice(run_id, failed=failed, contacts={}), now)
            self.ports.sweeps.forget_unreported(run_id)

    def _read_results(self, run_id: str) -> Results:
        parts = self.ports.runs.read_results(run_id)
        return {(item.account_id, item.kind): item for part in parts for item in part}

    def _remember(self, run: Run, counts: RunCounts) -> None:
        """Update known drift by what this run read, but none that was noted after the run began."""
        for account_id, kind, at, after in counts.noted:
            if at <= run.started_at:
                record = self.ports.records.load(account_id, kind)
                change = partial(_replace_drift, at=at, after=after, read_at=run.started_at)
                update_record(self.ports.records, record, change, clock=self.ports.clock)

    def _drop_altered(self, run: Run, plan: PlanReference, now: datetime) -> None:
        """Forget an altered plan and its approval, and remember that it lapsed: the next sweep plans anew."""
        if run.trigger is Trigger.APPROVAL:
            reason = str(AlteredPlanError())
            self.ports.sweeps.save_lapsed(
                LapsedApproval(plan=plan.digest, by=run.by or "unknown", reason=reason, at=now)
            )
        self.ports.sweeps.forget_applied(plan.digest)

    def _forget(self, run: Run, plan: PlanReference) -> None:
        if run.trigger is Trigger.APPROVAL:
            # This run applied this plan alone: others stay, as they may have further changes.
            self.ports.sweeps.forget_applied(plan.digest)
        elif not list_pending_deletes(run, self.ports.sweeps):
            self.ports.sweeps.forget_roster(plan.roster, self.ports.clock.now())

    def _publish_notices(
        self, run: Run, counts: RunCounts, now: datetime, *, last: Mapping[str, Any] | None
    ) -> Mapping[str, Any]:
        """The summary of the run, once people are alerted."""
        roster = self._find_roster(run)
        summary = make_summary(
            run,
            counts,
            # Not what was approved as it began: a plan within the limits approves its roster.
            approved=self.rosters.get_enforcement().approved,
            judged_by=roster.digest if roster else None,
            ended_at=now,
            last=last,
        )
        known = know_contacts(self.rosters, roster.digest if roster else None)
        for item in make_notices(run, counts, summary, known=known, masks=self.masks):
            self.ports.bus.publish_notice(item, now)
        self.ports.sweeps.forget_unreported(run.id)
        return summary

    def _count(self, run: Run, results: Results) -> RunCounts:
        roster = self._find_roster(run)
        runs, now = self.ports.runs, self.ports.clock.now()
        # During a pause known drift stays as it is, and is no measure of the path of events.
        drift = (
            roster is not None
            and roster.digest == run.approved
            and run.trigger not in (Trigger.APPROVAL, Trigger.ROLLBACK)
            and run.ending is not Ending.PAUSED
        )
        counts = RunCounts(
            results=results,
            left=find_left_over(run),
            pending_deletes=load_pending_deletes(run, self.ports),
            rollout=load_rollout(roster.digest, self.ports, self.rosters, besides=run.id) if roster else {},
            was_carried_out=partial(was_carried_out, records=self.ports.records, besides=run.id),
            drift=drift,
            # One read for the whole run.
            known={
                (record.account_id, record.kind): record.drift
                for record in self.ports.records.list_pending()
                if record.drift is not None and record.drift.is_remembered(now)
            }
            if drift
            else {},
            roles_before=self._list_roles_before(run),
        )
        today = run.started_at.date()
        if roster is not None:
            for observed in runs.read_observed(run.data):
                plan = plan_observed(observed, roster, today=today)
                # That an exemption has ended no event says, and none is missing.
                lately = find_exemption(roster, observed.account.id, today - WAITS)
                counts.add(observed.account, plan, drift=lately is None)
                counts.add_read(observed)
            if counts.drifts:
                drifts = [(account.id, change) for account, change, _ in counts.drifts]
                counts.drop_unchanged(find_unchanged(run, drifts, self.ports, self.rosters))
        return counts

    def _list_roles_before(self, run: Run) -> frozenset[str]:
        """The accounts that the run before read through their own role; none if this one used no roles."""
        last = self.ports.sweeps.find_last() if self.ports.roles else None
        observed = last and last.get("observed")
        if not observed or observed["run"] == run.data:
            return frozenset()
        records = self.ports.runs.read_observed(observed["run"])
        return frozenset(record.account.id for record in records if record.read_by is ReadBy.ROLE)

    def _find_roster(self, run: Run) -> Roster | None:
        """What the organization is judged by; None if nobody has it any more, or no account was listed."""
        if not run.accounts:
            return None
        return self.rosters.find(run.plan.roster if run.plan else run.approved or run.roster)

    def _write(self, run: Run, summary: Mapping[str, Any], counts: RunCounts) -> None:
        """The report; none of a run whose roster nobody has any more."""
        roster = self._find_roster(run)
        if roster is not None:
            document = self.rosters.load_document(roster)
            publish_report(
                self.ports.runs,
                run,
                summary=summary,
                counts=counts,
                document=document,
                organization=self.organization,
                records=self.ports.records.list_edited(),
                waiting=build_waiting(
                    run, runs=self.ports.runs, sweeps=self.ports.sweeps, rosters=self.rosters
                ),
            )

    def _measure(self, run: Run, summary: Mapping[str, Any]) -> None:
        if find_ending(run) in _COMPLETE:
            self.measure(Metric.SWEEP_FINISHED, 1)
        self.measure(Metric.SWEEP_FAILED, int(bool(run.failed)))
        self.measure(Metric.SWEEP_HELD, len(run.pending))
        self.measure(Metric.SWEEP_DRIFT, summary["drift"])
        self.measure(Metric.CONTACTS_UNREADABLE, summary["contacts"]["unreadable"])


def _replace_drift(
    record: ContactRecord, *, at: datetime, after: KnownDrift | None, read_at: datetime
) -> ContactRecord:
    """Replace the known drift of this time; a later one stays, and one that was seen since the read."""
    same = record.drift is not None and record.drift.at == at
    if not same or (record.seen_at is not None and record.seen_at > read_at):
        return record
    return replace(record, drift=after, seen_at=read_at)


def _is_applied(run: Run, plan: PlanReference, results: Iterable[ChangeResult]) -> bool:
    """Whether nothing is left of the plan that another run would have to do."""
    if run.cursor < plan.changes or run.ending not in (None, Ending.PENDING):
        return False
    return not any(VERDICTS[result.verdict].retried for result in results)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailStep:
    """Ends executions whose first or last step was given up. `measure` is given each metric by its name."""

    ports: SweepPorts
    rosters: Rosters
    measure: Callable[[Metric, int], None]

    def run_step(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """`request` names the `execution`, the `step` that was given up and its `failure`.

        RetryableError if no alert could be published, or the next run not be let in.
        """
        now, execution = self.ports.clock.now(), str(request["execution"])
        failed = {str(request["step"]): describe_failure(request["failure"])}
        run = self.ports.sweeps.find_current(now)
        ours = run if run is not None and run.execution == execution else None
        if ours is not None:
            ours = replace(ours, ending=Ending.FAILED, next=Step.END, failed={**ours.failed, **failed})
            failed = dict(ours.failed)
        notice = make_failure_notice(ours.id if ours else execution, failed=failed, contacts={})
        self.ports.bus.publish_notice(notice, now)
        if ours is not None:
            approved = self.rosters.get_enforcement().approved
            last = self.ports.sweeps.find_last()
            summary = make_summary(ours, None, approved=approved, judged_by=None, ended_at=now, last=last)
            self.ports.sweeps.finish(ours, summary, now)
        self.measure(Metric.SWEEP_FAILED, 1)
        return {"run": ours.id if ours else None, "ending": str(Ending.FAILED), "failed": failed}
