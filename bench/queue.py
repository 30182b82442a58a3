"""The intake queue: visibility, receives, dead letters; as SQS has them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.clock import Clock

#: Of the template: six times the time-out of `reconcile`, and sixty tries.
VISIBILITY_SECONDS, MAX_RECEIVES, BATCH = 360.0, 60, 10


@dataclass(slots=True)
class QueuedMessage:
    """One message; `receives` counts from 1."""

    id: str
    body: str
    sent_at: float
    receives: int = 0


class IntakeQueue:
    """Messages by the moment at which they may be received."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = count(1)
        self._ready: deque[str] = deque()
        self._later: list[tuple[float, int, str]] = []
        self._visible_at: dict[str, float] = {}
        self.messages: dict[str, QueuedMessage] = {}
        self.dead: list[QueuedMessage] = []
        self.max_receives = 0
        self.sent = 0

    def send(self, body: str) -> QueuedMessage:
        """A message that may be received at once."""
        self.sent += 1
        message = QueuedMessage(id=f"m{next(self._numbers)}", body=body, sent_at=self._seconds())
        self.messages[message.id] = message
        self._ready.append(message.id)
        return message

    def receive(self) -> list[QueuedMessage]:
        """Up to a batch of messages; one that was tried too often is dead."""
        self._wake()
        taken: list[QueuedMessage] = []
        while self._ready and len(taken) < BATCH:
            message = self.messages[self._ready.popleft()]
            if message.receives >= MAX_RECEIVES:
                self.dead.append(self.messages.pop(message.id))
                continue
            message.receives += 1
            self.max_receives = max(self.max_receives, message.receives)
            self.return_in(message.id, VISIBILITY_SECONDS)
            taken.append(message)
        return taken

    def return_in(self, receipt: str, seconds: float) -> None:
        """Show the message again after this time, and not before."""
        at = self._seconds() + seconds
        self._visible_at[receipt] = at
        heappush(self._later, (at, next(self._numbers), receipt))

    def delete(self, message_id: str) -> None:
        """It was handled."""
        del self.messages[message_id]

    def records(self, messages: list[QueuedMessage]) -> dict[str, Any]:
        """The event that the function gets."""
        return {
            "Records": [
                {
                    "messageId": message.id,
                    "receiptHandle": message.id,
                    "body": message.body,
                    "attributes": {"ApproximateReceiveCount": str(message.receives)},
                }
                for message in messages
            ]
        }

    def _wake(self) -> None:
        now = self._seconds()
        while self._later and self._later[0][0] <= now:
            at, _, message_id = heappop(self._later)
            if message_id in self.messages and self._visible_at.get(message_id) == at:
                self._ready.append(message_id)

    def _seconds(self) -> float:
        return self._clock.now().timestamp()
