"""Forwarders of all accounts -> intake bus -> rules -> queues: of signals, of our own writes, of alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from rollcall.model.well_known import INTAKE_BUS_NAME
from rollcall_config.roster_compile import manages_primary
from stacks.arns import get_management_role_arn, get_reconcile_role_arn, get_redrive_role_arn
from stacks.constructs.bus_to_queue import BusToQueue
from stacks.constructs.closed_queue import close_queue
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.forwarder import Forwarder
from stacks.constructs.inbox import Inbox
from stacks.constructs.intake_bus import IntakeBus
from stacks.members import add_member_forwarders
from stacks.sources import (
    EVENT_NAMES,
    KEY_NAMES,
    MEMBER_SERVICES,
    PART_NAMES,
    PART_PREFIXES,
    PART_SOURCES,
    REDRIVE_NAMES,
    REGION_SWITCHED,
    RULE_NAMES,
    SOURCES,
    list_alert_only_names,
    list_write_names,
)

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs

    from stacks.parts.common import Common

#: How long `reconcile` may take for a batch.
RECONCILE_TIMEOUT: Final = Duration.seconds(60)
#: A message that waits for another worker comes back within seconds, one about an account that settles every
#: quarter of an hour. Sixty receives of a message that always fails take almost 13 hours.
_TRIES: Final = 60


class Intake(Construct):
    """`queue` holds signals for `reconcile`, `echoes` its own writes, `alert_only` what it only alerts.

    A rollout of 10,000 writes has as many echoes, and anybody can have any number of calls refused: neither
    delays a signal. What could not be handled is in the dead letters of the queue. `bus` is the intake bus.
    """

    def __init__(self, scope: Construct, id_: str, *, common: Common) -> None:
        super().__init__(scope, id_)
        self._common = common
        self.bus = IntakeBus(
            self,
            "Bus",
            name=INTAKE_BUS_NAME,
            organization_id=common.settings.organization,
            management=common.settings.management,
        ).bus
        writers = [get_reconcile_role_arn(common.settings), get_management_role_arn(common.settings)]
        primary = manages_primary(common.roster)
        written, alert_only = list_write_names(primary=primary), list_alert_only_names(primary=primary)
        # `anything-but` alone does not match without the field, which root users do not have.
        others = {"eventName": written} | _issued_by({"anything-but": writers}, {"exists": False})
        acted_on = [name for name in EVENT_NAMES if name not in (*written, *alert_only)]
        refused, made = {"errorCode": [{"exists": True}]}, {"errorCode": [{"exists": False}]}
        self.queue, self.dead_letters, signals = self._add_queue(
            self, "account events", {"$or": [{"eventName": acted_on}, others]} | made
        )
        parts = self._add_parts()
        watch = self._add_watch(parts)
        self.alert_only, self.alert_only_dead_letters, alerts = self._add_queue(
            Construct(self, "AlertOnly"),
            "events that are only alerted",
            {
                "$or": [
                    {"eventName": alert_only},
                    {"eventName": acted_on} | refused,
                    others | refused,
                    REGION_SWITCHED,
                ]
            },
        )
        self.echoes, self.echo_dead_letters, echoes = self._add_queue(
            Construct(self, "Echoes"),
            "events of its own writes",
            {"eventName": written} | _issued_by(*writers),
        )
        # The hub is an account of the organization, too.
        own = Forwarder(
            self,
            "Forwarder",
            services=MEMBER_SERVICES,
            intake_bus=self.bus,
            dead_letters=self.dead_letters,
        ).rule
        for queue, dead_letters, rules, failed in (
            (self.queue, self.dead_letters, (signals, parts, watch), (own,)),
            (self.alert_only, self.alert_only_dead_letters, (alerts,), ()),
            (self.echoes, self.echo_dead_letters, (echoes,), ()),
        ):
            arns = [rule.rule_arn for rule in rules]
            close_queue(queue, sources=arns, roles=[get_redrive_role_arn(common.settings)])
            failures = [rule.rule_arn for rule in failed]
            close_queue(dead_letters, sources=[*arns, *failures, queue.queue_arn])
        if members := add_member_forwarders(self, common.settings, common.roster, call_as="DELEGATED_ADMIN"):
            # With its policy: else their first events wait for a retry.
            members.node.add_dependency(self.bus)

    def _add_parts(self) -> events.Rule:
        """Queue what others do to Rollcall itself: it is on this account's default bus."""
        pattern: list[dict[str, Any]] = [
            {"eventName": [*PART_NAMES, *({"prefix": name} for name in PART_PREFIXES)]}
        ]
        if self._common.topic.master_key:
            # A key has no name, and only this rule knows its ARN.
            key = {"ARN": [self._common.topic.master_key.key_arn]}
            pattern.append({"eventName": list(KEY_NAMES), "resources": key})
        # Roles are assumed all the time: only this one's sessions are queued.
        role = {"roleArn": [get_redrive_role_arn(self._common.settings)]}
        pattern.append({"eventName": list(REDRIVE_NAMES), "requestParameters": role})
        return BusToQueue(
            self,
            "Parts",
            bus=None,
            pattern=events.EventPattern(
                source=list(PART_SOURCES), detail={"errorCode": [{"exists": False}], "$or": pattern}
            ),
            queue=self.queue,
            dead_letters=self.dead_letters,
        ).rule

    def _add_watch(self, parts: events.Rule) -> events.Rule:
        """Queue what is done to the rule for parts, which cannot report that it is disabled or deleted.

        That one reports what is done to this rule.
        """
        named = [{"requestParameters": {field: [parts.rule_name]}} for field in ("name", "rule")]
        detail = {"errorCode": [{"exists": False}], "eventName": list(RULE_NAMES), "$or": named}
        return BusToQueue(
            self,
            "Watch",
            bus=None,
            pattern=events.EventPattern(source=["aws.events"], detail=detail),
            queue=self.queue,
            dead_letters=self.dead_letters,
        ).rule

    def _add_queue(
        self, scope: Construct, content: str, detail: dict[str, Any]
    ) -> tuple[sqs.Queue, sqs.Queue, events.Rule]:
        """Queue the events of which `detail` is true; returns queue, dead-letter queue and rule."""
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
        rule = BusToQueue(
            scope,
            "Signals",
            bus=self.bus,
            # Not on request parameters, whose spelling is not settled, and not on the detail-type.
            pattern=events.EventPattern(source=list(SOURCES), detail=detail),
            queue=queue,
            dead_letters=dead_letters,
        ).rule
        return queue, dead_letters, rule


def _issued_by(*values: object) -> dict[str, Any]:
    """Return the part of a pattern that selects by the role of the session that called."""
    return {"userIdentity": {"sessionContext": {"sessionIssuer": {"arn": list(values)}}}}
