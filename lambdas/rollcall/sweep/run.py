"""One run of the sweep, as its steps hand it on: a small document, whatever the size of the organization."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


#: How long a worker that says nothing is believed to be at work: three times the time-out of its function.
LEASE_SECONDS = 900


class Trigger(StrEnum):
    """What started a run."""

    SCHEDULE = "schedule"
    ROSTER = "roster"
    OPERATOR = "operator"
    APPROVAL = "approval"


class Step(StrEnum):
    """What the state machine does next with a run."""

    WAIT = "wait"
    PREPARE = "prepare"
    OBSERVE = "observe"
    GATE = "gate"
    APPLY = "apply"
    REPORT = "report"
    END = "end"


class Ending(StrEnum):
    """How a run ended."""

    FINISHED = "finished"
    HELD = "held"
    SUPERSEDED = "superseded"
    PAUSED = "paused"
    BUSY = "busy"
    NOTHING_NEW = "nothing-new"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReference:
    """A plan that is stored in parts. `digest` (SHA-256, hex) is of everything that it would write.

    `roster` is the digest of the roster that it carries out, `changes` how many contacts it changes.
    """

    digest: str
    roster: str
    changes: int
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Where a run is.

    `roster` is the digest of the roster that is planned with, `approved` the one that was approved when the
    run began (None before the first approval): the run is superseded when either changes. `data` is the id of
    the run whose observations and plan are used: its own, or of the held one that was approved.

    `accounts` are all of the organization; `cursor` counts accounts while observing and changes while
    applying. `rates` are calls per second that were reached, by operation, carried from one invocation to
    the next. `reads` counts calls to AWS Organizations. `held` are the digests of the plans that this run
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
    held: tuple[str, ...] = ()
    ending: Ending | None = None
    failed: Mapping[str, str] = field(default_factory=dict)

    def as_document(self) -> dict[str, Any]:
        """Plain JSON for the state machine: no contact details, a few hundred bytes."""
        plan = self.plan
        return {
            "id": self.id,
            "execution": self.execution,
            "trigger": str(self.trigger),
            "by": self.by,
            "started_at": self.started_at.isoformat(),
            "next": str(self.next),
            "roster": self.roster,
            "approved": self.approved,
            "data": self.data,
            "accounts": self.accounts,
            "cursor": self.cursor,
            "rates": dict(self.rates),
            "reads": self.reads,
            "plan": {
                "digest": plan.digest,
                "roster": plan.roster,
                "changes": plan.changes,
                "parts": plan.parts,
            }
            if plan
            else None,
            "held": list(self.held),
            "ending": self.ending and str(self.ending),
            "failed": dict(self.failed),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote, and what the state machine added of failed steps.

        The machine's catchers put `{"Error": ..., "Cause": ...}` under `failed`.
        """
        plan = document["plan"]
        return cls(
            id=document["id"],
            execution=document["execution"],
            trigger=Trigger(document["trigger"]),
            by=document["by"],
            started_at=datetime.fromisoformat(document["started_at"]),
            next=Step(document["next"]),
            roster=document["roster"],
            approved=document["approved"],
            data=document["data"],
            accounts=document["accounts"],
            cursor=document["cursor"],
            rates=document["rates"],
            reads=document["reads"],
            plan=PlanReference(**plan) if plan else None,
            held=tuple(document["held"]),
            ending=Ending(document["ending"]) if document["ending"] else None,
            failed={step: describe_failure(failure) for step, failure in document["failed"].items()},
        )


def describe_failure(failure: Mapping[str, Any] | str) -> str:
    """The name of the error: its text is not known to hold no contact details."""
    return failure if isinstance(failure, str) else str(failure.get("Error", "unknown"))
