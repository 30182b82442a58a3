"""Whether a message is still to be sent on one channel, by what that channel was told of its incident."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from rollcall.errors import WaitError
from rollcall.outcomes import Stage

if TYPE_CHECKING:
    from rollcall.alerts.message import Message
    from rollcall.levels import Severity

_CLOSED: Final = f"{Stage.CLOSED}#"
_OPENED: Final = f"{Stage.OPEN}#"


class Decision(Enum):
    """What to do with a message."""

    SEND = "send"
    #: It was told before, or something later was.
    DROP = "drop"
    #: Not loud enough for this channel, which must remember it: its closing is not to be awaited.
    WITHHOLD = "withhold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one channel was told of one incident.

    `steps` are those of the messages that were sent, `withheld` is whether the opening was too quiet for it,
    `thread` what the channel calls the first message, if it has threads.
    """

    steps: frozenset[str] = frozenset()
    withheld: bool = False
    thread: str | None = None


def decide(message: Message, told: Told, *, minimum: Severity) -> Decision:
    """Send it or not. WaitError if it would close what this channel has not been told as open yet.

    After a closing only one that tells of another write is news: a late opening would undo it. Who was told
    that an incident is not over is told when it is, however quiet the end.
    """
    loud = message.severity >= minimum
    if message.step in told.steps or _superseded(message, told):
        return Decision.DROP
    if message.update is None and message.stage is Stage.OPEN:
        return Decision.SEND if loud else Decision.WITHHOLD
    if message.closes_only or (message.opened and not loud):
        return _closing(told)
    return Decision.SEND if loud else Decision.DROP


def _superseded(message: Message, told: Told) -> bool:
    """Whether something was told that makes this no news."""
    if message.update is not None:
        return any(step > message.step for step in told.steps)
    return not message.content and any(step.startswith(_CLOSED) for step in told.steps)


def _closing(told: Told) -> Decision:
    """For those only who were told of the opening."""
    if _OPENED in told.steps:
        return Decision.SEND
    if told.withheld:
        return Decision.DROP
    raise WaitError("the opening of this incident is still under way")
