"""The service control policy that keeps members from changing their own contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_organizations as organizations
from constructs import Construct

from rollcall.model.well_known import GUARDRAIL_NAME

if TYPE_CHECKING:
    from rollcall_config.settings import Guardrail


def make_guardrail_document(*, partition: str, break_glass: str | None) -> dict[str, Any]:
    """Deny standalone writes of alternate contacts. Calls that name an account use another ARN: allowed.

    Example 1 of https://docs.aws.amazon.com/accounts/latest/reference/using-orgs-example-scps.html.
    Example 2, `*`, would bind the hub too, and with it Rollcall: policies bind the caller's account.
    """
    statement: dict[str, Any] = {
        "Sid": "RollcallKeepsContacts",
        "Effect": "Deny",
        "Action": ["account:PutAlternateContact", "account:DeleteAlternateContact"],
        "Resource": [f"arn:{partition}:account::*:account"],
    }
    if break_glass:
        statement["Condition"] = {"ArnNotLike": {"aws:PrincipalArn": [break_glass]}}
    return {"Version": "2012-10-17", "Statement": [statement]}


class GuardrailPolicy(Construct):
    """The service control policy and its targets; for a stack of the management account."""

    def __init__(self, scope: Construct, id_: str, *, guardrail: Guardrail, partition: str) -> None:
        super().__init__(scope, id_)
        organizations.CfnPolicy(
            self,
            "Policy",
            name=GUARDRAIL_NAME,
            type="SERVICE_CONTROL_POLICY",
            description="Alternate contacts of member accounts are kept by Rollcall",
            content=make_guardrail_document(partition=partition, break_glass=guardrail.break_glass),
            target_ids=list(guardrail.targets),
        )
