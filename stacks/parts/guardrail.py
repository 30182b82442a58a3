"""The service control policy that keeps members from changing their own contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_organizations as organizations
from constructs import Construct

from rollcall.model.well_known import GUARDRAIL_NAME
from rollcall_config.guardrail import make_guardrail_document

if TYPE_CHECKING:
    from rollcall_config.settings import Guardrail, Settings


class GuardrailPolicy(Construct):
    """The service control policy and its targets; for a stack of the management account.

    `primary` is whether the roster manages primary contacts.
    """

    def __init__(
        self, scope: Construct, id_: str, *, settings: Settings, guardrail: Guardrail, primary: bool
    ) -> None:
        super().__init__(scope, id_)
        organizations.CfnPolicy(
            self,
            "Policy",
            name=GUARDRAIL_NAME,
            type="SERVICE_CONTROL_POLICY",
            description="Contacts of member accounts are kept by Rollcall",
            content=make_guardrail_document(settings, primary=primary),
            target_ids=list(guardrail.targets),
        )
