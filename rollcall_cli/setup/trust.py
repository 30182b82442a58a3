"""All features, and the trusted access of services: what lets them act in the organization at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall_cli.setup.steps import Look, Management, Standing
from rollcall_cli.text import fixes

if TYPE_CHECKING:
    from typing import Any


@dataclass(frozen=True, slots=True)
class AllFeatures:
    """Trusted access and policies need them; every invited account has to agree, so a person starts it."""

    name: str = "features"
    title: str = "Check that the organization has all features"
    command: str = "aws organizations describe-organization"
    undo_command: str = ""

    def look(self, aws: Management) -> Look:
        """The feature set, and whether it is the organization of the settings."""
        found = aws.organizations.describe_organization()["Organization"]
        if found["Id"] != aws.settings.organization:
            return Look(
                standing=Standing.BLOCKED,
                seen=f"the organization is {found['Id']}",
                fix=f"in organization.yaml set organization: {found['Id']}, or use other credentials",
            )
        if found["FeatureSet"] != "ALL":
            return Look(
                standing=Standing.BLOCKED,
                seen=f"the feature set is {found['FeatureSet']}",
                fix=f"{fixes.ENABLE_ALL_FEATURES}; every invited account then has to accept, and the last "
                "handshake is accepted here",
            )
        return Look(
            standing=Standing.THERE, seen="the feature set is ALL", keep="it belongs to the organization"
        )

    def do(self, aws: Management) -> None:
        """Never called: a person decides this."""

    def undo(self, aws: Management) -> None:
        """Never called: AWS cannot undo it."""


@dataclass(frozen=True, slots=True)
class AccountsAccess:
    """Trusted access for Account Management: calls that name another account."""

    hub: str
    name: str = "trusted-access"
    title: str = f"Trusted access for {fixes.ACCOUNTS}"

    @property
    def command(self) -> str:
        """The AWS CLI's words."""
        return fixes.enable_access(fixes.ACCOUNTS)

    @property
    def undo_command(self) -> str:
        """The AWS CLI's words."""
        return fixes.disable_access(fixes.ACCOUNTS)

    def look(self, aws: Management) -> Look:
        """On or off; an administrator of somebody else keeps it."""
        if fixes.ACCOUNTS not in trusted(aws.organizations):
            return Look(standing=Standing.MISSING, seen="off")
        others = [found for found in administrators(aws.organizations, fixes.ACCOUNTS) if found != self.hub]
        keep = f"account {', '.join(others)} administers contacts with it" if others else None
        return Look(standing=Standing.THERE, seen="on", keep=keep)

    def do(self, aws: Management) -> None:
        """Turn it on."""
        aws.organizations.enable_aws_service_access(ServicePrincipal=fixes.ACCOUNTS)

    def undo(self, aws: Management) -> None:
        """Turn it off."""
        aws.organizations.disable_aws_service_access(ServicePrincipal=fixes.ACCOUNTS)


@dataclass(frozen=True, slots=True)
class StackSetsAccess:
    """StackSets' own way to turn on its trusted access: it makes its roles, too."""

    name: str = "stacksets-access"
    title: str = "StackSets' access to the organization"
    command: str = fixes.ACTIVATE_STACK_SETS
    undo_command: str = fixes.DEACTIVATE_STACK_SETS

    def look(self, aws: Management) -> Look:
        """On or off."""
        found = aws.cloudformation.describe_organizations_access(CallAs="SELF").get("Status")
        if found != "ENABLED":
            return Look(standing=Standing.MISSING, seen="off")
        return Look(
            standing=Standing.THERE,
            seen="on",
            keep="other StackSets of the organization may need it",
        )

    def do(self, aws: Management) -> None:
        """Turn it on."""
        aws.cloudformation.activate_organizations_access()

    def undo(self, aws: Management) -> None:
        """Never called: others use it."""


def trusted(organizations: Any) -> set[str]:
    """Service principals that have trusted access."""
    pages = organizations.get_paginator("list_aws_service_access_for_organization").paginate()
    return {found["ServicePrincipal"] for page in pages for found in page["EnabledServicePrincipals"]}


def administrators(organizations: Any, principal: str) -> list[str]:
    """Accounts that are registered as delegated administrators of a service."""
    pages = organizations.get_paginator("list_delegated_administrators").paginate(ServicePrincipal=principal)
    return sorted(found["Id"] for page in pages for found in page["DelegatedAdministrators"])
