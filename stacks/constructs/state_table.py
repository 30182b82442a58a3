"""Operational memory: control item, approved roster, open intents, alerted incidents."""

from __future__ import annotations

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

#: The sparse index, and the attribute that only items with unfinished work have.
PENDING: Final = "pending"


class StateTable(Construct):
    """One table (`pk`, `sk`, expiry in `expires_at`) that survives the stack and can be restored.

    Its index `pending` finds unfinished work without a scan: only items with that attribute are in it.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            # Losing it loses the approved roster and every write that is under way. No deletion protection: a
            # first deployment that fails could not be rolled back. Who deletes it is alerted, and AWS keeps a
            # backup of a table with point-in-time recovery for 35 days.
            # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        self.table.add_global_secondary_index(
            index_name=PENDING,
            partition_key=dynamodb.Attribute(name=PENDING, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.ALL,
        )
