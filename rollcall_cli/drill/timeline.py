"""What became of each edit of a drill, step by step. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.intent import WriteState
from rollcall.outcomes.verdicts import RIGHT, VERDICTS, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall.contact.record import KnownEdit, KnownWrite
    from rollcall_cli.drill.edits import DrillEdit

EDIT, CLOUDTRAIL, QUEUE, RESTORED, LEDGER = "edit", "CloudTrail", "queue", "restored", "ledger"
ALERT: Final = "alert on "


class StepState(StrEnum):
    """How far a step is."""

    WAITING = "waiting"
    PASSED = "passed"
    FAILED = "failed"
    #: Nothing was to happen here.
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillStep:
    """One step; `seconds` since the edit, None if that is not known."""

    name: str
    state: StepState
    seconds: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeEdit:
    """An edit that AWS took at `at`. Its incident has this ID if CloudTrail records the same request ID."""

    edit: DrillEdit
    request_id: str
    incident_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EditFacts:
    """What is known of one edit by now."""

    #: CloudTrail's record of the call, and when it was first found.
    record: Mapping[str, Any] | None = field(default=None, repr=False)
    recorded_at: datetime | None = None
    #: The edit in the record of its contact, and when it was first found there.
    known: KnownEdit | None = None
    known_at: datetime | None = None
    write: KnownWrite | None = None
    #: When each channel sent the alert, None if it has not.
    channels: Mapping[str, datetime | None] = field(default_factory=dict)
    #: Channels that wait for louder alerts than those of a drill.
    quiet: frozenset[str] = frozenset()
    #: When the ledger took the outcome of the write.
    ledger_at: datetime | None = None


def make_steps(made: MadeEdit, facts: EditFacts) -> list[DrillStep]:
    """The steps of one edit in their order."""
    known, write = facts.known, facts.write
    steps = [
        DrillStep(name=EDIT, state=StepState.PASSED, seconds=0.0),
        _make_step(CLOUDTRAIL, made, facts.recorded_at),
        _make_step(QUEUE, made, _find_received(facts)),
        _make_restored(made, known, write),
    ]
    for name, sent_at in facts.channels.items():
        step = _make_step(f"{ALERT}{name}", made, sent_at)
        quiet = sent_at is None and name in facts.quiet
        detail = "below the min_severity of this channel"
        steps.append(replace(step, state=StepState.SKIPPED, detail=detail) if quiet else step)
    ledger = _make_step(LEDGER, made, facts.ledger_at)
    if steps[3].state is StepState.FAILED and write is None:
        ledger = replace(ledger, state=StepState.SKIPPED, detail="nothing was written")
    return [*steps, ledger]


def _make_step(name: str, made: MadeEdit, at: datetime | None) -> DrillStep:
    if at is None:
        return DrillStep(name=name, state=StepState.WAITING)
    return DrillStep(name=name, state=StepState.PASSED, seconds=count_seconds(made, at))


def count_seconds(made: MadeEdit, at: datetime) -> float:
    """Seconds since the edit. Clocks differ: never less than none."""
    return max(0.0, round((at - made.at).total_seconds(), 1))


def _find_received(facts: EditFacts) -> datetime | None:
    """When a function had the event: as the intent's ID says, or else when the edit was found known."""
    if facts.known_at is None or facts.write is None:
        return facts.known_at
    opened_at = datetime.strptime(facts.write.intent_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return min(facts.known_at, opened_at)


def _make_restored(made: MadeEdit, known: KnownEdit | None, write: KnownWrite | None) -> DrillStep:
    if write is not None and write.state is WriteState.WRITTEN:
        return _make_step(RESTORED, made, write.at)
    if known is None or known.published is None or Verdict(known.published) is Verdict.PENDING:
        return DrillStep(name=RESTORED, state=StepState.WAITING)
    if Verdict(known.published) in RIGHT:
        return _make_step(RESTORED, made, known.published_at)
    words = VERDICTS[Verdict(known.published)].words
    detail = f"Rollcall alerted: {words.result}" if words else str(known.published)
    return DrillStep(name=RESTORED, state=StepState.FAILED, detail=detail)


def is_over(steps: Sequence[DrillStep]) -> bool:
    """Whether nothing more is to come."""
    return all(step.state is not StepState.WAITING for step in steps)


def find_failed(steps: Sequence[DrillStep]) -> DrillStep | None:
    """The first step that failed or is still awaited.

    A record that the Event history does not show failed only if its event did not arrive either.
    """
    failed = [step for step in steps if step.state in (StepState.FAILED, StepState.WAITING)]
    arrived = any(step.name == QUEUE and step.state is StepState.PASSED for step in steps)
    return next((step for step in failed if not (arrived and step.name == CLOUDTRAIL)), None)


def describe_step(made: MadeEdit, step: DrillStep) -> str:
    """One step on one line, as progress."""
    return f"{made.edit.kind} {made.edit.change}: {step.name} {describe_time(step)}"


def describe_time(step: DrillStep) -> str:
    """How long after the edit it was seen, or how far it is."""
    if step.state is StepState.PASSED:
        return "at an unknown time" if step.seconds is None else f"{step.seconds:.1f} s"
    return {StepState.WAITING: "not seen in time"}.get(step.state, str(step.state))
