"""AWS's list prices as known on one day, in us-east-1, without free tiers. To be checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PRICED_ON: Final = "2026-11-21"
REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """`usd` for so many (`per`) of a `unit`; `page` is AWS's page that says so."""

    usd: float
    per: int
    unit: str
    page: str

    def of(self, quantity: float) -> float:
        """US dollars for this quantity."""
        return quantity / self.per * self.usd


def _price(usd: float, per: int, unit: str, service: str) -> Price:
    return Price(usd=usd, per=per, unit=unit, page=f"https://aws.amazon.com/{service}/pricing/")


_MILLION: Final = 1_000_000
PRICES: Final = {
    "lambda.request": _price(0.20, _MILLION, "requests of Lambda", "lambda"),
    "lambda.gb_second": _price(13.3334, _MILLION, "GB-seconds of Lambda on arm64", "lambda"),
    "dynamodb.write": _price(0.625, _MILLION, "write request units, on demand", "dynamodb"),
    "dynamodb.read": _price(0.125, _MILLION, "read request units, on demand", "dynamodb"),
    "dynamodb.storage": _price(0.25, 1, "GB-months of a table", "dynamodb"),
    "dynamodb.pitr": _price(0.20, 1, "GB-months of point-in-time recovery", "dynamodb"),
    "s3.put": _price(0.005, 1_000, "PUT and LIST requests of S3", "s3"),
    "s3.get": _price(0.0004, 1_000, "GET requests of S3", "s3"),
    "s3.storage": _price(0.023, 1, "GB-months of S3 Standard", "s3"),
    "sqs": _price(0.40, _MILLION, "requests of SQS, standard queues", "sqs"),
    "sns.publish": _price(0.50, _MILLION, "requests of SNS", "sns"),
    "sns.mail": _price(2.00, 100_000, "mails of SNS", "sns"),
    "events": _price(1.00, _MILLION, "custom events, and events sent to another bus", "eventbridge"),
    "scheduler": _price(1.00, _MILLION, "invocations of EventBridge Scheduler", "eventbridge"),
    "states": _price(0.025, 1_000, "state transitions, standard workflows", "step-functions"),
    "cloudwatch.alarm": _price(0.10, 1, "alarm metrics a month, standard resolution", "cloudwatch"),
    "cloudwatch.metric": _price(0.30, 1, "custom metrics a month, by the hour", "cloudwatch"),
    "cloudwatch.dashboard": _price(3.00, 1, "dashboards a month", "cloudwatch"),
    "cloudwatch.log": _price(0.50, 1, "GB of logs taken in", "cloudwatch"),
    "cloudwatch.kept": _price(0.03, 1, "GB-months of logs kept", "cloudwatch"),
    # Beside the bill: what others charge for the events of sweeps.
    "cloudtrail.copy": _price(2.00, 100_000, "management events in a further trail", "cloudtrail"),
    # As others quote it: AWS's page could not be read.
    # https://www.factualminds.com/blog/amazon-guardduty-pricing-data-sources-multi-account/
    "guardduty": _price(4.00, _MILLION, "management events analysed by GuardDuty, not checked", "guardduty"),
    "kms.key": _price(1.00, 1, "keys a month", "kms"),
    "kms.request": _price(0.03, 10_000, "requests of KMS", "kms"),
    "xray": _price(5.00, _MILLION, "traces recorded", "xray"),
    "secrets.secret": _price(0.40, 1, "secrets a month", "secrets-manager"),
    "secrets.request": _price(0.05, 10_000, "requests of Secrets Manager", "secrets-manager"),
    "privatelink.hour": _price(0.01, 1, "hours of an interface endpoint in one subnet", "privatelink"),
    "privatelink.gb": _price(0.01, 1, "GB through an interface endpoint", "privatelink"),
}
