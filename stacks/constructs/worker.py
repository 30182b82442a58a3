"""A function that works off a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_logs as logs
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
    """Runs `handler` of the bundle as `role` for the messages of `inbox`.

    A message that fails goes back alone (partial batch response).
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
        inbox: sqs.IQueue,
        timeout: Duration,
    ) -> None:
        super().__init__(scope, id_)
        log_group = logs.LogGroup(self, "Logs", retention=logs.RetentionDays.THREE_MONTHS)
        log_group.grant_write(role)
        self.function = lambda_.Function(
            self,
            "Function",
            handler=handler,
            code=bundle.code,
            layers=[bundle.layer],
            runtime=bundle.runtime,
            architecture=bundle.architecture,
            memory_size=_MEMORY_MB,
            timeout=timeout,
            role=role,
            environment=environment,
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
        )
        self.function.add_event_source(
            event_sources.SqsEventSource(
                inbox,
                batch_size=10,
                report_batch_item_failures=True,
                # The least that SQS allows, and all that the Account API's quota has room for.
                max_concurrency=2,
            )
        )
        self._accept_findings()

    def _accept_findings(self) -> None:
        dead_letters = (
            "Invoked only by the event source of its queue: what fails goes back to the queue and in the end"
            " to the queue's dead letters."
        )
        accept(self.function, pack="Serverless", rule="LambdaDLQ", reason=dead_letters)
        accept(
            self.function, pack="Serverless", rule="LambdaEventSourceMappingDestination", reason=dead_letters
        )
        runtime = "Python 3.13 until 3.14 can be tested on the machines that build this."
        accept(self.function, pack="AwsSolutions", rule="L1", reason=runtime)
        accept(self.function, pack="Serverless", rule="LambdaLatestVersion", reason=runtime)
