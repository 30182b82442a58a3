"""The state of Rollcall: what an operator asks first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.contact.edits import is_open
from rollcall.outcomes.verdicts import Verdict
from rollcall_cli.history.view import build_open_document
from rollcall_cli.status.dead_letters import DeadLetterQueue, read_dead_letters
from rollcall_cli.status.plan_values import PlanValues, build_values_document, read_values
from rollcall_cli.status.plans import build_plan_document
from rollcall_cli.status.runs import count_coverage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.contact.record import ContactRecord
    from rollcall.sweep.approvals import LapsedApproval, PendingPlan
    from rollcall.sweep.run import Run
    from rollcall_cli.aws.hub import Hub, OperatorControls, OperatorDecision

VERSION: Final = 1
#: A sweep runs every day; the alarm uses the same limit.
LATE: Final = timedelta(hours=36)
#: No later sweep sets these contacts until a person fixes the cause.
_TO_FIX: Final = (Verdict.FAILED, Verdict.UNREADABLE, Verdict.UNREACHABLE, Verdict.BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The state of Rollcall."""

    now: datetime
    #: Summary of the last sweep, None if none has finished.
    last: Mapping[str, Any] | None
    #: How many contacts it could not set or read until a person fixes the cause, by verdict.
    to_fix: Mapping[Verdict, int]
    current: Run | None
    controls: OperatorControls
    #: Digest of the deployed roster.
    candidate: str | None
    waiting: Sequence[PendingPlan]
    approved: Sequence[PendingPlan]
    #: What the waiting plans would write, by their digest.
    values: Mapping[str, PlanValues]
    lapsed: LapsedApproval | None
    #: Contacts whose repeated edits go on.
    repeated: Sequence[ContactRecord]
    #: The others that are left changed, or whose write is not finished.
    open: Sequence[ContactRecord]
    dead: Sequence[DeadLetterQueue]

    @property
    def concerns(self) -> list[str]:
        """What needs a person, empty if nothing does."""
        found = {
            "no sweep has finished yet": self.last is None,
            f"no sweep has finished for {int(LATE.total_seconds() // 3600)} hours": self._late,
            "the last sweep failed in part": self.last is not None and bool(self.last["failed"]),
            self._describe_fixes(): bool(self.to_fix),
            "no roster is approved: nothing is enforced": self.controls.approved is None,
            "writes are paused": self.controls.paused is not None,
            "a plan is pending approval": bool(self.waiting),
            "a pending plan cannot be shown": any(item.problem for item in self.values.values()),
            "an approval was interrupted": any(self.is_interrupted(plan) for plan in self.approved),
            "an approved plan was not applied": self.lapsed is not None,
            "a contact is edited repeatedly": bool(self.repeated),
            "a contact is left changed": any(map(_is_left_changed, self.open)),
            "a dead-letter queue has messages": any(queue.waiting for queue in self.dead),
        }
        return [concern for concern, is_one in found.items() if is_one]

    @property
    def _late(self) -> bool:
        return self.last is not None and self.now - datetime.fromisoformat(self.last["ended_at"]) > LATE

    def _describe_fixes(self) -> str:
        counts = ", ".join(f"{number} {verdict}" for verdict, number in self.to_fix.items())
        return f"the last sweep found contacts that need a fix, which `rollcall report` names: {counts}"

    def is_interrupted(self, plan: PendingPlan) -> bool:
        """Return whether a plan is recorded as approved but its roster is not in force."""
        return plan.roster != self.controls.approved


def _is_left_changed(record: ContactRecord) -> bool:
    """Return whether an edit stands that the roster does not allow; an exempt account may have any."""
    published = [edit.published for edit in record.edits if edit.published]
    return record.drift is not None and published[-1:] != [Verdict.EXEMPT]


def _count_to_fix(last: Mapping[str, Any] | None, *, management_role: bool) -> dict[Verdict, int]:
    """Return the counts of the last sweep; of the management account only if Rollcall is to reach it."""
    counts: Mapping[str, int] = last["contacts"] if last else {}
    verdicts = [verdict for verdict in _TO_FIX if management_role or verdict is not Verdict.UNREACHABLE]
    return {verdict: counts[verdict] for verdict in verdicts if counts.get(verdict)}


def read_overview(hub: Hub) -> Overview:
    """Read the state from the hub; CommandError or RetryableError if AWS does not answer."""
    now, controls, candidate = hub.clock.now(), hub.read_controls(), hub.outputs.get("CandidateDigest")
    pending, last = hub.contacts.list_pending(), hub.sweeps.find_last()
    # Plans of other rosters cannot be approved any more.
    in_play = {controls.approved, candidate}
    waiting = [
        plan
        for plan in hub.sweeps.list_pending(now)
        if plan.roster in in_play or plan.summary.get("rollback")
    ]
    return Overview(
        now=now,
        last=last,
        to_fix=_count_to_fix(last, management_role=hub.management_role),
        current=hub.sweeps.find_current(now),
        controls=controls,
        candidate=candidate,
        waiting=waiting,
        values={plan.plan: read_values(hub, plan, approved=controls.approved) for plan in waiting},
        approved=[plan for plan in hub.sweeps.list_approved(now) if plan.roster in in_play],
        lapsed=hub.sweeps.find_lapsed(now),
        repeated=[record for record in pending if record.repeated.is_open(now)],
        open=[record for record in pending if is_open(record, now) and not record.repeated.is_open(now)],
        dead=read_dead_letters(hub),
    )


def build_document(found: Overview) -> dict[str, Any]:
    """Return the JSON form, version 1; no contact details."""
    compliant, managed = count_coverage(found.last) if found.last else (0, 0)
    return {
        "version": VERSION,
        "concerns": found.concerns,
        "last": dict(found.last) if found.last else None,
        "coverage": {"compliant": compliant, "managed": managed, "as_of": found.last["ended_at"]}
        if found.last
        else None,
        "under_way": _build_run(found.current) if found.current else None,
        "roster": {
            "approved": found.controls.approved,
            "approval": _build_decision(found.controls.approval),
            "deployed": found.candidate,
        },
        "paused": _build_decision(found.controls.paused),
        "pending_approval": [
            build_plan_document(plan) | build_values_document(found.values[plan.plan])
            for plan in found.waiting
        ],
        "approved": [
            build_plan_document(plan) | {"in_force": not found.is_interrupted(plan)}
            for plan in found.approved
        ],
        "lapsed": _build_lapsed(found.lapsed),
        "repeated_edits": [_build_repeated_edits(one) for one in found.repeated],
        "open": [build_open_document(record, found.now) for record in found.open],
        "dead_letters": [
            {"queue": queue.queue, "waiting": queue.waiting, "reasons": dict(queue.reasons)}
            for queue in found.dead
        ],
    }


def _build_run(run: Run) -> dict[str, Any]:
    keys = ("id", "trigger", "by", "started_at", "next", "accounts", "cursor")
    return {key: run.as_document()[key] for key in keys}


def _build_lapsed(found: LapsedApproval | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"plan": found.plan, "by": found.by, "reason": found.reason, "at": found.at.isoformat()}


def _build_repeated_edits(found: ContactRecord) -> dict[str, Any]:
    document = found.repeated.as_document()
    kept = {key: document[key] for key in ("opened_at", "changed_at", "next_at", "reverts", "actors")}
    return {"account": found.account_id, "kind": str(found.kind), **kept}


def _build_decision(found: OperatorDecision | None) -> dict[str, Any] | None:
    if found is None:
        return None
    at = found.at.isoformat() if found.at else None
    return {
        "by": found.by,
        "user_id": found.user_id,
        "execution": found.execution,
        "at": at,
        "reason": found.reason,
    }
