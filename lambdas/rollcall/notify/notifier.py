"""Send an incident or notice to one channel: in order, and once however often it is delivered."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

from rollcall.model.errors import MalformedEventError, RetryableError, RollcallError, WaitError
from rollcall.notify.incidents import build_incident_message
from rollcall.notify.message import Links, Message, Status, split_message
from rollcall.notify.notices import build_notice_message
from rollcall.outcomes.outcome import Stage

if TYPE_CHECKING:
    from rollcall.model.levels import Severity
    from rollcall.ports import Clock

_CLOSED: Final = f"{Stage.CLOSED}#"
_OPENED: Final = f"{Stage.OPEN}#"
_WRONG: Final = "wrong#"


class Decision(Enum):
    """What to do with a message."""

    SEND = "send"
    #: It was sent before, or something later was.
    DROP = "drop"
    #: Not loud enough for this channel, which must remember it: its closing is not to be awaited.
    WITHHOLD = "withhold"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRecord:
    """What was sent to one channel about one incident.

    `steps` are those of the messages that were sent, and what they said was left wrong; `newest` is when the
    newest of them was decided. `withheld` is whether the opening was too quiet for it, `thread` what the
    channel calls the first message, if it has threads.
    """

    steps: frozenset[str] = frozenset()
    withheld: bool = False
    thread: str | None = None
    newest: datetime | None = None


#: So long the closing of an incident waits for its opening on the same channel.
OPENING_WITHIN: Final = timedelta(minutes=10)


def decide(message: Message, sent: ChannelRecord, *, minimum: Severity, age: timedelta) -> Decision:
    """Send it or not. WaitError if it would close an incident that this channel has not shown as open yet.

    `age` is how long ago the message was decided: a closing whose opening never came is sent.
    After a closing only another write, or something that went wrong since, is sent: a late opening would show
    the incident as open again. A channel that showed an incident as open also shows its end, however quiet.
    """
    loud = message.severity >= minimum or (_is_end(message) and bool(sent.steps))
    known = message.step in sent.steps or _is_superseded(message, sent)
    if known and not _is_worse(message, sent):
        return Decision.DROP
    if message.opens:
        return Decision.SEND if loud else Decision.WITHHOLD
    if message.closes_only or (message.opened and not loud):
        return _decide_closing(message, sent, age)
    return Decision.SEND if loud else Decision.DROP


def _is_superseded(message: Message, sent: ChannelRecord) -> bool:
    """Whether a message that was sent already says as much or more."""
    if message.update is not None:
        return not message.adds and any(step > message.step for step in sent.steps)
    return not message.content and any(step.startswith(_CLOSED) for step in sent.steps)


def _is_worse(message: Message, sent: ChannelRecord) -> bool:
    """Whether something went wrong since the newest that was sent."""
    newer = sent.newest is not None and message.decided_at > sent.newest
    return newer and not _name_wrong(message) <= sent.steps


def _name_wrong(message: Message) -> frozenset[str]:
    return frozenset(f"{_WRONG}{one}" for one in message.wrong)


def _is_end(message: Message) -> bool:
    """Whether a notice says that its incident is resolved."""
    return message.update is not None and message.status is Status.RESOLVED


def _decide_closing(message: Message, sent: ChannelRecord, age: timedelta) -> Decision:
    """Only for a channel that showed the opening."""
    if _OPENED in sent.steps or (_is_end(message) and sent.steps):
        return Decision.SEND
    if sent.withheld:
        return Decision.DROP
    if age >= OPENING_WITHIN:
        return Decision.SEND
    raise WaitError("the opening of this incident is still under way")


def read_event(event: object, links: Links) -> Message:
    """The message of an incident or a notice; MalformedEventError if the event is neither."""
    found = event.get("detail") if isinstance(event, Mapping) else None
    document = found if isinstance(found, Mapping) else {}
    try:
        return (build_notice_message if "notice" in document else build_incident_message)(document, links)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        # `from None`: the text of such an error may hold a piece of the message.
        raise MalformedEventError("no incident document of version 1, and no notice either") from None


class ChannelMemory(Protocol):
    """Memory of what was sent to one channel."""

    def begin(self, incident_id: str, now: datetime) -> ChannelRecord:
        """Lock this incident, so that no other worker sends it; what was sent until now.

        RetryableError while another worker has it locked. The lock of one that dies ends after a while.
        """

    def end(self, incident_id: str, now: datetime, sent: ChannelRecord) -> None:
        """Remember what is sent by now, and unlock; RetryableError if it was not taken."""


class Channel(Protocol):
    """Where people listen. `longest` is how many characters of a message's items one post takes."""

    longest: int

    def send(self, message: Message, *, thread: str | None, follows: bool) -> str | None:
        """Send one message; what the channel calls it, if it has threads.

        `thread` is what it called the first of this incident, `follows` whether there was one.
        RetryableError if it was not taken.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Sends incidents and notices of at least `minimum` to one channel."""

    alerted: ChannelMemory
    channel: Channel
    minimum: Severity
    clock: Clock
    links: Links

    def handle(self, event: object) -> tuple[Message, Decision]:
        """Send an event's message, unless it is not to be sent here; MalformedEventError, RetryableError."""
        message = read_event(event, self.links)
        sent = self.alerted.begin(message.incident_id, self.clock.now())
        try:
            age = self.clock.now() - message.decided_at
            decision = decide(message, sent, minimum=self.minimum, age=age)
            after = self._send(message, sent, decision)
        except RollcallError:
            # Unlock at once. If even that fails, the lock ends by itself.
            with suppress(RetryableError):
                self.alerted.end(message.incident_id, self.clock.now(), sent)
            raise
        self.alerted.end(message.incident_id, self.clock.now(), after)
        return message, decision

    def _send(self, message: Message, sent: ChannelRecord, decision: Decision) -> ChannelRecord:
        match decision:
            case Decision.DROP:
                return sent
            case Decision.WITHHOLD:
                return replace(sent, withheld=True)
            case Decision.SEND:
                thread, follows = sent.thread, bool(sent.steps)
                for part in split_message(message, self.channel.longest):
                    name = self.channel.send(part, thread=thread, follows=follows)
                    thread, follows = thread or name, True
                return replace(
                    sent,
                    steps=sent.steps | {message.step} | _name_wrong(message),
                    thread=thread,
                    newest=max(filter(None, (sent.newest, message.decided_at))),
                )
