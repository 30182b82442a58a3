"""What several tests of one subject share: alert rendering."""

from dataclasses import replace

from rollcall.events.monitored import BY_NAME
from rollcall.events.signal import TAMPERING, Cause
from tests.support.samples import (
    EVENT,
    SIGNAL,
)

#: Every cause, and each monitored event: (cause, event name, whether the actor is authorised).
HAPPENINGS = [
    *((cause, SIGNAL.event.name, False) for cause in Cause if cause not in {Cause.MONITORED, Cause.SWEPT}),
    *((cause, SIGNAL.event.name, True) for cause in sorted(TAMPERING)),
    *((Cause.MONITORED, name, False) for name in sorted(BY_NAME)),
]


def signal_of(cause, event_name=None):
    name = event_name or ("PutContactInformation" if cause is Cause.MONITORED else SIGNAL.event.name)
    return replace(SIGNAL, cause=cause, event=replace(EVENT, name=name))
