"""A standard SQS queue with a visibility time-out, a receive count and dead letters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chaos.fakes.errors import make_error

if TYPE_CHECKING:
    from collections.abc import Callable

#: A receipt holds its message's id and which receive it was.
_TWELVE_HOURS = 43_200


@dataclass(eq=False, slots=True)
class Message:
    """One message. `tries` says when and by which process each receive was worked on."""

    id: str
    body: str
    sent_at: float
    visible_at: float
    receives: int = 0
    tries: list[tuple[float, str]] = field(default_factory=list)


@dataclass(slots=True)
class Queue:
    """The queue; `wake` is called with the moment when a message will be visible."""

    name: str
    visibility: float
    most_receives: int
    now: Callable[[], float]
    wake: Callable[[float], None]
    messages: dict[str, Message] = field(default_factory=dict)
    dead: list[Message] = field(default_factory=list)
    sent: int = 0
    _redriven: int = 0

    def send(self, body: str, label: str) -> Message:
        """A new message."""
        self.sent += 1
        message = Message(id=label, body=body, sent_at=self.now(), visible_at=self.now())
        if label in self.messages:
            raise ValueError(f"two messages of one name: {label}")
        self.messages[label] = message
        self.wake(message.visible_at)
        return message

    def redrive(self) -> int:
        """Return so many dead letters, each as a new message; `dead` goes on to hold what they were."""
        found = self.dead[self._redriven :]
        for message in found:
            self.send(message.body, f"redriven.{message.id}")
        self._redriven += len(found)
        return len(found)

    def count_visible(self) -> int:
        """How many messages could be received now."""
        return sum(message.visible_at <= self.now() for message in self.messages.values())

    def receive(self, most: int) -> list[tuple[Message, str]]:
        """Visible messages with their receipts; those that came too often go to the dead letters."""
        taken: list[tuple[Message, str]] = []
        for message in list(self.messages.values()):
            if len(taken) == most:
                break
            if message.visible_at > self.now():
                continue
            message.receives += 1
            if message.receives > self.most_receives:
                self.dead.append(self.messages.pop(message.id))
                continue
            message.visible_at = self.now() + self.visibility
            self.wake(message.visible_at)
            taken.append((message, f"{message.id}!{message.receives}"))
        return taken

    def show(self, message: Message, moment: float) -> None:
        """Make it visible at that moment, whoever works on it: a standard queue may deliver twice."""
        message.visible_at = moment
        self.wake(moment)

    def delete(self, receipt: str) -> None:
        """Forget a message; of a receipt that is not the latest AWS may take it or not: here it does."""
        self.messages.pop(receipt.rpartition("!")[0], None)

    def change_visibility(self, receipt: str, seconds: object) -> None:
        """Show it again after so many seconds; ClientError if it is gone or visible already."""
        if not isinstance(seconds, int) or not 0 <= seconds <= _TWELVE_HOURS:
            raise make_error("ChangeMessageVisibility", "InvalidParameterValue", "0 to 43200 whole seconds")
        message = self.messages.get(receipt.rpartition("!")[0])
        if message is None:
            text = "The receipt handle has expired"
            raise make_error("ChangeMessageVisibility", "ReceiptHandleIsInvalid", text)
        if message.visible_at <= self.now():
            text = "Message does not exist or is not available for visibility timeout change"
            raise make_error("ChangeMessageVisibility", "MessageNotInflight", text)
        message.visible_at = self.now() + seconds
        self.wake(message.visible_at)
