"""How Rollcall is: all that an operator asks first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cli.operating.dead_letters import DeadLetters, peek
from cli.operating.held import document as held_document
from cli.operating.summary import covered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cli.operating.hub import Controls, Decision, Hub
    from rollcall.standoff.records import Standoff
    from rollcall.sweep.ports import Held
    from rollcall.sweep.run import Run

VERSION: Final = 1
#: A sweep is due every day; the alarm goes off at the same time.
LATE: Final = timedelta(hours=36)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`candidate` is the digest of the roster that is deployed."""

    now: datetime
    last: Mapping[str, Any] | None
    current: Run | None
    controls: Controls
    candidate: str | None
    waiting: Sequence[Held]
    standoffs: Sequence[Standoff]
    dead: Sequence[DeadLetters]

    @property
    def concerns(self) -> list[str]:
        """What a person has to look at, none if all is well."""
        found = []
        if self.last is None:
            found.append("no sweep has finished yet")
        elif self.now - datetime.fromisoformat(self.last["ended_at"]) > LATE:
            found.append(f"no sweep has finished for {int(LATE.total_seconds() // 3600)} hours")
        if self.last is not None and self.last["failed"]:
            found.append("the last sweep failed in part")
        if self.controls.approved is None:
            found.append("no roster is approved: nothing is enforced")
        if self.controls.paused:
            found.append("writes are paused")
        if self.waiting:
            found.append("a plan waits for approval")
        if self.standoffs:
            found.append("somebody keeps changing a contact back")
        if any(queue.waiting for queue in self.dead):
            found.append("messages were given up")
        return found


def standing(hub: Hub) -> Standing:
    """Ask the hub; CommandError or RetryableError if it cannot be asked."""
    now = hub.clock.now()
    return Standing(
        now=now,
        last=hub.sweeps.last(),
        current=hub.sweeps.current(now),
        controls=hub.controls(),
        candidate=hub.outputs.get("CandidateDigest"),
        waiting=hub.sweeps.waiting(now),
        standoffs=hub.standoffs.standoffs(now),
        dead=peek(hub),
    )


def document(found: Standing) -> dict[str, Any]:
    """Plain JSON, version 1; no contact details."""
    right, managed = covered(found.last) if found.last else (0, 0)
    return {
        "version": VERSION,
        "concerns": found.concerns,
        "last": dict(found.last) if found.last else None,
        "coverage": {"right": right, "managed": managed} if found.last else None,
        "under_way": _run(found.current) if found.current else None,
        "roster": {
            "approved": found.controls.approved,
            "approval": _decision(found.controls.approval),
            "deployed": found.candidate,
        },
        "paused": _decision(found.controls.paused),
        "waiting": [held_document(held) for held in found.waiting],
        "standoffs": [_standoff(one) for one in found.standoffs],
        "dead_letters": [
            {"queue": queue.queue, "waiting": queue.waiting, "reasons": dict(queue.reasons)}
            for queue in found.dead
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    keys = ("id", "trigger", "by", "started_at", "next", "accounts", "cursor")
    return {key: run.as_document()[key] for key in keys}


def _standoff(found: Standoff) -> dict[str, Any]:
    document = found.as_document()
    kept = {key: document[key] for key in ("opened_at", "changed_at", "next_at", "reverts", "actors")}
    return {"account": found.account_id, "kind": str(found.kind), **kept}


def _decision(found: Decision | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"by": found.by, "at": found.at.isoformat() if found.at else None, "why": found.why}
