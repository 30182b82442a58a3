"""The bus that carries what was done, and what people are told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence


class OutcomeBus(Construct):
    """A custom bus to which `writers` may send, and nobody else whatever their own policies allow.

    Within an account an identity policy is enough to send to a bus, and `events:PutEvents` on everything is
    common. A forged outcome would be an alert that people believe.
    """

    def __init__(self, scope: Construct, id_: str, *, writers: Sequence[iam.IRole]) -> None:
        super().__init__(scope, id_)
        self.bus = events.EventBus(self, "Bus")
        for writer in writers:
            self.bus.grant_put_events_to(writer)
        self.bus.add_to_resource_policy(
            iam.PolicyStatement(
                sid="NobodyElse",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["events:PutEvents"],
                resources=[self.bus.event_bus_arn],
                # The key holds the role's ARN in each of its sessions. A negated operator also holds for a
                # request without the key, so that no service sends here either.
                # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
                conditions={"ArnNotEquals": {"aws:PrincipalArn": [writer.role_arn for writer in writers]}},
            )
        )
