"""Begin a run: one at a time, under one roster from its first step to its last."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rollcall.outcomes.notices import Notice, NoticeKind, notice
from rollcall.sweep.approvals import Lapsed
from rollcall.sweep.run import Ending, PlanReference, Run, Step, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.decide.enforcement import Control
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.approvals import Held
    from rollcall.sweep.ports import SweepPorts


def begin(request: Mapping[str, Any], *, ports: SweepPorts, rosters: Rosters) -> Run:
    """Begin the run that an execution asks for, or say why it ends here or waits.

    `request` holds the execution's `input`, its name and when it `started`; the same execution gets the same
    run, however often it asks. RetryableError if AWS could not be asked.
    """
    asked = request["input"]
    control = ports.state.control()
    run = _run(request, control, rosters.candidate.digest)
    if run.trigger is Trigger.ROSTER and control.approved == rosters.candidate.digest:
        return replace(run, next=Step.END, ending=Ending.NOTHING_NEW)
    held = None
    if run.trigger is Trigger.APPROVAL:
        held = ports.sweeps.held(asked["plan"])
        if not in_force(held, control, ports.clock.now()):
            return _lapsed(run, asked, held, control, ports)
    if not ports.sweeps.acquire(run, ports.clock.now()):
        if run.trigger is Trigger.SCHEDULE:
            return replace(run, next=Step.END, ending=Ending.BUSY)
        return replace(run, next=Step.WAIT)
    return _listed(run, ports) if held is None else _approved(run, held, ports)


def _run(request: Mapping[str, Any], control: Control, candidate: str) -> Run:
    asked, execution = request["input"], str(request["execution"])
    started = datetime.fromisoformat(request["started"])
    run_id = f"{started:%Y%m%dT%H%M%SZ}-{hashlib.sha256(execution.encode()).hexdigest()[:6]}"
    return Run(
        id=run_id,
        execution=execution,
        trigger=Trigger(asked["trigger"]),
        by=asked.get("by"),
        started_at=started,
        next=Step.PREPARE,
        # Of the two that may be in play the new one: nothing approved yet, or another one deployed.
        roster=candidate,
        approved=control.approved,
        data=run_id,
    )


def _lapsed(
    run: Run, asked: Mapping[str, Any], held: Held | None, control: Control, ports: SweepPorts
) -> Run:
    """A run that somebody waits for, and that does not begin: told, unless another run did its work."""
    now = ports.clock.now()
    found = lapsed(run, asked, held, control, now)
    if found is not None:
        ports.sweeps.lapse(found)
        ports.bus.publish_notice(lapsed_notice(found, run), now)
    return replace(run, next=Step.END, ending=Ending.SUPERSEDED)


def _listed(run: Run, ports: SweepPorts) -> Run:
    before = ports.accounts.reads
    ports.paces.resume(run.rates, ports.clock.now().timestamp())
    accounts = ports.accounts.all()
    ports.runs.write_accounts(run.id, accounts)
    return replace(
        run,
        accounts=len(accounts),
        reads=ports.accounts.reads - before,
        rates=ports.paces.rates(),
    )


def _approved(run: Run, held: Held, ports: SweepPorts) -> Run:
    """What was observed and planned is stored: it is carried out, contact by contact, as far as it holds."""
    plan = PlanReference(digest=held.plan, roster=held.roster, changes=held.changes, parts=held.parts)
    accounts = len(ports.runs.accounts(held.data))
    return replace(run, roster=held.roster, data=held.data, plan=plan, accounts=accounts, next=Step.APPLY)


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
