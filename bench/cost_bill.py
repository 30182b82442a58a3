"""The bill of a month, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.cost_assumptions import DAYS_PER_MONTH, HOURS_PER_MONTH
from bench.cost_prices import PRICES
from bench.cost_usage import empty_polls, gb_seconds, invocations, metric_months, usage_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.cost_assumptions import Assumptions

_GB = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """So much of what `price` (a key of PRICES) is for."""

    service: str
    item: str
    price: str
    quantity: float

    @property
    def usd(self) -> float:
        """US dollars."""
        return PRICES[self.price].of(self.quantity)


def bill(counts: Mapping[str, Any], assumed: Assumptions, accounts: int) -> list[Line]:
    """What a month costs with so many accounts."""
    used = usage_of(counts, assumed, accounts)
    stack = counts["stack"]
    table_gb = used["bytes.table"] / _GB
    kept = {name: days / DAYS_PER_MONTH for name, days in stack["kept_days"].items()}
    stored = sum(used[f"bytes.{name}"] * months for name, months in kept.items())
    ledger = used["bytes.ledger"] * assumed.ledger_months
    calls = invocations(used)
    logs = (
        used["bytes.log"] + calls * assumed.invocation_bytes + used["transitions"] * assumed.transition_bytes
    ) / _GB
    traces = used["invocations.reconcile"] + used["invocations.notify"] + assumed.sweeps + assumed.follow_ups
    lines = (
        ("Lambda", "requests", "lambda.request", calls),
        (
            "Lambda",
            "GB-seconds, arm64",
            "lambda.gb_second",
            gb_seconds(used, stack["memory_mb"], assumed, accounts),
        ),
        ("DynamoDB", "write units, transactions twice", "dynamodb.write", used["dynamodb.write"]),
        ("DynamoDB", "read units, all consistent", "dynamodb.read", used["dynamodb.read"]),
        ("DynamoDB", "storage, GB", "dynamodb.storage", table_gb),
        ("DynamoDB", "point-in-time recovery, GB", "dynamodb.pitr", table_gb),
        ("S3", "PUT and LIST: ledger, runs, reports", "s3.put", used["s3.put"]),
        ("S3", "GET", "s3.get", used["s3.get"]),
        ("S3", "ledger, GB", "s3.storage", ledger / _GB),
        ("S3", "runs and reports, GB", "s3.storage", stored / _GB),
        ("SQS", "requests for messages", "sqs", used["sqs"]),
        ("SQS", "polls of empty queues", "sqs", empty_polls(stack["polled_queues"], assumed)),
        ("SNS", "alerts", "sns.publish", used["sns.publish"]),
        ("SNS", "mails", "sns.mail", used["alerts"] * assumed.addresses),
        ("EventBridge", "events from forwarders, and of Rollcall", "events", used["events"]),
        ("EventBridge", "starts by Scheduler", "scheduler", assumed.sweeps + assumed.follow_ups),
        ("Step Functions", "state transitions", "states", used["transitions"]),
        ("CloudWatch", "alarm metrics", "cloudwatch.alarm", stack["alarm_metrics"]),
        ("CloudWatch", "custom metrics", "cloudwatch.metric", metric_months(counts, used, assumed)),
        ("CloudWatch", "logs taken in, GB", "cloudwatch.log", logs),
        ("CloudWatch", "logs kept, GB", "cloudwatch.kept", logs * assumed.log_months),
        ("KMS", "key of the topic, first year", "kms.key", stack["keys"]),
        ("KMS", "requests", "kms.request", used["alerts"] * assumed.kms_requests),
        ("X-Ray", "traces", "xray", traces),
    )
    return [
        Line(service=service, item=item, price=price, quantity=amount)
        for service, item, price, amount in lines
    ]


def options() -> list[Line]:
    """What is off unless a setting asks for it."""
    return [
        Line(service="CloudWatch", item="`dashboard`", price="cloudwatch.dashboard", quantity=1),
        Line(
            service="PrivateLink",
            item="two endpoints, for each subnet of `private_link`",
            price="privatelink.hour",
            quantity=2 * HOURS_PER_MONTH,
        ),
        Line(service="PrivateLink", item="for each GB through it", price="privatelink.gb", quantity=1),
        Line(service="Secrets Manager", item="for each secret", price="secrets.secret", quantity=1),
        Line(
            service="Secrets Manager",
            item="for 10,000 reads of one",
            price="secrets.request",
            quantity=10_000,
        ),
        Line(
            service="KMS",
            item="for each of the first two yearly rotations of a key",
            price="kms.key",
            quantity=1,
        ),
    ]
