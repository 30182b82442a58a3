"""The bus that carries outcomes, incidents and notices; the last two become alerts."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct


class OutcomeBus(Construct):
    """A custom bus. Only the roles given to `admit` can send to it, even if other policies allow more.

    Within an account an identity policy is enough to send to a bus, and policies often allow
    `events:PutEvents` on every bus. A forged incident would become an alert.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.bus = events.EventBus(self, "Bus")

    def admit(self, *writers: iam.IRole) -> None:
        """Let only these roles send to the bus. Must be called once."""
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
