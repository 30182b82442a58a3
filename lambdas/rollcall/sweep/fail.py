"""What is left to do when a run can neither begin nor end: tell people, and let the next one begin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollcall.metrics import Metric
from rollcall.sweep.endings import failure_notice
from rollcall.sweep.run import Ending, Step, reason_of
from rollcall.sweep.summary import summary_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.sweep.ports import SweepPorts


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """Ends executions whose first or last step was given up. `measure` is given each metric by its name."""

    ports: SweepPorts
    measure: Callable[[Metric, int], None]

    def step(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """`request` names the `execution`, the `step` that was given up and its `failure`.

        RetryableError if people could not be told, or the next run not be let in.
        """
        now, execution = self.ports.clock.now(), str(request["execution"])
        failed = {str(request["step"]): reason_of(request["failure"])}
        run = self.ports.sweeps.current(now)
        ours = run if run is not None and run.execution == execution else None
        if ours is not None:
            ours = replace(ours, ending=Ending.FAILED, next=Step.END, failed={**ours.failed, **failed})
            failed = dict(ours.failed)
        told = failure_notice(ours.id if ours else execution, failed=failed, contacts={})
        self.ports.bus.publish_notice(told, now)
        if ours is not None:
            approved = self.ports.state.control().approved
            summary = summary_of(ours, None, approved=approved, judged_by=None, ended_at=now)
            self.ports.sweeps.finish(ours, summary, now)
        self.measure(Metric.SWEEP_FAILED, 1)
        return {"run": ours.id if ours else None, "ending": str(Ending.FAILED), "failed": failed}
