"""A function that processes the messages of queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_lambda_event_sources as event_sources
from constructs import Construct

from stacks.nag import accept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Duration
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_sqs as sqs

    from stacks.bundle import Bundle

_MEMORY_MB = 256


class Worker(Construct):
    """Runs `handler` of the bundle as `role` for the messages of `inboxes`: so many batches at a time.

    A failed message returns to the queue without the others (partial batch response).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        handler: str,
        bundle: Bundle,
        role: iam.IRole,
        environment: Mapping[str, str],
        inboxes: Mapping[sqs.IQueue, int],
        timeout: Duration,
    ) -> None:
        super().__init__(scope, id_)
        self.function = bundle.function(
            self,
            handler=handler,
            role=role,
            environment=environment,
            timeout=timeout,
            memory_mb=_MEMORY_MB,
        )
        for inbox, batches in inboxes.items():
            self.function.add_event_source(
                event_sources.SqsEventSource(
                    inbox,
                    batch_size=10,
                    report_batch_item_failures=True,
                    max_concurrency=batches,
                )
            )
        dead_letters = (
            "Invoked only by the event sources of its queues: what fails goes back to its queue and in the"
            " end to the queue's dead letters."
        )
        accept(self.function, pack="Serverless", rule="LambdaDLQ", reason=dead_letters)
        accept(
            self.function, pack="Serverless", rule="LambdaEventSourceMappingDestination", reason=dead_letters
        )
