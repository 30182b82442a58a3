"""What the management account runs: service-managed StackSets never reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Aws, CfnMapping, Environment, LegacyStackSynthesizer, Stack
from aws_cdk import aws_iam as iam

from rollcall.model.well_known import MANAGEMENT_ROLE_NAME
from stacks.addresses import intake_bus_of, reconcile_role_arn
from stacks.constructs.forwarder import Forwarder
from stacks.contact_grants import Keeping, own_resource
from stacks.guardrail import add_guardrail
from stacks.members import forward_from_members
from stacks.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from rollcall_config.settings import Settings


class ManagementStack(Stack):
    """Account, organization and Control Tower events to the hub, and what only this account can give it.

    New and moved accounts show up only on the management account's default bus, and its own contacts can be
    changed only from within. `roster` is the compiled candidate.

    CloudFormation refuses the template in every other account, which has no entry in its mapping. The stack
    names no account, because `cdk bootstrap` in the hub would need credentials of that one, too.
    """

    def __init__(self, scope: Construct, id_: str, *, settings: Settings, roster: Mapping[str, Any]) -> None:
        super().__init__(
            scope,
            id_,
            stack_name="RollcallManagement",
            description="Rollcall: forwards account and organization events to the hub",
            env=Environment(region=settings.region),
            synthesizer=LegacyStackSynthesizer(),
        )
        hub_of = CfnMapping(self, "HubOf", mapping={settings.management: {"Account": settings.hub}})
        hub = hub_of.find_in_map(Aws.ACCOUNT_ID, "Account")
        Forwarder(self, "Forwarder", sources=SOURCES, intake_bus=intake_bus_of(self, settings, hub=hub))
        if settings.management_role:
            self._own_contacts(settings, Keeping.of(roster))
        if settings.guardrail:
            add_guardrail(self, settings.guardrail, partition=settings.partition)
        forward_from_members(self, settings, call_as="SELF")

    def _own_contacts(self, settings: Settings, keeping: Keeping) -> None:
        """A role for this account's own contacts, which no call from another account reaches."""
        role = iam.Role(
            self,
            "Contacts",
            role_name=MANAGEMENT_ROLE_NAME,
            description="Rollcall: reads and writes this account's own alternate contacts",
            # A trust policy that names a role breaks when that role is made anew:
            # hence the hub account, and the one role of it by condition.
            assumed_by=iam.AccountPrincipal(settings.hub).with_conditions(
                {"ArnEquals": {"aws:PrincipalArn": reconcile_role_arn(settings)}}
            ),
        )
        for statement in keeping.statements(own_resource(Aws.ACCOUNT_ID)):
            role.add_to_policy(statement)
