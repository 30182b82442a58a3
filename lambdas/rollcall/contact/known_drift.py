"""Drift that an event led to and that was left as it was: a later sweep is not the first to find it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rollcall.model.codec import Serializable
from rollcall.model.desired import Observation, Present, Unreadable
from rollcall.outcomes.verdicts import RIGHT, VERDICTS, Verdict

#: Longer than a pause should last; after it, a sweep counts the contact although an event came.
REMEMBERED: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDrift(Serializable):
    """An event led to this contact, and it was left as it was."""

    #: Fingerprint of what was there then, None if nobody could read it: then it may be anything.
    found: str | None
    at: datetime

    def is_remembered(self, now: datetime) -> bool:
        """Whether it counts still: the table may forget it some days later than it should."""
        return now - self.at < REMEMBERED

    def matches(self, found: Observation) -> bool:
        """Whether this is the drift that the event led to, and not a later change."""
        return self.found is None or self.found == compute_fingerprint(found)


def compute_fingerprint(found: Observation | None) -> str | None:
    """The same for what AWS takes for the same, None for what could not be read. No contact details."""
    if found is None or isinstance(found, Unreadable):
        return None
    values = sorted(found.contact.as_stored().as_document().items()) if isinstance(found, Present) else []
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32]


def note_drift(
    known: KnownDrift | None, verdict: Verdict, found: Observation | None, at: datetime
) -> KnownDrift | None:
    """What is known after an event led to the contact and it ended so, by a look or a write `at` that time.

    Pure. What a later look found stays: a slow worker may store what it knew before.
    """
    if known is not None and known.at > at:
        return known
    if verdict in RIGHT:
        return None
    if not VERDICTS[verdict].remembered:
        return known
    drift = KnownDrift(found=compute_fingerprint(found), at=at)
    return known if known is not None and known.found == drift.found else drift
