"""Publish the incident of an event, and only then close the intents that led to it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from rollcall.contact.known_drift import compute_fingerprint, note_drift
from rollcall.contact.record import SKEW, end_intent, mark_published, release_intent, update_record
from rollcall.contact.repeated_edits import Revert, count_revert, note_right
from rollcall.decide.intent import Answer, WriteState
from rollcall.events.signal import TAMPERING, Cause, Ignored, Signal, compute_age
from rollcall.grouping.grouper import Grouper, Placed
from rollcall.model.errors import RetryableError
from rollcall.outcomes.outcome import Incident, Outcome, Stage, make_incident_id
from rollcall.outcomes.verdicts import REPORTED, RIGHT, Verdict
from rollcall.write.apply_change import AppliedChange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rollcall.contact.record import ContactMemory, ContactRecord
    from rollcall.model.account import Account
    from rollcall.ports import Clock, OutcomeBus

#: An edit that is older and still waits is alerted even if nothing refused: the restore is late.
LATE: Final = timedelta(minutes=2)


def make_incident(
    signal: Signal | Ignored, account: Account | None, acted: Sequence[AppliedChange]
) -> Incident:
    """The incident of one event: its outcomes, and those that it adds to earlier edits."""
    known = signal if isinstance(signal, Signal) else None
    return Incident(
        id=make_incident_id(event=signal.event, signal=known),
        event=signal.event,
        signal=known,
        account=account,
        outcomes=tuple(
            outcome for item in acted for outcome in (*_find_changed_before(known, item), item.outcome)
        ),
    )


def _find_changed_before(signal: Signal | None, item: AppliedChange) -> Sequence[Outcome]:
    """An outcome for earlier edits that were reported as compliant, and may not have been."""
    ended = item.write is not None or item.outcome.verdict is Verdict.UNDONE
    if signal is None or signal.cause not in TAMPERING or item.record is None or not ended:
        return []
    edits = item.record.list_mistaken(signal.event.key)
    who = ", ".join(dict.fromkeys(edit.principal for edit in edits))
    before = Outcome(
        verdict=Verdict.CHANGED_BACK,
        reason=f"another edit, reported as set to the roster's value, may also have been a change; by: {who}",
        kind=item.outcome.kind,
        wanted=item.outcome.wanted,
        beside_root=any(edit.root for edit in edits),
    )
    return [before] if edits else []


class AlertStage(StrEnum):
    """How far an incident that could not be resolved at once is alerted."""

    OPENING = "opening"  # its opening may or may not be published
    OPEN = "open"  # it is published
    CLOSED = "closed"  # and its closing, too


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertedIncident:
    """An incident that was alerted as open, or is about to be: `opening` is that alert exactly."""

    id: str
    stage: AlertStage
    opening: str
    signal: Signal


class IncidentMemory(Protocol):
    """Memory of incidents that could not be resolved at once. RetryableError from each."""

    def load_incident(self, incident_id: str) -> AlertedIncident | None:
        """What is known of the incident, None if its opening was never to be published."""

    def save_incident(self, incident: AlertedIncident, *, at: datetime) -> bool:
        """Store it; False, and nothing stored, if it is known to be as far or further."""

    def list_unfinished(self) -> Sequence[AlertedIncident]:
        """All that are not closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPublisher:
    """Publishes incidents and then closes what led to them: nothing else does either."""

    incidents: IncidentMemory
    contacts: ContactMemory
    bus: OutcomeBus
    clock: Clock
    grouper: Grouper
    #: Called with every published incident.
    observe: Callable[[Incident], None]

    def publish_and_close(self, incident: Incident, applied: Sequence[AppliedChange]) -> Placed:
        """Place, publish, and only then close the intents; returns where the alert went.

        What only waits is published when it is late. A crash in between publishes the same once more.
        """
        waiting = [item for item in applied if item.outcome.verdict is Verdict.PENDING]
        # Contacts that need nothing are published with those that still wait.
        idle = all(item.outcome.verdict in (Verdict.PENDING, Verdict.COMPLIANT) for item in applied)
        quiet = bool(waiting) and idle and not _must_alert(incident, waiting, self.clock.now())
        placed = Placed()
        if not quiet:
            try:
                placed = self._place_and_publish(incident, applied)
            except RetryableError:
                self._release(applied)
                raise
        for item in applied:
            self._close(incident, item)
        return placed

    def _place_and_publish(self, incident: Incident, applied: Sequence[AppliedChange]) -> Placed:
        alerted = self._find_alerted(incident)
        opened = alerted is not None and alerted.stage is not AlertStage.CLOSED
        if not opened and _was_published(incident, applied):
            return Placed()
        repeated = None if opened else _find_repeated(incident, applied)
        # What was alerted as open by itself is also closed by itself; what another message names only counts.
        placed = self._place(incident, alone=opened or repeated is not None)
        parent = repeated or placed.parent_incident_id
        self._publish(replace(incident, parent_incident_id=parent, repeated=repeated is not None), alerted)
        return placed

    def publish_only(self, incident: Incident) -> None:
        """Put an incident and its outcomes on the bus; RetryableError if it was not taken."""
        self.bus.publish(incident, self.clock.now())
        self.observe(incident)

    def close_over(self, alerted: AlertedIncident, outcome: Outcome, account: Account | None) -> None:
        """Publish the end of an incident whose message is gone; RetryableError if it was not taken."""
        applied = [AppliedChange(outcome=outcome)]
        self._publish(make_incident(alerted.signal, account, applied), alerted)

    def _find_alerted(self, incident: Incident) -> AlertedIncident | None:
        signal = incident.signal
        if signal is None or signal.cause is Cause.SWEPT:
            return None
        if not signal.unsure and all(outcome.verdict in REPORTED for outcome in incident.outcomes):
            return None
        return self.incidents.load_incident(incident.id)

    def _publish(self, incident: Incident, alerted: AlertedIncident | None) -> None:
        """The next step of the incident: opening, then open, then closed, each stored before the next."""
        if incident.stage is Stage.OPEN:
            self._open(incident, alerted)
            return
        opened = alerted is not None and alerted.stage is not AlertStage.CLOSED
        if alerted is not None and opened:
            self._finish_opening(alerted)
        self.publish_only(replace(incident, opened=opened))
        if alerted is not None and opened:
            self._save(alerted, AlertStage.CLOSED)

    def _open(self, incident: Incident, alerted: AlertedIncident | None) -> None:
        if alerted is not None:
            self._finish_opening(alerted)
            if any(outcome.verdict is not Verdict.PENDING for outcome in incident.outcomes):
                # Its outcomes are published; what people know of it stays as it is.
                self.publish_only(replace(incident, parent_incident_id=incident.id))
            return
        now = self.clock.now()
        opening = self.bus.write_opening(incident, now)
        if opening is None or incident.signal is None:
            self.publish_only(incident)
            return
        alerted = AlertedIncident(
            id=incident.id, stage=AlertStage.OPENING, opening=opening, signal=incident.signal
        )
        if not self.incidents.save_incident(alerted, at=now):
            # A copy of the event: people get one opening, and the same.
            self._open(incident, self.incidents.load_incident(incident.id) or alerted)
            return
        self.bus.publish(incident, now)
        self.observe(incident)
        self._save(alerted, AlertStage.OPEN)

    def _finish_opening(self, alerted: AlertedIncident) -> None:
        """The same opening again, if nobody knows that it was published."""
        if alerted.stage is AlertStage.OPENING:
            self.bus.publish_opening(alerted.opening)
            self._save(alerted, AlertStage.OPEN)

    def _save(self, alerted: AlertedIncident, stage: AlertStage) -> None:
        self.incidents.save_incident(replace(alerted, stage=stage), at=self.clock.now())

    def _release(self, applied: Sequence[AppliedChange]) -> None:
        """Let the next delivery finish at once: this worker sends no more calls."""
        for item in applied:
            if item.record is not None and item.write is not None:
                answer = Answer(state=item.write.state, reason="", request_id=item.write.request_id)
                intent_id, now = item.write.intent_id, self.clock.now()
                release = partial(release_intent, intent_id=intent_id, answer=answer, at=now)
                with suppress(RetryableError):
                    update_record(self.contacts, item.record, release, clock=self.clock)

    def _close(self, incident: Incident, item: AppliedChange) -> None:
        """Store what is known of the contact now; only its intent must be stored."""
        signal = incident.signal
        if item.record is None or signal is None:
            return
        close = partial(close_record, signal=signal, item=item, now=self.clock.now())
        try:
            update_record(self.contacts, item.record, close, clock=self.clock)
        except RetryableError:
            if item.write is not None or item.outcome.verdict is not Verdict.PENDING:
                raise

    def _place(self, incident: Incident, *, alone: bool) -> Placed:
        # A count that fails costs a message too many, never one too few.
        with suppress(RetryableError):
            return self.grouper.place(incident, alone=alone)
        return Placed()


def close_record(record: ContactRecord, signal: Signal, item: AppliedChange, now: datetime) -> ContactRecord:
    """The contact's record after an outcome was published, or waits; pure."""
    verdict, write = item.outcome.verdict, item.write
    if write is not None:
        record = end_intent(record, write)
    if verdict is Verdict.SET and (signal.cause in TAMPERING or record.repeated.is_open(now)):
        # A write without an edit, as by a sweep, does not count; while repeated edits go on, it is a revert.
        revert = Revert(call=signal.event.key, principal=signal.actor.principal, at=now)
        record = replace(record, repeated=count_revert(record.repeated, revert))
    if signal.cause in TAMPERING and verdict is not Verdict.PENDING and not _is_copy(record, signal, verdict):
        found = compute_fingerprint(item.outcome.found)
        record = mark_published(record, signal.event.key, str(verdict), now, found)
    if signal.cause is Cause.SWEPT:
        return record  # its report counts by the drift known before
    seen_at = _date_look(item)
    if seen_at is not None and (later := _find_last_seen(record)) is not None and seen_at < later:
        return record  # a slow worker knows less than who stored this
    drift = note_drift(record.drift, verdict, item.outcome.found, seen_at or now)
    repeated = note_right(record.repeated, seen_at or now) if verdict in RIGHT else record.repeated
    return replace(record, drift=drift, repeated=repeated, seen_at=seen_at or record.seen_at)


def _date_look(item: AppliedChange) -> datetime | None:
    """When it was seen: after the look that its record had then, whose worker's clock may be ahead."""
    seen_at = item.write.at if item.write is not None else item.looked_at
    before = item.record.seen_at if item.record is not None else None
    return before if seen_at and before and seen_at < before <= seen_at + SKEW else seen_at


def _is_copy(record: ContactRecord, signal: Signal, verdict: Verdict) -> bool:
    """Whether a copy of the event finds right what is known to be: how it became so was published before."""
    edit = record.find_edit(signal.event.key)
    return verdict is Verdict.COMPLIANT and edit is not None and edit.published in RIGHT


def _find_last_seen(record: ContactRecord) -> datetime | None:
    """When the contact was last seen, or made what it is by a write, of which a sweep stores no look."""
    writes = [write.at for write in record.writes if write.state is WriteState.WRITTEN]
    return max([*writes, *([record.seen_at] if record.seen_at else [])], default=None)


def _find_repeated(incident: Incident, applied: Sequence[AppliedChange]) -> str | None:
    """The message about repeated edits that names this incident, too; None if there is none."""
    signal = incident.signal
    resolved = {*RIGHT, Verdict.BACKED_OFF}.issuperset(outcome.verdict for outcome in incident.outcomes)
    if signal is None or signal.cause not in TAMPERING or not resolved:
        return None
    known = {item.repeated_incident_id for item in applied}
    return known.pop() if len(known) == 1 else None


def _was_published(incident: Incident, applied: Sequence[AppliedChange]) -> bool:
    """Whether this only repeats that a revert backs off, which was published before."""
    return all(
        item.outcome.verdict is Verdict.BACKED_OFF
        and item.record is not None
        and (edit := item.record.find_edit(incident.event.key)) is not None
        and edit.published == Verdict.BACKED_OFF
        for item in applied
    )


def _must_alert(incident: Incident, waiting: Sequence[AppliedChange], now: datetime) -> bool:
    late = incident.signal is not None and compute_age(incident.signal, now) >= LATE
    urgent = any(item.urgent for item in waiting)
    return urgent or (late and not all(item.expected or item.soon for item in waiting))
