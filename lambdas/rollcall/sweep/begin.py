"""Begin a run: one at a time, under one roster from its first step to its last."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.plan import ObservedAccount, lay_writes
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import make_notice
from rollcall.sweep.approvals import LapsedApproval, PendingPlan
from rollcall.sweep.run import Ending, Run, Step, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.decide.resolve import Enforcement
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.ports import Runs, SweepPorts, Sweeps

#: An ARN that AWS makes is shorter.
_LONGEST_NAME: Final = 300
_CLAIMED: Final = "name not verified: see rollcall history"
#: The one part of observations that were copied.
_COPY: Final = "000000"


def begin(  # noqa: PLR0911  # one for each way to begin
    request: Mapping[str, Any], *, ports: SweepPorts, rosters: Rosters
) -> Run:
    """Begin the run that an execution asks for, or say why it ends here or waits.

    `request` holds the execution's `input`, its name and when it `started`; the same execution gets the same
    run, however often it asks. RetryableError if AWS could not be asked.
    """
    asked = request["input"]
    control = rosters.get_enforcement()
    run = _make_run(request, control, rosters.candidate.digest)
    if run.trigger is Trigger.ROSTER and control.approved == rosters.candidate.digest:
        return replace(run, next=Step.END, ending=Ending.NOTHING_NEW)
    pending = None
    if run.trigger is Trigger.APPROVAL:
        pending = ports.sweeps.find_pending(asked["plan"])
        if pending is not None:
            run = replace(run, by=pending.approved_by)
        if not _is_in_force(pending, control, ports.clock.now()):
            return _end_lapsed(run, asked, pending, control, ports)
    if run.trigger is Trigger.ROLLBACK and _find_observed(ports) is None:
        return replace(run, next=Step.END, ending=Ending.NOTHING_NEW)
    if not ports.sweeps.acquire(run, ports.clock.now()):
        if run.trigger is Trigger.SCHEDULE:
            return replace(run, next=Step.END, ending=Ending.BUSY)
        return replace(run, next=Step.WAIT)
    if run.trigger is Trigger.ROLLBACK and (observed := _find_observed(ports)) is not None:
        # Read again: the run that was under way before may have written since.
        return _reuse_observation(run, observed, ports)
    return run if pending is None else _resume_approved(run, pending, ports)


def _make_run(request: Mapping[str, Any], control: Enforcement, candidate: str) -> Run:
    asked, execution = request["input"], str(request["execution"])
    # Anybody with states:StartExecution writes this input: `control` records the proven name in the ledger.
    claimed = str(asked.get("by") or "")
    started = datetime.fromisoformat(request["started"])
    run_id = f"{started:%Y%m%dT%H%M%SZ}-{hashlib.sha256(execution.encode()).hexdigest()[:6]}"
    return Run(
        id=run_id,
        execution=execution,
        trigger=Trigger(asked["trigger"]),
        by=f"{claimed[:_LONGEST_NAME]} ({_CLAIMED})" if claimed else None,
        started_at=started,
        next=Step.PREPARE,
        # Of the two that may be in play the new one: nothing approved yet, or another one deployed.
        roster=asked["roster"] if asked["trigger"] == Trigger.ROLLBACK else candidate,
        approved=control.approved,
        data=run_id,
    )


def _end_lapsed(
    run: Run, asked: Mapping[str, Any], pending: PendingPlan | None, control: Enforcement, ports: SweepPorts
) -> Run:
    """End the run of a plan that lapsed, and alert that, unless another run did its work."""
    now, plan, by = ports.clock.now(), asked["plan"], run.by or "unknown"
    reason = _find_reason(asked, pending, control, now)
    if reason is not None:
        ports.sweeps.save_lapsed(LapsedApproval(plan=plan, by=by, reason=reason, at=now))
        facts = {"run": run.id, "plan": plan, "by": by, "reason": reason}
        # The same for every try of one run.
        notice = make_notice(NoticeKind.APPROVAL_LAPSED, key=f"{plan}/{run.execution}", facts=facts)
        ports.bus.publish_notice(notice, now)
    return replace(run, next=Step.END, ending=Ending.SUPERSEDED)


def _find_observed(ports: SweepPorts) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = (ports.sweeps.find_last() or {}).get("observed")
    return found


def _reuse_observation(run: Run, observed: Mapping[str, Any], ports: SweepPorts) -> Run:
    """The run at its gate, with a copy of what the last sweep observed and what we wrote since.

    A plan from what was observed alone would leave out what the roster before has written by now.
    """
    # Begins with the time of the observation, as the ids of all data do.
    data = f"{observed['run']}-{run.id.rpartition('-')[2]}"
    accounts = list(ports.runs.read_accounts(observed["run"]))
    records = read_observed_with_writes(observed, ports.runs, ports.sweeps)
    ports.runs.write_accounts(data, accounts)
    ports.runs.write_observed(data, _COPY, records)
    at = datetime.fromisoformat(observed["at"])
    return replace(run, data=data, observed_at=at, accounts=len(accounts), next=Step.GATE)


def read_observed_with_writes(
    observed: Mapping[str, Any], runs: Runs, sweeps: Sweeps
) -> list[ObservedAccount]:
    """What a run observed, as its summary names it, with what it and later runs have written since."""
    # A run that was given up before it could report is in no summary.
    writers = (*observed["written_by"], *sweeps.list_unreported())
    results = chain.from_iterable(part for run_id in writers for part in runs.read_results(run_id))
    return lay_writes(runs.read_observed(observed["run"]), results)


def _resume_approved(run: Run, pending: PendingPlan, ports: SweepPorts) -> Run:
    """The run at its apply step, with the stored plan: each contact is checked again before it is written."""
    accounts = sum(1 for _ in ports.runs.read_accounts(pending.data))
    return replace(
        run,
        roster=pending.roster,
        data=pending.data,
        plan=pending.reference,
        accounts=accounts,
        next=Step.APPLY,
    )


def _is_in_force(pending: PendingPlan | None, control: Enforcement, now: datetime) -> bool:
    """Whether a person approved this plan, in time, and its roster is still the one that is enforced."""
    return (
        pending is not None
        and pending.approved_by is not None
        and pending.expires_at > now
        and pending.roster == control.approved
    )


def _find_reason(
    asked: Mapping[str, Any], pending: PendingPlan | None, control: Enforcement, now: datetime
) -> str | None:
    """Why the plan that somebody approved is not carried out; None if another run has done it."""
    if asked.get("roster", control.approved) != control.approved:
        return "another roster was approved before its run could begin"
    if pending is None:
        # The table forgets what has expired. What was carried out is forgotten before.
        expires_at = asked.get("expires_at")
        expired = expires_at is not None and datetime.fromisoformat(expires_at) <= now
        return "the plan expired while its run waited for another one" if expired else None
    if pending.expires_at <= now:
        return "the plan expired while its run waited for another one"
    return "the plan expired while its run waited, and the same one is pending approval again"
