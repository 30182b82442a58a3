"""A function that a state machine invokes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from stacks.nag import accept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Duration
    from aws_cdk import aws_iam as iam

    from stacks.bundle import Bundle


class Operation(Construct):
    """Runs `handler` of the bundle as `role`, once for each task of a state machine."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        handler: str,
        bundle: Bundle,
        role: iam.IRole,
        environment: Mapping[str, str],
        timeout: Duration,
        memory_mb: int,
    ) -> None:
        super().__init__(scope, id_)
        self.function = bundle.function(
            self,
            handler=handler,
            role=role,
            environment=environment,
            timeout=timeout,
            memory_mb=memory_mb,
        )
        accept(
            self.function,
            pack="Serverless",
            rule="LambdaDLQ",
            reason="Invoked only by its state machine, which waits for the answer, retries, and then"
            " continues without the step and sends an alert.",
        )
