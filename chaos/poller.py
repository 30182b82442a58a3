"""Lambda's event sources: they give messages of the queues to workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaos.faults import draw_number
from chaos.setting import Slot
from chaos.story import HUB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.fakes.queue import Message, Queue
    from chaos.world import World


class Poller:
    """Lambda's event source: gives visible messages to workers that are free."""

    def __init__(self, world: World, queue: Queue, function: str, workers: int) -> None:
        self._world = world
        self._queue = queue
        self._free = [Slot(function, number) for number in range(workers)]

    def restart(self) -> None:
        """New code: workers begin anew. Those at work end with the code that they have."""
        for slot in self._free:
            slot.composed = None

    def dispatch(self) -> None:
        """Give out what can be given out."""
        story = self._world.story
        while self._free and self._queue.count_visible():
            most = story.batch if self._queue.name != "notify" else max(story.batch, 3)
            taken = self._queue.receive(most)
            if not taken:
                continue
            place = "+".join(receipt for _, receipt in taken)
            chosen = int(draw_number(story.seed, "worker", place) * len(self._free))
            self._work(self._free.pop(chosen), taken, place)

    def _work(self, slot: Slot, taken: Sequence[tuple[Message, str]], place: str) -> None:
        world, queue = self._world, self._queue
        label = f"{slot.function}:{place}"
        for message, receipt in taken:
            message.tries.append((world.now, label))
            if world.now < world.story.end and (
                draw_number(world.story.seed, "double", receipt) < world.story.events.double
            ):
                world.statistics["messages delivered twice"] += 1
                wait = 0.1 + 2 * draw_number(world.story.seed, "again", receipt)
                queue.show(message, world.scheduler.now + wait)
        event = {"Records": [_make_record(queue.name, message, receipt) for message, receipt in taken]}

        def done(answer: Any, error: str | None) -> None:
            if error is None:
                failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
                for message, receipt in taken:
                    if message.id not in failed:
                        queue.delete(receipt)
            self._free.append(slot)
            world.scheduler.at(world.scheduler.now, self.dispatch)

        world.invoke(slot, event, label, done)


def _make_record(queue: str, message: Message, receipt: str) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": receipt,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.receives),
            "SentTimestamp": str(int(message.sent_at * 1000)),
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:{HUB}:{queue}",
        "awsRegion": "us-east-1",
    }
