"""Whether a run still goes on: under the rosters that it began with, and as the only one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollcall.sweep.run import Ending, Run, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.control import Control
    from rollcall.roster import Roster
    from rollcall.rosters import Rosters
    from rollcall.sweep.ports import SweepPorts


def ended(run: Run, *, ports: SweepPorts, rosters: Rosters) -> Run | None:
    """The run as it ends because it is not the one that goes on, None if it is.

    Remembers that it is at work. RetryableError if the state table could not be asked.
    """
    if not ports.sweeps.progress(run, ports.clock.now()):
        # Another run holds the lock: whatever this one would report has its successor's word against it.
        return replace(run, next=Step.END, ending=Ending.SUPERSEDED)
    if superseded(run, ports.state.control(), rosters):
        return replace(run, next=Step.REPORT, ending=Ending.SUPERSEDED)
    return None


def superseded(run: Run, control: Control, rosters: Rosters) -> bool:
    """Whether another roster was approved, or another candidate deployed than the one that is planned."""
    plans_candidate = run.roster != run.approved
    return control.approved != run.approved or (plans_candidate and rosters.candidate.digest != run.roster)


def rosters_of(run: Run, rosters: Rosters) -> Sequence[Roster]:
    """What the run plans with first, then what is enforced as long as the first is not approved."""
    digests = dict.fromkeys(digest for digest in (run.roster, run.approved) if digest is not None)
    return [rosters.named(digest) for digest in digests]
