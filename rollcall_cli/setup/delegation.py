"""The hub as delegated administrator, of Account Management and of StackSets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.model.well_known import STACK_SET_NAME
from rollcall_cli.setup.steps import Look, Management, Standing
from rollcall_cli.setup.trust import administrators, trusted
from rollcall_cli.text import fixes

#: Five is documented for StackSets:
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html
#: For Account Management AWS speaks of *the* delegated administrator.
_MOST = {fixes.ACCOUNTS: 1, fixes.STACK_SETS: 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delegation:
    hub: str
    principal: str
    name: str
    title: str

    @property
    def command(self) -> str:
        """The AWS CLI's words."""
        return fixes.register(self.hub, self.principal)

    @property
    def undo_command(self) -> str:
        """The AWS CLI's words."""
        return fixes.deregister(self.hub, self.principal)

    def do(self, aws: Management) -> None:
        """Register the hub."""
        aws.organizations.register_delegated_administrator(
            AccountId=self.hub, ServicePrincipal=self.principal
        )

    def undo(self, aws: Management) -> None:
        """Deregister the hub."""
        aws.organizations.deregister_delegated_administrator(
            AccountId=self.hub, ServicePrincipal=self.principal
        )

    def registered(self, aws: Management) -> Look:
        """Whether the hub is, whatever else there may be to say."""
        found = administrators(aws.organizations, self.principal)
        if self.hub in found:
            return Look(standing=Standing.THERE, seen=f"account {self.hub} is registered")
        others = ", ".join(found)
        if len(found) >= _MOST[self.principal]:
            return Look(
                standing=Standing.BLOCKED,
                seen=f"another delegated administrator is registered: account {others}",
                fix=f"agree with its owner, then {fixes.deregister(found[0], self.principal)}; or make "
                "it the hub in organization.yaml",
            )
        seen = f"account {self.hub} is not registered" + (f" (account {others} is)" if others else "")
        return Look(standing=Standing.MISSING, seen=seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsDelegation(_Delegation):
    """Contacts of all members are the hub's to keep."""

    principal: str = fixes.ACCOUNTS
    name: str = "delegation"
    title: str = f"Delegated administrator for {fixes.ACCOUNTS}"

    def look(self, aws: Management) -> Look:
        """Whether the hub is registered; AWS has one such administrator."""
        return self.registered(aws)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSetsDelegation(_Delegation):
    """The hub deploys the forwarders into the members."""

    principal: str = fixes.STACK_SETS
    name: str = "stacksets-delegation"
    title: str = f"Delegated administrator for {fixes.STACK_SETS}"

    def look(self, aws: Management) -> Look:
        """Whether the hub is registered; StackSets of others keep it, and ours has to go first."""
        found = self.registered(aws)
        if not found.there:
            return found
        names = _service_managed(aws)
        others = [name for name in names if name != STACK_SET_NAME]
        if STACK_SET_NAME in names:
            return replace(
                found,
                first=f"the StackSet {STACK_SET_NAME} is there, and without its registration the hub "
                f"cannot delete it: remove the hub first, `{fixes.destroy('RollcallHub')}`",
            )
        return replace(
            found, keep=f"the organization has other StackSets: {', '.join(others)}" if others else None
        )


def _service_managed(aws: Management) -> list[str]:
    # Without trusted access there are none, and AWS refuses to list them.
    if fixes.STACK_SETS not in trusted(aws.organizations):
        return []
    try:
        pages = list(
            aws.cloudformation.get_paginator("list_stack_sets").paginate(CallAs="SELF", Status="ACTIVE")
        )
    except ClientError as error:
        if get_code(error) == "ValidationError":
            return []
        raise
    sets = [found for page in pages for found in page["Summaries"]]
    return [found["StackSetName"] for found in sets if found.get("PermissionModel") == "SERVICE_MANAGED"]
