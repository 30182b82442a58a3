"""The StackSet that brings the forwarder into the members, in whichever stack makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.model.well_known import STACK_SET_NAME
from stacks.constructs.member_stacks import MemberStacks
from stacks.plain import member_template

if TYPE_CHECKING:
    from aws_cdk import CfnStackSet
    from constructs import Construct

    from rollcall_config.settings import Settings


def forward_from_members(scope: Construct, settings: Settings, *, call_as: str) -> CfnStackSet | None:
    """The StackSet, if the settings want one that is called as `call_as`."""
    if (settings.members_deploy, settings.members_call_as) != ("stackset", call_as):
        return None
    return MemberStacks(
        scope,
        "Members",
        name=STACK_SET_NAME,
        description="Rollcall: forwards account events to the hub",
        template=member_template(settings, context=scope.node.root.node.get_all_context()),
        call_as=call_as,
        units=settings.members_targets,
        region=settings.region,
    ).stack_set
