"""What people are told at the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.notices import Notice, NoticeKind, notice
from rollcall.plan import Verdict
from rollcall.sweep.run import Ending, Step, Trigger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollcall.sweep.run import Run
    from rollcall.sweep.tally import Tally

_NOT_REACHED = {
    Ending.PAUSED: (Verdict.WOULD_SET, "writes were paused before it was reached"),
    Ending.SUPERSEDED: (Verdict.WOULD_SET, "another roster or run took over before it was reached"),
}


def left_over(run: Run) -> tuple[Verdict, str]:
    """What is said of a contact that differs and that the run did not get to, with the reason."""
    if run.ending in _NOT_REACHED:
        return _NOT_REACHED[run.ending]
    if run.plan is not None:
        return Verdict.PENDING, "the run gave up before it was reached"
    if run.held:
        return Verdict.WOULD_SET, "the plan waits for approval"
    unplanned = {str(Step.OBSERVE), str(Step.GATE)}.intersection(run.failed)
    return Verdict.WOULD_SET, "no plan was made: a step failed" if unplanned else "nothing is approved"


def notices_of(run: Run, tally: Tally, summary: Mapping[str, Any]) -> Iterator[Notice]:
    """The notices of a run that is over, each once for the run."""
    plan = run.plan
    if (
        plan is not None
        and plan.changes
        and (run.trigger is Trigger.APPROVAL or plan.roster != run.approved or tally.rolled_out)
    ):
        yield notice(
            NoticeKind.SWEEP_APPLIED,
            key=run.id,
            facts={
                "run": run.id,
                "plan": plan.digest,
                "trigger": str(run.trigger),
                "by": run.by,
                "became": dict(tally.became),
                "ending": summary["ending"],
                "examples": tally.not_set,
            },
        )
    if plan is not None and tally.unannounced:
        # A plan that is held has had its own, louder notice.
        yield notice(
            NoticeKind.SWEEP_DRIFT,
            key=run.id,
            facts={
                "run": run.id,
                "accounts": len({account_id for account_id, _ in tally.unannounced}),
                "contacts": len(tally.unannounced),
                "became": dict(tally.drifted),
                "examples": tally.drifts,
            },
        )
    if run.failed:
        yield failure_notice(run.id, failed=run.failed, contacts=summary["contacts"])


def failure_notice(run: str, *, failed: Mapping[str, str], contacts: Mapping[str, int]) -> Notice:
    """The notice that steps of a run were given up. Another set of steps is another notice."""
    facts = {"run": run, "failed": dict(failed), "contacts": dict(contacts)}
    return notice(NoticeKind.SWEEP_FAILED, key=f"{run}/{'+'.join(sorted(failed))}", facts=facts)
