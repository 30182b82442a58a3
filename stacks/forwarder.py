"""The stack of member accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Aws, LegacyStackSynthesizer, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam

from rollcall.model.well_known import MEMBER_ROLE_NAME
from rollcall_config.roster_compile import manages_primary
from stacks.arns import get_intake_bus_arn, get_own_account_arn, get_sweep_role_arn
from stacks.constructs.forwarder import Forwarder
from stacks.constructs.members_only import MembersOnly
from stacks.sources import MEMBER_SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from rollcall_config.settings import Settings


class ForwarderStack(Stack):
    """Account events to the hub, and a role for the sweep if there is to be one; none in `excluded` accounts.

    No assets, no bootstrap and no account in it: any tool can deploy it into any account.
    Hence the legacy synthesizer: the others name deploy roles of a bootstrap (even BootstraplessSynthesizer).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        settings: Settings,
        roster: Mapping[str, Any],
        excluded: Sequence[str] = (),
    ) -> None:
        super().__init__(
            scope,
            id_,
            stack_name="RollcallForwarder",
            description="Rollcall: forwards account events to the hub",
            synthesizer=LegacyStackSynthesizer(),
        )
        bus = events.EventBus.from_event_bus_arn(self, "IntakeBus", get_intake_bus_arn(settings))
        Forwarder(self, "Forwarder", services=MEMBER_SERVICES, intake_bus=bus)
        if settings.members_reader:
            self._add_reader(settings, roster)
        if excluded:
            MembersOnly(self, "MembersOnly", excluded=excluded)

    def _add_reader(self, settings: Settings, roster: Mapping[str, Any]) -> None:
        """Add a role that reads this account's own contacts, for the sweep in the hub and nobody else."""
        reads = ["account:GetAlternateContact"]
        reads += ["account:GetContactInformation"] * manages_primary(roster)
        role = iam.Role(
            self,
            "Reader",
            role_name=MEMBER_ROLE_NAME,
            description="Rollcall: reads this account's own contacts",
            # As of the role in the management account: a trust policy that names a role breaks when that one
            # is made anew.
            assumed_by=iam.AccountPrincipal(settings.hub).with_conditions(
                {
                    "ArnEquals": {"aws:PrincipalArn": get_sweep_role_arn(settings)},
                    "StringEquals": {"aws:PrincipalOrgID": settings.organization},
                }
            ),
        )
        role.add_to_policy(
            iam.PolicyStatement(actions=reads, resources=[get_own_account_arn(Aws.ACCOUNT_ID)])
        )
