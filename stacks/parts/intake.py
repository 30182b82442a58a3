"""Forwarders of all accounts -> intake bus -> rule -> intake queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from rollcall.model.well_known import INTAKE_BUS_NAME
from stacks.constructs.bus_to_queue import BusToQueue
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.forwarder import Forwarder
from stacks.constructs.inbox import Inbox
from stacks.constructs.intake_bus import IntakeBus
from stacks.members import add_member_forwarders
from stacks.sources import ACCOUNT_SOURCE, EVENT_NAMES, EVENT_SOURCES, SOURCES

if TYPE_CHECKING:
    from stacks.parts.common import Common

#: How long `reconcile` may take for a batch.
RECONCILE_TIMEOUT: Final = Duration.seconds(60)
#: A message that waits for another worker comes back within seconds, one about an account that settles every
#: quarter of an hour. Sixty receives of a message that always fails take almost 13 hours.
_TRIES: Final = 60


class Intake(Construct):
    """`queue` holds signals for `reconcile`, `dead_letters` those that it could not handle."""

    def __init__(self, scope: Construct, id_: str, *, common: Common) -> None:
        super().__init__(scope, id_)
        bus = IntakeBus(
            self,
            "Bus",
            name=INTAKE_BUS_NAME,
            organization_id=common.settings.organization,
            sources=SOURCES,
        ).bus
        self.dead_letters = DeadLetters(
            self,
            "DeadLetters",
            content="account events",
            alert_topic=common.topic,
            runbook=common.get_runbook_link("DeadLetters"),
        ).queue
        self.queue = Inbox(
            self,
            "Queue",
            consumer_timeout=RECONCILE_TIMEOUT,
            max_receive_count=_TRIES,
            dead_letters=self.dead_letters,
        ).queue
        BusToQueue(
            self,
            "Signals",
            bus=bus,
            # Not on request parameters, whose spelling is not settled, and not on the detail-type.
            pattern=events.EventPattern(
                source=list(SOURCES),
                detail={"eventSource": list(EVENT_SOURCES), "eventName": list(EVENT_NAMES)},
            ),
            queue=self.queue,
            dead_letters=self.dead_letters,
        )
        # The hub is an account of the organization, too.
        Forwarder(self, "Forwarder", sources=[ACCOUNT_SOURCE], intake_bus=bus, dead_letters=self.dead_letters)
        if members := add_member_forwarders(self, common.settings, call_as="DELEGATED_ADMIN"):
            members.node.add_dependency(bus)  # with its policy: else their first events wait for a retry
