"""Apply: carry out the stored plan in small batches, each looked at again before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rollcall.model.errors import RetryableError
from rollcall.outcomes.verdicts import Verdict
from rollcall.sweep.apply_account import AccountApplier
from rollcall.sweep.run import Ending, PlanReference, Run, Step
from rollcall.sweep.stored_plan import PART_CHANGES, AlteredPlanError, StoredPlan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.decide.plan import ChangeResult, PlannedChange
    from rollcall.ports import Pool
    from rollcall.rosters.current import Rosters
    from rollcall.sweep.ports import ApplyPorts, Runs, Sweeps
    from rollcall.timing import Paces

#: Changes between two looks at the pause: at five writes a second, that is after five seconds.
BATCH_CHANGES: Final = 25
#: Accounts in flight: a change takes six calls one after the other, and five a second are to be written.
IN_FLIGHT: Final = 8
#: A worker hands over after so long. Its function may take 300 s, and a batch of deletes takes 25.
SLICE: Final = timedelta(seconds=240)
#: The time-out of its function.
TIMEOUT: Final = timedelta(seconds=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyStep:
    """Carries out plans."""

    ports: ApplyPorts
    runs: Runs
    sweeps: Sweeps
    rosters: Rosters
    pool: Pool
    paces: Paces

    def run_step(self, run: Run) -> Run:
        """The run as far as this worker got; RetryableError if nothing of a whole batch could be done."""
        plan = run.plan
        if plan is None:
            return replace(run, next=Step.REPORT)
        began = self.ports.writer.clock.now()
        # The gate may have named `settle`; what is stored and compared below is at this step.
        run = replace(run, next=Step.APPLY)
        if not run.cursor:
            # Whatever becomes of this run, people are alerted of what it did: else the next one does it.
            self.sweeps.save_unreported(run, began)
        self.paces.resume(run.rates, began.timestamp())
        run = self._resume(run)
        try:
            stored = StoredPlan(self.runs, plan, data=run.data)
            run = self._work(run, plan, stored, began=began)
        except AlteredPlanError:
            # What was carried out before is in the results; the cursor of the last batch is in the table.
            run = replace(self._resume(run), ending=Ending.ALTERED, next=Step.REPORT)
        return replace(run, rates={**run.rates, **self.paces.get_rates()})

    def _work(self, run: Run, plan: PlanReference, stored: StoredPlan, *, began: datetime) -> Run:
        until = began + SLICE
        planned = lru_cache(maxsize=1)(stored.read_part)
        while run.cursor < plan.changes:
            if self.ports.writer.clock.now() >= until:
                return run
            if not self.sweeps.save_progress(run, self.ports.writer.clock.now()):
                # Another run took over from one that was silent for too long: it has the last word.
                return replace(run, ending=Ending.SUPERSEDED, next=Step.END)
            ending = self._find_ending(plan)
            if ending is not None:
                return replace(run, ending=ending, next=Step.REPORT)
            part, start = divmod(run.cursor, PART_CHANGES)
            batch = planned(part)[start : start + BATCH_CHANGES]
            results = self._carry_out(run, plan, batch, until=until, deadline=began + TIMEOUT)
            if _is_stuck(results) and self._find_ending(plan) is None:
                raise RetryableError(f"nothing of a batch could be done: {results[0].reason}")
            self.runs.write_results(run.id, run.cursor, results)
            run = replace(run, cursor=run.cursor + len(results))
            if run.cursor >= plan.changes and any(result.verdict is Verdict.PENDING for result in results):
                # A pause within the last batch: there is no other before which it would be seen.
                return replace(run, ending=self._find_ending(plan) or run.ending, next=Step.REPORT)
        return replace(run, next=Step.REPORT)

    def _resume(self, run: Run) -> Run:
        """Where the worker before got, if it was cut off before it could hand over."""
        known = self.sweeps.find_current(self.ports.writer.clock.now())
        if known is None or known.id != run.id or known.next is not Step.APPLY:
            return run
        return replace(run, cursor=max(run.cursor, known.cursor))

    def _find_ending(self, plan: PlanReference) -> Ending | None:
        """Why nothing more may be written, None if it may."""
        control = self.rosters.get_enforcement()
        if control.paused:
            return Ending.PAUSED
        return None if control.approved == plan.roster else Ending.SUPERSEDED

    def _carry_out(
        self,
        run: Run,
        plan: PlanReference,
        batch: Sequence[PlannedChange],
        *,
        until: datetime,
        deadline: datetime,
    ) -> list[ChangeResult]:
        """What became of the changes that were begun in time: the first so many of the batch."""
        carrier = AccountApplier(
            ports=self.ports,
            rosters=self.rosters,
            run=run,
            roster=self.rosters.load(plan.roster),
            deadline=deadline,
        )
        accounts = [list(changes) for _, changes in groupby(batch, key=lambda change: change.account_id)]
        done = self.pool.map_each(
            carrier.apply_changes, accounts, go_on=lambda: self.ports.writer.clock.now() < until
        )
        return [result for results in done for result in results]


def _is_stuck(results: Sequence[ChangeResult]) -> bool:
    """Whether a whole batch is pending: then the cause is not in single accounts."""
    waiting = [result for result in results if result.verdict is Verdict.PENDING]
    return len(waiting) == BATCH_CHANGES
