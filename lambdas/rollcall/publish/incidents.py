"""Publish the incident of an event, and only then close the intents that led to it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rollcall.bulk_edits.detector import notice_id
from rollcall.events.signal import TAMPERING, Ignored, Signal
from rollcall.model.errors import RetryableError
from rollcall.outcomes.outcome import Incident, Stage, incident_id
from rollcall.outcomes.severity import is_told
from rollcall.outcomes.verdicts import Verdict
from rollcall.publish.known_drift import remember_announced
from rollcall.repeated_edits.backoff import reverted, told_by

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from rollcall.bulk_edits.detector import Gatherer
    from rollcall.bulk_edits.model import Gathered
    from rollcall.model.account import Account
    from rollcall.ports import Delivery, Ports
    from rollcall.write.apply_change import Acted

#: A contact that is right, or will be by itself.
_RIGHT: Final = frozenset({Verdict.SET, Verdict.UNDONE, Verdict.COMPLIANT, Verdict.SPACED})


def counts_as(incident: Incident, *, writer_roles: Collection[str], told: bool) -> Verdict | None:
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
        and (outcome.verdict is Verdict.SPACED or is_told(signal, outcome.verdict, authorised=False))
        and (outcome.verdict is not Verdict.PENDING or told or outcome.found is not None)
    ]
    if Verdict.UNRECORDED_WRITE in verdicts:
        return Verdict.UNRECORDED_WRITE
    if not verdicts or signal.actor.role_arn in writer_roles:
        return None
    return verdicts[-1]


def put_right(incident: Incident) -> bool:
    """Whether nothing is left to do: in a standoff people know of that already."""
    return all(outcome.verdict in _RIGHT for outcome in incident.outcomes)


#: From this receive on, a contact that still waits is told even if nothing refused: the restore is late.
LATE_RECEIVES = 3


def incident_of(signal: Signal | Ignored, account: Account | None, acted: Sequence[Acted]) -> Incident:
    """The incident that gathers what was done because of one event."""
    known = signal if isinstance(signal, Signal) else None
    return Incident(
        id=incident_id(event=signal.event, signal=known),
        event=signal.event,
        signal=known,
        account=account,
        outcomes=tuple(item.outcome for item in acted),
    )


def forget(acted: Sequence[Acted], ports: Ports) -> None:
    """Close the intents whose outcomes were published: a crash before this tells twice, never not at all."""
    for item in acted:
        if item.intent is not None:
            ports.state.close_intent(item.intent, claimable=item.claimable, at=ports.clock.now())


def count_reverts(signal: Signal, acted: Sequence[Acted], ports: Ports) -> None:
    """Remember what was put back; RetryableError, and the intents are still open then."""
    for item in acted:
        if item.outcome.verdict is Verdict.SET and item.outcome.kind is not None:
            reverted(signal, item.outcome.kind, ports)


def gathered_by(incident: str, ports: Ports) -> str | None:
    """The incident id of the bulk that an incident was told with, None if it is told by itself."""
    gathered = ports.state.gathered(incident)
    return notice_id(gathered) if gathered else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Publishes incidents, and decides whether one is told by itself. `writer_roles` are our own roles."""

    ports: Ports
    gatherer: Gatherer
    writer_roles: frozenset[str]
    observe: Callable[[Incident], None]

    def tell(self, incident: Incident, acted: Sequence[Acted], delivery: Delivery) -> Gathered | None:
        """Count, publish, and only then forget the intents; returns the bulk that the incident is told with.

        What only waits is counted at once, and published when it is late.
        """
        if incident.signal is not None:
            count_reverts(incident.signal, acted, self.ports)
            # A new account is looked at again by plan, and nothing was left then.
            again = delivery.receives > 1 and incident.signal.cause in TAMPERING
            remember_announced(incident.signal.account_id, incident.outcomes, self.ports, again=again)
        waiting = [item for item in acted if item.outcome.verdict is Verdict.PENDING]
        quietly = len(waiting) == len(acted) and not _to_be_told(waiting, delivery)
        opened = delivery.receives > 1 and self.ports.state.opened(incident.id)
        # What was told as open by itself is also closed by itself.
        gathered = None if opened else self._gathered(incident, told=not quietly)
        if quietly or _comes_back(acted, delivery):
            return gathered
        standoff = None if opened else self._standoff(incident)
        told_with = notice_id(gathered) if gathered else standoff
        if incident.stage is Stage.OPEN and told_with is None:
            self.ports.state.mark_opened(incident.id, at=self.ports.clock.now())
        self.publish(replace(incident, opened=opened, gathered_by=told_with, standoff=standoff is not None))
        forget(acted, self.ports)
        return gathered

    def publish(self, incident: Incident) -> None:
        """Put an incident and its outcomes on the bus; RetryableError if it was not taken."""
        self.ports.bus.publish(incident, self.ports.clock.now())
        self.observe(incident)

    def _gathered(self, incident: Incident, *, told: bool) -> Gathered | None:
        signal = incident.signal
        verdict = counts_as(incident, writer_roles=self.writer_roles, told=told)
        if signal is None or verdict is None:
            return None
        # A count that fails costs a message too many, never one too few.
        with suppress(RetryableError):
            return self.gatherer.gather(incident, signal, verdict)
        return None

    def _standoff(self, incident: Incident) -> str | None:
        """The message about a standoff that tells of this incident, too; None if there is none."""
        signal, now = incident.signal, self.ports.clock.now()
        if signal is None or signal.cause not in TAMPERING or not put_right(incident):
            return None
        told = {
            told_by(self.ports.state, signal.account_id, outcome.kind, now)
            for outcome in incident.outcomes
            if outcome.kind is not None
        }
        return told.pop() if len(told) == 1 else None


def _comes_back(acted: Sequence[Acted], delivery: Delivery) -> bool:
    """Whether this is only another look at what was published before: a revert that is not due yet."""
    spaced = [item for item in acted if item.outcome.verdict is Verdict.SPACED]
    return delivery.receives > 1 and len(spaced) == len(acted)


def _to_be_told(waiting: Sequence[Acted], delivery: Delivery) -> bool:
    late = delivery.receives >= LATE_RECEIVES and not all(item.expected for item in waiting)
    return late or any(item.urgent for item in waiting)
