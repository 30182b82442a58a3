"""The end of an execution whose first or last step was given up: alerted, and the next run may begin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollcall.outcomes.metrics import Metric
from rollcall.sweep.counts import make_failure_notice, make_summary
from rollcall.sweep.run import Ending, Step, describe_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.rosters.current import Rosters
    from rollcall.sweep.ports import SweepPorts


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
        told = make_failure_notice(ours.id if ours else execution, failed=failed, contacts={})
        self.ports.bus.publish_notice(told, now)
        if ours is not None:
            approved = self.rosters.get_enforcement().approved
            last = self.ports.sweeps.find_last()
            summary = make_summary(ours, None, approved=approved, judged_by=None, ended_at=now, last=last)
            self.ports.sweeps.finish(ours, summary, now)
        self.measure(Metric.SWEEP_FAILED, 1)
        return {"run": ours.id if ours else None, "ending": str(Ending.FAILED), "failed": failed}
