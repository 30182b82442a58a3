"""The stack of the management account, which service-managed StackSets do not cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Aws, CfnMapping, Environment, LegacyStackSynthesizer, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam

from rollcall.model.well_known import MANAGEMENT_ROLE_NAME, MANAGEMENT_STACK_NAME
from rollcall_config.roster_compile import manages_primary
from stacks.arns import get_intake_bus_arn, get_own_account_arn, get_reconcile_role_arn
from stacks.constructs.forwarder import Forwarder
from stacks.grants import make_contact_statements
from stacks.members import add_member_forwarders
from stacks.parts.guardrail import GuardrailPolicy
from stacks.sources import MANAGEMENT_SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from rollcall_config.settings import Settings


class ManagementStack(Stack):
    """Forwards account, organization and Control Tower events to the hub; a role for its own contacts.

    Events of new and moved accounts appear only on the management account's default bus, and its own contacts
    can be changed only from within. `roster` is the compiled candidate.

    CloudFormation refuses the template in every other account, which has no entry in its mapping. The stack
    names no account, because `cdk bootstrap` in the hub would need credentials of that one, too.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings, roster: Mapping[str, Any]) -> None:
        super().__init__(
            scope,
            id_,
            stack_name=MANAGEMENT_STACK_NAME,
            description="Rollcall: forwards account and organization events to the hub",
            env=Environment(region=settings.region),
            synthesizer=LegacyStackSynthesizer(),
        )
        hub_of = CfnMapping(self, "HubOf", mapping={settings.management: {"Account": settings.hub}})
        hub = hub_of.find_in_map(Aws.ACCOUNT_ID, "Account")
        bus = events.EventBus.from_event_bus_arn(self, "IntakeBus", get_intake_bus_arn(settings, hub=hub))
        arn = self.format_arn(service="cloudformation", resource="stack", resource_name=f"{self.stack_name}/")
        forwarder = Forwarder(
            self,
            "Forwarder",
            services=MANAGEMENT_SERVICES,
            intake_bus=bus,
            deployments_of=[self.stack_name, {"prefix": arn}],
        )
        if settings.management_role:
            self._add_contacts_role(settings, roster)
        if settings.guardrail:
            guardrail = GuardrailPolicy(
                self,
                "Guardrail",
                settings=settings,
                guardrail=settings.guardrail,
                primary=manages_primary(roster),
            )
            # A deletion of the stack deletes what reports it last.
            guardrail.node.add_dependency(forwarder)
        if members := add_member_forwarders(self, settings, roster, call_as="SELF"):
            members.node.add_dependency(forwarder)

    def _add_contacts_role(self, settings: Settings, roster: Mapping[str, Any]) -> None:
        """Add a role for this account's own contacts, which no call from another account reaches."""
        role = iam.Role(
            self,
            "Contacts",
            role_name=MANAGEMENT_ROLE_NAME,
            description="Rollcall: reads and writes this account's own contacts",
            # A trust policy that names a role breaks when that role is made anew:
            # hence the hub account, and the one role of it by condition.
            assumed_by=iam.AccountPrincipal(settings.hub).with_conditions(
                {"ArnEquals": {"aws:PrincipalArn": get_reconcile_role_arn(settings)}}
            ),
        )
        for statement in make_contact_statements(roster, get_own_account_arn(Aws.ACCOUNT_ID)):
            role.add_to_policy(statement)
