"""A queue that takes messages of known senders only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sqs as sqs


def close_queue(queue: sqs.Queue, *, sources: Sequence[str], roles: Sequence[str] = ()) -> None:
    """Refuse every message but those of `sources` (ARNs of rules and queues) and of `roles` (ARNs).

    Within an account an identity policy is enough to send to a queue, and a forged message would become an
    alert. Must be called once for each queue. Only a service can send aws:SourceArn, and aws:PrincipalArn is
    the role's ARN in each of its sessions. Negated operators also hold for a request without the key.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    allowed = {"aws:SourceArn": list(sources), "aws:PrincipalArn": list(roles)}
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            sid="NobodyElse",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnNotEquals": {key: arns for key, arns in allowed.items() if arns}},
        )
    )
