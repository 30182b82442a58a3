"""Forwarders of all accounts -> intake bus -> rule -> intake queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from aws_cdk import Duration
from aws_cdk import aws_events as events

from rollcall.model.well_known import INTAKE_BUS_NAME
from stacks.constructs.bus_to_queue import BusToQueue
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.forwarder import Forwarder
from stacks.constructs.inbox import Inbox
from stacks.constructs.intake_bus import IntakeBus
from stacks.members import forward_from_members
from stacks.sources import ACCOUNT_SOURCE, EVENT_NAMES, EVENT_SOURCES, SOURCES

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from stacks.parts.common import Common

#: How long `reconcile` may take for a batch.
RECONCILE_TIMEOUT: Final = Duration.seconds(60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Where signals wait for `reconcile`, and where those are that it gave up."""

    queue: sqs.Queue
    dead_letters: sqs.Queue

    @classmethod
    def of(cls, stack: Construct, common: Common) -> Self:
        """Make bus, rule, queues and forwarders in the stack."""
        bus = IntakeBus(
            stack,
            "IntakeBus",
            name=INTAKE_BUS_NAME,
            organization_id=common.settings.organization,
            sources=SOURCES,
        ).bus
        dead_letters = DeadLetters(
            stack,
            "IntakeDeadLetters",
            content="account events",
            alert_topic=common.topic,
            runbook=common.section("DeadLetters"),
        ).queue
        queue = Inbox(
            stack,
            "Intake",
            consumer_timeout=RECONCILE_TIMEOUT,
            # Generous: reconcile itself shortens the visibility to come back to an account that settles.
            max_receive_count=20,
            dead_letters=dead_letters,
        ).queue
        BusToQueue(
            stack,
            "Signals",
            bus=bus,
            # Not on request parameters, whose spelling is not settled, and not on the detail-type.
            pattern=events.EventPattern(
                source=list(SOURCES),
                detail={"eventSource": list(EVENT_SOURCES), "eventName": list(EVENT_NAMES)},
            ),
            queue=queue,
            dead_letters=dead_letters,
        )
        # The hub is an account of the organization, too.
        Forwarder(stack, "Forwarder", sources=[ACCOUNT_SOURCE], intake_bus=bus, dead_letters=dead_letters)
        if members := forward_from_members(stack, common.settings, call_as="DELEGATED_ADMIN"):
            members.node.add_dependency(bus)  # with its policy: else their first events wait for a retry
        return cls(queue=queue, dead_letters=dead_letters)
