"""What is left to do when a run cannot even begin or end: tell people, and let the next one begin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rollcall.sweep.endings import failure_notice
from rollcall.sweep.run import Ending, Run, Step, reason_of
from rollcall.sweep.summary import summary_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.sweep.ports import SweepPorts


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """Ends runs that have nothing else to end them. `measure` is given each metric by its name."""

    ports: SweepPorts
    measure: Callable[[str, int], None]

    def after(self, run: Run) -> dict[str, Any]:
        """For a run whose report was given up; RetryableError if people could not be told."""
        now = self.ports.clock.now()
        run = replace(run, ending=Ending.FAILED, next=Step.END)
        summary = summary_of(run, None, ended_at=now)
        self._tell(run.id, run.failed, summary["contacts"])
        self.ports.sweeps.finish(run, summary, now)
        return {"ending": str(Ending.FAILED), "run": run.id}

    def before(self, execution: str, failure: Mapping[str, Any]) -> dict[str, Any]:
        """For an execution that could not begin a run, or began one and could not say so."""
        failed = {"begin": reason_of(failure)}
        current = self.ports.sweeps.current(self.ports.clock.now())
        if current is not None and current.execution == execution:
            return self.after(replace(current, failed={**current.failed, **failed}))
        self._tell(execution, failed, {})
        return {"ending": str(Ending.FAILED), "run": None}

    def _tell(self, run: str, failed: Mapping[str, str], contacts: Mapping[str, int]) -> None:
        item = failure_notice(run, failed=failed, contacts=contacts)
        self.ports.bus.publish_notice(item, self.ports.clock.now())
        self.measure("SweepFailed", 1)
