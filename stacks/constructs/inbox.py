"""A function's queue: encrypted, TLS only, with a dead-letter queue behind it."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: at least six times the timeout
_VISIBILITY_PER_TIMEOUT = 6


class Inbox(Construct):
    """A queue that one function reads.

    After `max_receive_count` receives a message goes to the dead-letter queue.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        consumer_timeout: Duration,
        max_receive_count: int,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id_)
        self.queue = sqs.Queue(
            self,
            "Queue",
            # SSE-SQS and not a key of ours: EventBridge sends no source conditions to KMS, so that
            # a key policy would be either wide open or drop events silently.
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # The longest that SQS keeps a message: nothing is lost before it is a dead letter.
            retention_period=Duration.days(14),
            visibility_timeout=Duration.seconds(_VISIBILITY_PER_TIMEOUT * consumer_timeout.to_seconds()),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=max_receive_count),
        )
