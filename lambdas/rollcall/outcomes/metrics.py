"""What the functions count: every metric by its name, in one namespace, by function and nothing finer."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rollcall.events.signal import TAMPERING, parse_time
from rollcall.outcomes.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall.outcomes.outcome import Incident

NAMESPACE: Final = "Rollcall"
#: The one dimension. Each of its values is a metric that is paid for: there is none per account.
DIMENSION: Final = "service"


class Service(StrEnum):
    """The functions that count something: values of the dimension."""

    RECONCILE = "reconcile"
    SWEEP = "sweep"


class Metric(StrEnum):
    """What is counted; RESTORE_MILLISECONDS is measured.

    * SWEEP_FINISHED: 1 for each run that looked at all accounts, also if a plan is pending.
    * SWEEP_FAILED: 1 for a run with a step that was given up, else 0.
    * SWEEP_HELD: plans of a run that wait for a person.
    * SWEEP_DRIFT: changed contacts that were found by the sweep only.
    * CONTACTS_UNREADABLE: contacts that a run could not read.
    * REPEATED_EDITS: 1 for each change of a contact that somebody keeps changing, and that is restored later.
    * RESTORE_MILLISECONDS: from the change, as CloudTrail dates it, until the contact was verified again,
      but for what was late on purpose.
    """

    SWEEP_FINISHED = "SweepFinished"
    SWEEP_FAILED = "SweepFailed"
    SWEEP_HELD = "SweepHeld"
    SWEEP_DRIFT = "SweepDrift"
    CONTACTS_UNREADABLE = "ContactsUnreadable"
    RESTORE_MILLISECONDS = "RestoreMilliseconds"
    REPEATED_EDITS = "RepeatedEdits"


#: Whose each is.
SERVICES: Final = dict.fromkeys(Metric, Service.SWEEP) | {
    Metric.RESTORE_MILLISECONDS: Service.RECONCILE,
    Metric.REPEATED_EDITS: Service.RECONCILE,
}

_MILLISECOND: Final = timedelta(milliseconds=1)


def measure_incident(incident: Incident, now: datetime) -> Iterator[tuple[Metric, int]]:
    """What an incident that was just published counts."""
    signal = incident.signal
    if signal is None or signal.cause not in TAMPERING or (changed_at := parse_time(signal)) is None:
        return
    took = (now - changed_at) // _MILLISECOND
    for outcome in incident.outcomes:
        if outcome.verdict is Verdict.SET and not incident.repeated:
            yield Metric.RESTORE_MILLISECONDS, max(took, 0)
        elif outcome.verdict is Verdict.BACKED_OFF:
            yield Metric.REPEATED_EDITS, 1
