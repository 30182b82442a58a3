"""Channels beside a world: each with its own queue and memory, in the world's time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rollcall.adapters.slack import Bot, HttpAnswer, SlackChannel
from rollcall.model.levels import Severity
from rollcall.notify.message import Links
from rollcall.notify.notifier import Notifier
from rollcall.runtime.handlers import process
from tests.support.memory import Crash, Faults, MemoryChannel
from tests.support.world import Message, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.notify.notifier import Channel

#: As the stack sets them: receives before the dead letters, and seconds until a killed worker's come back.
MAX_RECEIVES, VISIBILITY = 30, 360
LINKS = Links(region="us-east-1", runbook="https://docs.example.com/operations")


@dataclass
class FakeSlack:
    """Slack's method chat.postMessage. `mood` answers in its place while it gives something."""

    mood: Callable[[], HttpAnswer | None] = lambda: None
    faults: Faults = field(default_factory=Faults)
    posts: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0

    def __call__(self, _url: str, body: Mapping[str, Any], _headers: Mapping[str, str]) -> HttpAnswer:
        self.tries += 1
        answer = self.mood()
        if answer is not None:
            return answer
        self.posts.append(dict(body) | {"ts": f"{len(self.posts)}.0"})
        self.faults("slack.after")
        done = {"ok": True, "ts": self.posts[-1]["ts"]}
        return HttpAnswer(status=200, headers={}, body=json.dumps(done).encode())

    def get_credential(self) -> Bot:
        return Bot(token="xoxb-for-tests")  # noqa: S106  # opens nothing

    def forget(self) -> None:
        """There is no other one."""

    def channel(self) -> Channel:
        return SlackChannel(post=self, secret=self, channel="C0123ABCDEF")


@dataclass
class Subscription:
    """One channel's queue, function and dead letters."""

    world: World
    channel: Channel
    minimum: Severity = Severity.INFO
    faults: Faults = field(default_factory=Faults)
    queue: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    received: int = 0

    def __post_init__(self) -> None:
        self.notifier = Notifier(
            alerted=MemoryChannel(self.faults),
            channel=self.channel,
            minimum=self.minimum,
            clock=self.world.clock,
            links=LINKS,
        )

    def take(self, event: Mapping[str, Any]) -> None:
        """What the rule on the outcome bus queues."""
        self.received += 1
        now = self.world.clock.now().timestamp()
        self.queue.append(Message(f"c{self.received}", json.dumps(event), visible_at=now))

    def work_off(self) -> None:
        """Deliver what is visible now, once each."""
        now = self.world.clock.now().timestamp()
        for message in [one for one in self.queue if one.visible_at <= now]:
            self._deliver(message)

    def _deliver(self, message: Message) -> None:
        message.receives += 1
        record = {
            "messageId": message.id,
            "receiptHandle": message.id,
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": str(message.receives)},
        }
        try:
            answer = process(
                {"Records": [record]}, lambda body, _: self.notifier.handle(body), queue=self, log=self
            )
        except Crash:
            message.visible_at = self.world.clock.now().timestamp() + VISIBILITY
            return
        if not answer["batchItemFailures"]:
            self.queue.remove(message)
        elif message.receives >= MAX_RECEIVES:
            self.queue.remove(message)
            self.dead.append(message)

    def return_in(self, receipt: str, seconds: int) -> None:
        (message,) = [one for one in self.queue if one.id == receipt]
        message.visible_at = self.world.clock.now().timestamp() + seconds

    def warning(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None:
        self.warnings.append({"message": msg, **(extra or {})})


class Broadcast(World):
    """A world whose incidents and notices go to several channels; `run` is `drain` and the channels, too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.subscriptions: dict[str, Subscription] = {}
        self.subscribe("sns", self.topic)
        self.bus.listener = self._fan_out

    def subscribe(self, name: str, channel: Channel, minimum: Severity = Severity.INFO) -> Subscription:
        self.subscriptions[name] = Subscription(world=self, channel=channel, minimum=minimum)
        return self.subscriptions[name]

    def _fan_out(self, event: dict[str, Any]) -> None:
        for one in self.subscriptions.values():
            one.take(event)

    def deliver(self, message: Message) -> None:
        super().deliver(message)
        self._tell()

    def run(self, *, until: float | None = None) -> Broadcast:
        """Deliver everything, of channels too, in order of time; `until` at most so many seconds more."""
        end = None if until is None else self.clock.now().timestamp() + until
        while True:
            self._tell()
            due = [one.visible_at for one in self.queue]
            due += [one.visible_at for sub in self.subscriptions.values() for one in sub.queue]
            now = self.clock.now().timestamp()
            if not due or (end is not None and min(due) > end):
                if end is not None and end > now:
                    self.clock.sleep(end - now)
                    self.cloud.pump()
                return self
            if min(due) > now:
                self.clock.sleep(min(due) - now)
                self.cloud.pump()
            for message in [one for one in self.queue if one.visible_at <= self.clock.now().timestamp()]:
                self.deliver(message)

    def _tell(self) -> None:
        for one in self.subscriptions.values():
            one.work_off()
