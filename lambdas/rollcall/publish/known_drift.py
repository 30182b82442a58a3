"""What events announced and nobody put right at once: a later sweep that does is not the first to know."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from rollcall.model.desired import Present, Unreadable
from rollcall.model.errors import RetryableError
from rollcall.outcomes.verdicts import RIGHT, VERDICTS, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from rollcall.model.contact import ContactKind
    from rollcall.model.desired import Observation
    from rollcall.outcomes.outcome import Outcome
    from rollcall.ports import Clock

#: Longer than a pause should last; after it, a sweep counts the contact although an event came.
REMEMBERED: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDrift:
    """An event led to this contact, and it was left as it was.

    `found` is the fingerprint of what was there then, None if nobody could read it: then it may be anything.
    """

    account_id: str
    kind: ContactKind
    found: str | None
    at: datetime

    def is_remembered(self, now: datetime) -> bool:
        """Whether it counts still: the table may forget it some days later than it should."""
        return now - self.at < REMEMBERED

    def matches(self, found: Observation) -> bool:
        """Whether this is what the event announced, and not what somebody made of it later."""
        return self.found is None or self.found == compute_fingerprint(found)


class KnownDriftMemory(Protocol):
    """Memory of what was announced. RetryableError from each."""

    def remember_drift(self, announced: KnownDrift) -> None:
        """Remember it, in place of what was announced of this contact before."""

    def forget_drift(self, account_id: str, kind: ContactKind) -> None:
        """Forget what was announced of this contact, if anything was: it was put right."""

    def list_known_drift(self) -> Sequence[KnownDrift]:
        """All of it, by account and kind."""

    def resolve_drift(self, announced: KnownDrift) -> None:
        """Forget exactly this: a sweep found the contact right. What was announced since stays."""

    def refine_drift(self, announced: KnownDrift) -> None:
        """Remember `found` of exactly this: a sweep could read what no event could. As above otherwise."""


def compute_fingerprint(found: Observation | None) -> str | None:
    """The same for what AWS takes for the same, None for what could not be read. No contact details."""
    if found is None or isinstance(found, Unreadable):
        return None
    # AWS trims the e-mail and keeps the rest verbatim.
    values = [*_list_values(found)] if isinstance(found, Present) else []
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32]


def remember_known_drift(
    account_id: str, outcomes: Iterable[Outcome], *, memory: KnownDriftMemory, clock: Clock, again: bool
) -> None:
    """Remember which contacts an event led to and left as they were, and forget which are right since.

    `again` is whether the message came before: what it left then may be right by now. Never raises: what is
    forgotten makes a sweep count a contact too many, and keeps nobody from being told.
    """
    for outcome in outcomes:
        if outcome.kind is None:
            continue
        with suppress(RetryableError):
            # Else the next sweep forgets what others put right: no write for each event that finds nothing.
            if outcome.verdict is Verdict.SET or (again and outcome.verdict in RIGHT):
                memory.forget_drift(account_id, outcome.kind)
            elif VERDICTS[outcome.verdict].remembered:
                left = KnownDrift(
                    account_id=account_id,
                    kind=outcome.kind,
                    found=compute_fingerprint(outcome.found),
                    at=clock.now(),
                )
                memory.remember_drift(left)


def _list_values(found: Present) -> Iterable[str]:
    contact = found.contact
    return contact.name, contact.title, contact.email.strip(), contact.phone
