"""The pause of all writes: its owner, its end, and the alerts about it.

It stops writes of contacts and automatic approvals; changes are still alerted. `Enforcement.find_halt` in
`decide/resolve` reads it, and the transaction that opens an intent checks it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from rollcall.control.commands import Command, RefusedError
from rollcall.model.errors import RetryableError
from rollcall.model.levels import Severity
from rollcall.outcomes.notice_kinds import NoticeKind
from rollcall.outcomes.notices import Notice, format_time, make_notice

if TYPE_CHECKING:
    from rollcall.ports import OutcomeBus

_REMINDER: Final = timedelta(days=1)


class PauseStage(StrEnum):
    """What happened last to the pause."""

    BEGUN = "begun"
    REPLACED = "replaced"
    REMINDED = "reminded"
    ENDED = "ended"
    UNPAUSED = "unpaused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The last pause: what happened to it, and the command that did it (`execution` is a name).

    `incident` and `update` identify its last notice. A pause is over at `until`, also if nothing says so.
    """

    stage: PauseStage
    by: str
    user_id: str
    execution: str
    reason: str
    started_at: datetime
    until: datetime
    alerted_at: datetime
    incident: str
    update: int

    @property
    def is_open(self) -> bool:
        """Whether its end was neither commanded nor alerted."""
        return self.stage not in {PauseStage.ENDED, PauseStage.UNPAUSED}

    @property
    def ended_nothing(self) -> bool:
        """Whether it is an end that was commanded while nothing was paused. Only a begin has no update yet.

        It is stored all the same, so that an older command that is tried again afterwards is refused.
        """
        return self.stage is PauseStage.UNPAUSED and self.update == 0


class PauseMemory(Protocol):
    """Memory of the pause. RetryableError from each."""

    def load_pause(self) -> Pause | None:
        """The last pause, None before the first command."""

    def save_pause(self, pause: Pause, *, before: Pause | None) -> bool:
        """Store it, if `before` is what is there: its execution and update are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Begins, replaces and ends the pause, and alerts about it."""

    memory: PauseMemory
    bus: OutcomeBus

    def carry_out(self, command: Command, now: datetime) -> Pause:
        """Pause or resume; RefusedError if that is not possible. The same command again only publishes."""
        known = self.memory.load_pause()
        if known is None or known.execution != command.execution:
            pause = _make_next(known, command, now)
            if not self.memory.save_pause(pause, before=known):
                raise RetryableError("another command about the pause came first")
        else:
            pause = known
        if not pause.ended_nothing:
            self.bus.publish_notice(_make_notice(pause), now)
        return pause

    def follow_up(self, now: datetime) -> Pause | None:
        """Alert that the pause has ended, or once a day that it goes on; the pause, if an alert was due."""
        known = self.memory.load_pause()
        if known is None or not known.is_open:
            return None
        if now >= known.until:
            stage = PauseStage.ENDED
        elif now - known.alerted_at >= _REMINDER:
            stage = PauseStage.REMINDED
        else:
            return None
        pause = replace(known, stage=stage, alerted_at=now, update=known.update + 1)
        # Publish first: what is published twice is sent once.
        self.bus.publish_notice(_make_notice(pause), now)
        self.memory.save_pause(pause, before=known)
        return pause


def _make_next(known: Pause | None, command: Command, now: datetime) -> Pause:
    """All notices from a pause to its end are of one incident, however often it is replaced."""
    if known is not None and known.started_at >= command.started_at:
        raise RefusedError(
            "a later command paused or resumed Rollcall", fix="`rollcall status` shows whether it is paused"
        )
    goes_on = known is not None and known.is_open
    stage, until = PauseStage.UNPAUSED, command.started_at
    if command.operation == "pause":
        if known is not None and known.is_open and now < known.until and not command.replaces:
            raise RefusedError(
                f"{known.by} paused Rollcall until {format_time(known.until)}",
                fix="`rollcall pause --replace` replaces that pause, `rollcall unpause` ends it",
            )
        stage = PauseStage.REPLACED if goes_on else PauseStage.BEGUN
        until += timedelta(minutes=command.minutes)
    return Pause(
        stage=stage,
        by=command.caller.arn,
        user_id=command.caller.user_id,
        execution=command.execution,
        reason=command.reason,
        started_at=command.started_at,
        until=until,
        alerted_at=command.started_at,
        incident=known.incident if known is not None and goes_on else command.execution_arn,
        # A follow-up at the same time takes the number between: neither is taken for the other.
        update=known.update + 2 if known is not None and goes_on else 0,
    )


def _make_notice(pause: Pause) -> Notice:
    facts = {
        "by": pause.by,
        "user_id": pause.user_id,
        "execution": pause.execution,
        "reason": pause.reason,
    }
    if pause.stage is PauseStage.UNPAUSED:
        return make_notice(NoticeKind.UNPAUSED, key=pause.incident, facts=facts, update=pause.update)
    facts |= {"until": format_time(pause.until), "stage": str(pause.stage)}
    notice = make_notice(NoticeKind.PAUSED, key=pause.incident, facts=facts, update=pause.update)
    return replace(notice, severity=Severity.INFO) if pause.stage is PauseStage.ENDED else notice
