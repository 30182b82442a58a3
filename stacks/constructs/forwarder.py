"""The rule and the role that forward events from an account's default bus to the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.nag import accept
from stacks.replays import refuse_replays
from stacks.sources import make_forwarder_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sqs as sqs


class Forwarder(Construct):
    """Sends every event of `services` to the hub's intake bus, and the named ones of others.

    Also the deployments of a stack whose name or ARN is one of `deployments_of`, values of a pattern.

    The rule refuses replays. The hub selects the events of `services`, so that a new signal of them does not
    need an update of hundreds of stack instances.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        services: Sequence[str],
        intake_bus: events.IEventBus,
        deployments_of: Sequence[object] = (),
        dead_letters: sqs.IQueue | None = None,
    ) -> None:
        super().__init__(scope, id_)
        role = iam.Role(
            self,
            "Role",
            # Not aws:SourceArn: the rule names the role, so that naming the rule here would be a cycle.
            assumed_by=iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        pattern = make_forwarder_pattern(services, deployments_of=deployments_of)
        self.rule = events.Rule(self, "Rule", event_pattern=events.EventPattern(**pattern))
        refuse_replays(self.rule)
        # The target grants the role events:PutEvents on exactly this bus.
        self.rule.add_target(targets.EventBus(intake_bus, role=role, dead_letter_queue=dead_letters))
        if dead_letters is None:
            accept(
                self.rule,
                pack="Serverless",
                rule="EventBusDLQ",
                reason="EventBridge retries for 24 hours. A queue in each account would keep contact details"
                " without an alarm that reaches the hub.",
            )
