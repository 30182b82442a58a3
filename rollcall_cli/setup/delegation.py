"""The hub as delegated administrator, of Account Management and of StackSets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.model.well_known import STACK_SET_NAME
from rollcall_cli.setup.steps import ManagementClients, Prerequisite, PrerequisiteStatus
from rollcall_cli.setup.trust import list_administrators, list_trusted_services
from rollcall_cli.text import fixes

#: Five is documented for StackSets:
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html
#: For Account Management AWS documents one.
_MOST = {fixes.ACCOUNTS: 1, fixes.STACK_SETS: 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delegation:
    hub: str
    principal: str
    name: str
    title: str

    @property
    def command(self) -> str:
        """The AWS CLI command."""
        return fixes.register(self.hub, self.principal)

    @property
    def undo_command(self) -> str:
        """The AWS CLI command."""
        return fixes.deregister(self.hub, self.principal)

    def do(self, aws: ManagementClients) -> None:
        """Register the hub."""
        aws.organizations.register_delegated_administrator(
            AccountId=self.hub, ServicePrincipal=self.principal
        )

    def undo(self, aws: ManagementClients) -> None:
        """Deregister the hub."""
        aws.organizations.deregister_delegated_administrator(
            AccountId=self.hub, ServicePrincipal=self.principal
        )

    def check_registration(self, aws: ManagementClients) -> Prerequisite:
        """Return whether the hub is registered."""
        found = list_administrators(aws.organizations, self.principal)
        if self.hub in found:
            return Prerequisite(status=PrerequisiteStatus.MET, seen=f"account {self.hub} is registered")
        others = ", ".join(found)
        if len(found) >= _MOST[self.principal]:
            return Prerequisite(
                status=PrerequisiteStatus.BLOCKED,
                seen=f"another delegated administrator is registered: account {others}",
                fix=f"agree with its owner, then run `{fixes.deregister(found[0], self.principal)}`; or make "
                "it the hub in organization.yaml",
            )
        seen = f"account {self.hub} is not registered" + (f" (account {others} is)" if others else "")
        return Prerequisite(status=PrerequisiteStatus.MISSING, seen=seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsDelegation(_Delegation):
    """The hub administers the contacts of all members."""

    principal: str = fixes.ACCOUNTS
    name: str = "delegation"
    title: str = f"Delegated administrator for {fixes.ACCOUNTS}"

    def check(self, aws: ManagementClients) -> Prerequisite:
        """Return whether the hub is registered; AWS allows one administrator."""
        return self.check_registration(aws)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSetsDelegation(_Delegation):
    """The hub deploys the forwarders into the members."""

    principal: str = fixes.STACK_SETS
    name: str = "stacksets-delegation"
    title: str = f"Delegated administrator for {fixes.STACK_SETS}"

    def check(self, aws: ManagementClients) -> Prerequisite:
        """Return whether the hub is registered. To undo that, no StackSet may be left."""
        found = self.check_registration(aws)
        if not found.met:
            return found
        names = _list_stack_sets(aws)
        others = [name for name in names if name != STACK_SET_NAME]
        if STACK_SET_NAME in names:
            return replace(
                found,
                first=f"the StackSet {STACK_SET_NAME} exists, and an unregistered hub cannot delete it: "
                f"remove the hub first, `{fixes.destroy('RollcallHub')}`",
            )
        return replace(
            found, keep=f"the organization has other StackSets: {', '.join(others)}" if others else None
        )


def _list_stack_sets(aws: ManagementClients) -> list[str]:
    # Without trusted access there are none, and AWS refuses to list them.
    if fixes.STACK_SETS not in list_trusted_services(aws.organizations):
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
