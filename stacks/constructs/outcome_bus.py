"""The bus that carries outcomes, and the incidents and notices that people are alerted of."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct


class OutcomeBus(Construct):
    """A custom bus to which only the roles given to `admit` may send, whatever other policies allow.

    Within an account an identity policy is enough to send to a bus, and `events:PutEvents` on everything is
    common. A forged outcome would be an alert that people believe.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.bus = events.EventBus(self, "Bus")

    def admit(self, *writers: iam.IRole) -> None:
        """Let these roles send to the bus, and nobody else. Must be called once."""
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
