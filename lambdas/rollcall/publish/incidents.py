"""Publish the incident of an event, and only then close the intents that led to it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from rollcall.bulk_edits.detector import find_parent_incident
from rollcall.events.signal import TAMPERING, Ignored, Signal
from rollcall.model.errors import RetryableError
from rollcall.outcomes.outcome import Incident, Stage, make_incident_id
from rollcall.outcomes.severity import is_alerted
from rollcall.outcomes.verdicts import RIGHT, Verdict
from rollcall.publish.known_drift import remember_known_drift
from rollcall.repeated_edits.backoff import find_repeated_incident, record_revert

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from rollcall.bulk_edits.detector import BulkDetector
    from rollcall.bulk_edits.model import BulkMemory, GroupedIncident
    from rollcall.model.account import Account
    from rollcall.ports import Clock, Delivery, OutcomeBus
    from rollcall.publish.known_drift import KnownDriftMemory
    from rollcall.repeated_edits.rules import RepeatedEditMemory
    from rollcall.write.apply_change import AppliedChange, IntentMemory


def find_countable(incident: Incident, *, writer_roles: Collection[str], told: bool) -> Verdict | None:
    """The verdict under which an edit counts towards a bulk, None if it does not.

    Every edit counts that people are told of: also one that AWS refused, that is left in audit mode or
    that nobody can read. What waits counts if it is `told`, or if the contact is known to differ.
    Authorised changers do not count, and our own role only if it wrote what nobody recorded.
    """
    signal = incident.signal
    if signal is None or signal.cause not in TAMPERING:
        return None
    verdicts = [
        outcome.verdict
        for outcome in incident.outcomes
        if not outcome.authorised
        and (outcome.verdict is Verdict.BACKED_OFF or is_alerted(signal, outcome.verdict, authorised=False))
        and (outcome.verdict is not Verdict.PENDING or told or outcome.found is not None)
    ]
    if Verdict.UNRECORDED_WRITE in verdicts:
        return Verdict.UNRECORDED_WRITE
    if not verdicts or signal.actor.role_arn in writer_roles:
        return None
    return verdicts[-1]


def is_resolved(incident: Incident) -> bool:
    """Whether nothing is left to do: in a standoff people know of that already."""
    return all(
        outcome.verdict in RIGHT or outcome.verdict is Verdict.BACKED_OFF for outcome in incident.outcomes
    )


#: From this receive on, a contact that still waits is told even if nothing refused: the restore is late.
LATE_RECEIVES = 3


def make_incident(
    signal: Signal | Ignored, account: Account | None, acted: Sequence[AppliedChange]
) -> Incident:
    """The incident that gathers what was done because of one event."""
    known = signal if isinstance(signal, Signal) else None
    return Incident(
        id=make_incident_id(event=signal.event, signal=known),
        event=signal.event,
        signal=known,
        account=account,
        outcomes=tuple(item.outcome for item in acted),
    )


def close_intents(acted: Sequence[AppliedChange], *, intents: IntentMemory, clock: Clock) -> None:
    """Close the intents whose outcomes were published: a crash before this tells twice, never not at all."""
    for item in acted:
        if item.intent is not None:
            intents.close_intent(item.intent, claimable=item.claimable, at=clock.now())


def count_reverts(
    signal: Signal, acted: Sequence[AppliedChange], *, memory: RepeatedEditMemory, clock: Clock
) -> None:
    """Remember what was put back; RetryableError, and the intents are still open then."""
    for item in acted:
        if item.outcome.verdict is Verdict.SET and item.outcome.kind is not None:
            record_revert(signal, item.outcome.kind, memory=memory, clock=clock)


def find_parent(incident: str, *, bulks: BulkMemory) -> str | None:
    """The incident id of the bulk that an incident was told with, None if it is told by itself."""
    gathered = bulks.find_grouped(incident)
    return find_parent_incident(gathered) if gathered else None


class IncidentMemory(Protocol):
    """Memory of incidents that are not over. RetryableError from each."""

    def mark_opened(self, incident_id: str, *, at: datetime) -> None:
        """Remember that people were told of an incident that is not over."""

    def is_opened(self, incident_id: str) -> bool:
        """Whether they were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPublisher:
    """Publishes incidents, and decides whether one is told by itself. `writer_roles` are our own roles."""

    incidents: IncidentMemory
    intents: IntentMemory
    repeated: RepeatedEditMemory
    drift: KnownDriftMemory
    bus: OutcomeBus
    clock: Clock
    gatherer: BulkDetector
    writer_roles: frozenset[str]
    observe: Callable[[Incident], None]

    def publish_and_close(
        self, incident: Incident, acted: Sequence[AppliedChange], delivery: Delivery
    ) -> GroupedIncident | None:
        """Count, publish, and only then forget the intents; returns the bulk that the incident is told with.

        What only waits is counted at once, and published when it is late.
        """
        if incident.signal is not None:
            count_reverts(incident.signal, acted, memory=self.repeated, clock=self.clock)
            # A new account is looked at again by plan, and nothing was left then.
            again = delivery.receives > 1 and incident.signal.cause in TAMPERING
            remember_known_drift(
                incident.signal.account_id,
                incident.outcomes,
                memory=self.drift,
                clock=self.clock,
                again=again,
            )
        waiting = [item for item in acted if item.outcome.verdict is Verdict.PENDING]
        quietly = len(waiting) == len(acted) and not _must_alert(waiting, delivery)
        opened = delivery.receives > 1 and self.incidents.is_opened(incident.id)
        # What was told as open by itself is also closed by itself.
        gathered = None if opened else self._group(incident, told=not quietly)
        if quietly or _is_another_look(acted, delivery):
            return gathered
        standoff = None if opened else self._find_repeated(incident)
        told_with = find_parent_incident(gathered) if gathered else standoff
        if incident.stage is Stage.OPEN and told_with is None:
            self.incidents.mark_opened(incident.id, at=self.clock.now())
        self.publish_only(
            replace(incident, opened=opened, parent_incident_id=told_with, standoff=standoff is not None)
        )
        close_intents(acted, intents=self.intents, clock=self.clock)
        return gathered

    def publish_only(self, incident: Incident) -> None:
        """Put an incident and its outcomes on the bus; RetryableError if it was not taken."""
        self.bus.publish(incident, self.clock.now())
        self.observe(incident)

    def _group(self, incident: Incident, *, told: bool) -> GroupedIncident | None:
        signal = incident.signal
        verdict = find_countable(incident, writer_roles=self.writer_roles, told=told)
        if signal is None or verdict is None:
            return None
        # A count that fails costs a message too many, never one too few.
        with suppress(RetryableError):
            return self.gatherer.record_edit(incident, signal, verdict)
        return None

    def _find_repeated(self, incident: Incident) -> str | None:
        """The message about a standoff that tells of this incident, too; None if there is none."""
        signal, now = incident.signal, self.clock.now()
        if signal is None or signal.cause not in TAMPERING or not is_resolved(incident):
            return None
        told = {
            find_repeated_incident(self.repeated, signal.account_id, outcome.kind, now)
            for outcome in incident.outcomes
            if outcome.kind is not None
        }
        return told.pop() if len(told) == 1 else None


def _is_another_look(acted: Sequence[AppliedChange], delivery: Delivery) -> bool:
    """Whether this is only another look at what was published before: a revert that is not due yet."""
    spaced = [item for item in acted if item.outcome.verdict is Verdict.BACKED_OFF]
    return delivery.receives > 1 and len(spaced) == len(acted)


def _must_alert(waiting: Sequence[AppliedChange], delivery: Delivery) -> bool:
    late = delivery.receives >= LATE_RECEIVES and not all(item.expected for item in waiting)
    return late or any(item.urgent for item in waiting)
