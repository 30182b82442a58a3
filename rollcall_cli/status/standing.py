"""How Rollcall is: all that an operator asks first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall_cli.status.dead_letters import DeadLetters, peek
from rollcall_cli.status.held import document as held_document
from rollcall_cli.status.summary import covered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.repeated_edits.rules import RepeatedEdits
    from rollcall.sweep.approvals import LapsedApproval, PendingPlan
    from rollcall.sweep.run import Run
    from rollcall_cli.status.hub import Controls, Decision, Hub

VERSION: Final = 1
#: A sweep is due every day; the alarm goes off at the same time.
LATE: Final = timedelta(hours=36)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`candidate` is the digest of the roster that is deployed.

    `approved` are plans that somebody approved and no run has carried out to its end.
    """

    now: datetime
    last: Mapping[str, Any] | None
    current: Run | None
    controls: Controls
    candidate: str | None
    waiting: Sequence[PendingPlan]
    approved: Sequence[PendingPlan]
    lapsed: LapsedApproval | None
    standoffs: Sequence[RepeatedEdits]
    dead: Sequence[DeadLetters]

    @property
    def concerns(self) -> list[str]:
        """What a person has to look at, none if all is well."""
        found = {
            "no sweep has finished yet": self.last is None,
            f"no sweep has finished for {int(LATE.total_seconds() // 3600)} hours": self._late,
            "the last sweep failed in part": self.last is not None and bool(self.last["failed"]),
            "no roster is approved: nothing is enforced": self.controls.approved is None,
            "writes are paused": self.controls.paused is not None,
            "a plan waits for approval": bool(self.waiting),
            "an approval was cut off": any(self.cut_off(held) for held in self.approved),
            "an approved plan was not carried out": self.lapsed is not None,
            "somebody keeps changing a contact back": bool(self.standoffs),
            "messages were given up": any(queue.waiting for queue in self.dead),
        }
        return [concern for concern, is_one in found.items() if is_one]

    @property
    def _late(self) -> bool:
        return self.last is not None and self.now - datetime.fromisoformat(self.last["ended_at"]) > LATE

    def cut_off(self, held: PendingPlan) -> bool:
        """Whether somebody is on record as having approved a plan whose roster is not in force."""
        return held.roster != self.controls.approved


def standing(hub: Hub) -> Standing:
    """Ask the hub; CommandError or RetryableError if it cannot be asked."""
    now, controls, candidate = hub.clock.now(), hub.controls(), hub.outputs.get("CandidateDigest")
    # Of another roster nobody can approve a plan, and nothing is left to be done.
    in_play = {controls.approved, candidate}
    return Standing(
        now=now,
        last=hub.sweeps.find_last(),
        current=hub.sweeps.find_current(now),
        controls=controls,
        candidate=candidate,
        waiting=[held for held in hub.sweeps.list_pending(now) if held.roster in in_play],
        approved=[held for held in hub.sweeps.list_approved(now) if held.roster in in_play],
        lapsed=hub.sweeps.find_lapsed(now),
        standoffs=hub.repeated_edits.list_repeated(now),
        dead=peek(hub),
    )


def document(found: Standing) -> dict[str, Any]:
    """Plain JSON, version 1; no contact details."""
    right, managed = covered(found.last) if found.last else (0, 0)
    return {
        "version": VERSION,
        "concerns": found.concerns,
        "last": dict(found.last) if found.last else None,
        "coverage": {"right": right, "managed": managed, "as_of": found.last["ended_at"]}
        if found.last
        else None,
        "under_way": _run(found.current) if found.current else None,
        "roster": {
            "approved": found.controls.approved,
            "approval": _decision(found.controls.approval),
            "deployed": found.candidate,
        },
        "paused": _decision(found.controls.paused),
        "waiting": [held_document(held) for held in found.waiting],
        "approved": [held_document(held) | {"in_force": not found.cut_off(held)} for held in found.approved],
        "lapsed": _lapsed(found.lapsed),
        "standoffs": [_standoff(one) for one in found.standoffs],
        "dead_letters": [
            {"queue": queue.queue, "waiting": queue.waiting, "reasons": dict(queue.reasons)}
            for queue in found.dead
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    keys = ("id", "trigger", "by", "started_at", "next", "accounts", "cursor")
    return {key: run.as_document()[key] for key in keys}


def _lapsed(found: LapsedApproval | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"plan": found.plan, "by": found.by, "why": found.why, "at": found.at.isoformat()}


def _standoff(found: RepeatedEdits) -> dict[str, Any]:
    document = found.as_document()
    kept = {key: document[key] for key in ("opened_at", "changed_at", "next_at", "reverts", "actors")}
    return {"account": found.account_id, "kind": str(found.kind), **kept}


def _decision(found: Decision | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"by": found.by, "at": found.at.isoformat() if found.at else None, "why": found.why}
