"""Forwarders of all accounts -> intake bus -> rules -> intake queue, and a queue for our own writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from rollcall.model.well_known import INTAKE_BUS_NAME
from stacks.arns import get_management_role_arn, get_reconcile_role_arn
from stacks.constructs.bus_to_queue import BusToQueue
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.forwarder import Forwarder
from stacks.constructs.inbox import Inbox
from stacks.constructs.intake_bus import IntakeBus
from stacks.members import add_member_forwarders
from stacks.sources import ACCOUNT_SOURCE, EVENT_NAMES, EVENT_SOURCES, SOURCES, WRITE_NAMES

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs

    from stacks.parts.common import Common

#: How long `reconcile` may take for a batch.
RECONCILE_TIMEOUT: Final = Duration.seconds(60)
#: A message that waits for another worker comes back within seconds, one about an account that settles every
#: quarter of an hour. Sixty receives of a message that always fails take almost 13 hours.
_TRIES: Final = 60


class Intake(Construct):
    """`queue` holds signals for `reconcile`, `echoes` the events of its own writes.

    A rollout of 10,000 writes has as many echoes, which delay no signal. What could not be handled is in
    `dead_letters` and `echo_dead_letters`.
    """

    def __init__(self, scope: Construct, id_: str, *, common: Common) -> None:
        super().__init__(scope, id_)
        self._common = common
        self._bus = IntakeBus(
            self,
            "Bus",
            name=INTAKE_BUS_NAME,
            organization_id=common.settings.organization,
            sources=SOURCES,
        ).bus
        writers = [get_reconcile_role_arn(common.settings), get_management_role_arn(common.settings)]
        # `anything-but` alone does not match without the field, which root users do not have.
        others = {"eventName": list(WRITE_NAMES)} | _issued_by({"anything-but": writers}, {"exists": False})
        rest = [name for name in EVENT_NAMES if name not in WRITE_NAMES]
        self.queue, self.dead_letters = self._add_queue(
            self, "account events", {"$or": [{"eventName": rest}, others]}
        )
        self.echoes, self.echo_dead_letters = self._add_queue(
            Construct(self, "Echoes"),
            "events of its own writes",
            {"eventName": list(WRITE_NAMES)} | _issued_by(*writers),
        )
        # The hub is an account of the organization, too.
        Forwarder(
            self,
            "Forwarder",
            sources=[ACCOUNT_SOURCE],
            intake_bus=self._bus,
            dead_letters=self.dead_letters,
        )
        if members := add_member_forwarders(self, common.settings, call_as="DELEGATED_ADMIN"):
            # With its policy: else their first events wait for a retry.
            members.node.add_dependency(self._bus)

    def _add_queue(
        self, scope: Construct, content: str, detail: dict[str, Any]
    ) -> tuple[sqs.Queue, sqs.Queue]:
        """Queue the events of which `detail` is true; returns the queue and its dead-letter queue."""
        dead_letters = DeadLetters(
            scope,
            "DeadLetters",
            content=content,
            alert_topic=self._common.topic,
            runbook=self._common.get_runbook_link("DeadLetters"),
        ).queue
        queue = Inbox(
            scope,
            "Queue",
            consumer_timeout=RECONCILE_TIMEOUT,
            max_receive_count=_TRIES,
            dead_letters=dead_letters,
        ).queue
        BusToQueue(
            scope,
            "Signals",
            bus=self._bus,
            # Not on request parameters, whose spelling is not settled, and not on the detail-type.
            pattern=events.EventPattern(
                source=list(SOURCES), detail={"eventSource": list(EVENT_SOURCES), **detail}
            ),
            queue=queue,
            dead_letters=dead_letters,
        )
        return queue, dead_letters


def _issued_by(*values: object) -> dict[str, Any]:
    """Return the part of a pattern that selects by the role of the session that called."""
    return {"userIdentity": {"sessionContext": {"sessionIssuer": {"arn": list(values)}}}}
