"""Intents: what is about to be written, recorded before it is."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rollcall.events.signal import Signal
from rollcall.model.codec import Serializable
from rollcall.model.contact import ContactKind
from rollcall.model.desired import DesiredState, Observation
from rollcall.model.well_known import INTENT_PRODUCT
from rollcall.outcomes.verdicts import Verdict

#: What a worker takes at most for one contact, however much time its function has left.
WORK: Final = timedelta(seconds=60)
#: No call is sent with less time left than this: its answer would come to nobody.
LEAST_LEFT: Final = timedelta(seconds=20)
#: After its worker is gone for so long, an intent may be finished by others: clocks differ by less.
GRACE: Final = timedelta(seconds=30)
#: A write that takes longer than this has likely lost its worker.
USUAL_WORK: Final = timedelta(seconds=10)
#: Seconds that a message waits for one: between these, as long as its intent is locked.
WAITS_SECONDS: Final = (5, 30)


class WriteState(StrEnum):
    """What is known of a write."""

    WRITTEN = "written"  # AWS answered that it was made
    REFUSED = "refused"  # AWS answered that it was not: a throttled call, too
    NOT_SENT = "not-sent"  # its own worker says so
    UNCONFIRMED = "unconfirmed"  # no answer was seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(Serializable):
    """What an event is found to be, whatever becomes of its contact."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Serializable):
    """How a write ended. `request_id` is None where AWS gave no answer."""

    state: WriteState
    reason: str
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIntent(Serializable):
    """What the record of a contact says of an intent: all that a lock needs, and no contact details."""

    id: str
    opened_at: datetime
    #: Its worker is gone then: from this time on, the next worker finishes it.
    until: datetime
    roster_digest: str
    #: Of the event, or of the run, that led to it.
    event_id: str
    #: What its worker knew when it gave up, None while it is at work.
    answer: Answer | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether its worker is gone, whatever became of it."""
        return now >= self.until

    def count_wait(self, now: datetime) -> int | None:
        """Seconds that another message waits for it, None for the usual few.

        A message is received sixty times at most: for a worker that was likely killed it waits in long steps.
        """
        if now - self.opened_at < USUAL_WORK:
            return None
        shortest, longest = WAITS_SECONDS
        return min(longest, max(shortest, int((self.until - now).total_seconds()) + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent(Serializable):
    """One write that was decided, as the ledger keeps it. Nothing is sent before it is there."""

    id: str
    opened_at: datetime
    #: Its worker is gone then.
    until: datetime
    roster_digest: str
    signal: Signal
    kind: ContactKind
    found: Observation = field(repr=False)
    wanted: DesiredState
    #: Whether the roster names the actor as an authorised changer.
    authorised: bool = False
    #: What its signal was judged to be, beside what becomes of the contact: an unrecorded write of our role.
    judged: Judgement | None = None
    #: Parts that the roster keeps as they were found: the edit may have changed them, too.
    kept: tuple[str, ...] = ()

    @property
    def lock(self) -> OpenIntent:
        """What the contact's record says of it while its worker is at work."""
        return OpenIntent(
            id=self.id,
            opened_at=self.opened_at,
            until=self.until,
            roster_digest=self.roster_digest,
            event_id=self.signal.event.id,
        )

    @property
    def send_before(self) -> datetime:
        """No call may be sent later: its worker would not see the answer."""
        return self.until - GRACE - LEAST_LEFT

    @property
    def name(self) -> IntentName:
        """What its call says of itself."""
        return IntentName(intent_id=self.id, account_id=self.signal.account_id, kind=self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentName:
    """What our calls say of themselves in their user agent. It proves nothing without the writer role."""

    intent_id: str
    account_id: str
    kind: ContactKind

    @classmethod
    def find(cls, user_agent: str) -> IntentName | None:
        """The name in a user agent, None if there is none."""
        found = _NAME.search(user_agent)
        if found is None:
            return None
        return cls(intent_id=found[1], account_id=found[2], kind=ContactKind(found[3]))

    def __str__(self) -> str:
        return f"{INTENT_PRODUCT}/{self.intent_id}.{self.account_id}.{self.kind}"


_NAME: Final = re.compile(
    rf"{INTENT_PRODUCT}/(\d{{8}}T\d{{6}}Z-[0-9a-f]{{12}})\.(\d{{12}})\.({'|'.join(ContactKind)})(?![\w.-])",
    re.ASCII,
)


def make_intent_id(*, signal: Signal, kind: ContactKind, owner: str, opened_at: datetime) -> str:
    """An id that two attempts never share and that sorts by time: `20261005T093000Z-1f2e3d4c5b6a`.

    `owner` is the id of the message or run that decided the write.
    """
    seed = f"{signal.event.id}/{signal.account_id}/{kind}/{owner}/{opened_at.isoformat()}"
    return f"{opened_at:%Y%m%dT%H%M%SZ}-{hashlib.sha256(seed.encode()).hexdigest()[:12]}"
