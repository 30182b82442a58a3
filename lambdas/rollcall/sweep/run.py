"""One run of the sweep, as its steps hand it on: a small document, whatever the size of the organization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from rollcall.model.codec import Serializable
from rollcall.outcomes.verdicts import Verdict

#: A worker that is silent for so long counts as gone: no function of the sweep may run so long.
LEASE_SECONDS = 900
#: The state machine waits so long after the gate before contacts that drifted are looked at again.
SETTLE_SECONDS = 10


class Trigger(StrEnum):
    """What started a run."""

    SCHEDULE = "schedule"
    ROSTER = "roster"
    OPERATOR = "operator"
    APPROVAL = "approval"
    #: Plans a roster that was approved before, from the last observation.
    ROLLBACK = "rollback"


class Step(StrEnum):
    """What the state machine does next with a run."""

    WAIT = "wait"
    PREPARE = "prepare"
    OBSERVE = "observe"
    GATE = "gate"
    #: `control` puts the roster into force, if it is still as the gate saw it.
    APPROVE = "approve"
    #: The machine waits until events about drift had time to arrive, and goes on with `apply`.
    SETTLE = "settle"
    APPLY = "apply"
    REPORT = "report"
    END = "end"


class Ending(StrEnum):
    """How a run ended."""

    FINISHED = "finished"
    PENDING = "pending-approval"
    SUPERSEDED = "superseded"
    PAUSED = "paused"
    BUSY = "busy"
    #: The stored plan was not the one that its digest names.
    ALTERED = "altered"
    NOTHING_NEW = "nothing-new"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReference(Serializable):
    """A plan that is stored in parts. `digest` (SHA-256, hex) is of all that it would write and weaken.

    `roster` is the digest of the roster that it carries out, `changes` how many contacts it changes,
    `weakened` the digest of what is weakened, and against which roster. `first_part` is the number of its
    first part: the plan of deletes that wait stands behind the one that is carried out without them.
    """

    digest: str
    roster: str
    changes: int
    parts: int
    weakened: str = ""
    first_part: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Serializable):
    """Where a run is.

    `roster` is the digest of the roster that is planned with, `approved` the one that was approved when the
    run began (None before the first approval): the run is superseded when either changes. `data` is the id of
    the run whose observations and plan are used: its own, or of the pending one that was approved.
    `accounts` are all of the organization; `cursor` counts accounts while observing and changes while
    applying. `rates` are calls per second that were reached, by operation, carried from one invocation to
    the next. `reads` counts calls to AWS Organizations. `pending` are the digests of the plans that this run
    found waiting for a person, `failed` says why a step was given up, by step.
    """

    id: str
    execution: str
    trigger: Trigger
    by: str | None
    started_at: datetime
    next: Step
    roster: str
    approved: str | None
    data: str
    accounts: int = 0
    cursor: int = 0
    rates: Mapping[str, float] = field(default_factory=dict)
    reads: int = 0
    plan: PlanReference | None = None
    #: When the last contact was looked at, None before.
    observed_at: datetime | None = None
    pending: tuple[str, ...] = ()
    ending: Ending | None = None
    failed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote, and what the state machine added of failed steps.

        The machine's catchers put `{"Error": ..., "Cause": ...}` under `failed`.
        """
        failed = {step: describe_failure(failure) for step, failure in document["failed"].items()}
        return super(Run, cls).from_document({**document, "failed": failed})


def describe_failure(failure: Mapping[str, Any] | str) -> str:
    """The name of the error: its text is not known to hold no contact details."""
    return failure if isinstance(failure, str) else str(failure.get("Error", "unknown"))


def find_ending(run: Run) -> Ending:
    """How the run ends: a step that was given up counts before everything else."""
    return Ending.FAILED if run.failed else run.ending or Ending.FINISHED


#: Verdict and reason of a contact whose change waits for a person.
PENDING_APPROVAL: Final = (Verdict.WOULD_SET, "the plan is pending approval")
_NOT_REACHED: Final = {
    Ending.PAUSED: (Verdict.WOULD_SET, "writes were paused before it was reached"),
    Ending.SUPERSEDED: (Verdict.WOULD_SET, "another roster or run took over before it was reached"),
    Ending.ALTERED: (Verdict.WOULD_SET, "the stored plan was altered before it was reached"),
}


def find_left_over(run: Run) -> tuple[Verdict, str]:
    """Verdict and reason of a contact that differs and that the run did not reach."""
    if run.ending in _NOT_REACHED:
        return _NOT_REACHED[run.ending]
    if run.plan is not None:
        return Verdict.PENDING, "the run gave up before it was reached"
    if run.pending:
        return PENDING_APPROVAL
    unplanned = {str(Step.OBSERVE), str(Step.GATE)}.intersection(run.failed)
    return Verdict.WOULD_SET, "no plan was made: a step failed" if unplanned else "nothing is approved"
