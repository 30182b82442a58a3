"""A rule that moves events from a bus into a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from stacks.replays import refuse_replays

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs


class BusToQueue(Construct):
    """A rule on `bus` that queues matching events; without `bus`, on the default one.

    Events that cannot be delivered go to `dead_letters`. Both queues accept messages from this rule only: the
    target writes their policies, with aws:SourceArn.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        bus: events.IEventBus | None,
        pattern: events.EventPattern,
        queue: sqs.IQueue,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id_)
        self.rule = events.Rule(self, "Rule", event_bus=bus, event_pattern=pattern)
        refuse_replays(self.rule)
        self.rule.add_target(targets.SqsQueue(queue, dead_letter_queue=dead_letters))
