"""Prerequisites of the organization: all features, trusted access, and the guardrail's policy type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rollcall_cli.setup.steps import ManagementClients, Prerequisite, PrerequisiteStatus
from rollcall_cli.text import fixes


@dataclass(frozen=True, slots=True)
class AllFeatures:
    """All features, which trusted access and policies need. Only a person can enable them."""

    name: str = "features"
    title: str = "Check that the organization has all features"
    command: str = "aws organizations describe-organization"
    undo_command: str = ""

    def check(self, aws: ManagementClients) -> Prerequisite:
        """Check the feature set, and that the organization is the one in the settings."""
        found = aws.organizations.describe_organization()["Organization"]
        if found["Id"] != aws.settings.organization:
            return Prerequisite(
                status=PrerequisiteStatus.BLOCKED,
                seen=f"the organization is {found['Id']}",
                fix=f"in organization.yaml set organization: {found['Id']}, or use other credentials",
            )
        if found["FeatureSet"] != "ALL":
            return Prerequisite(
                status=PrerequisiteStatus.BLOCKED,
                seen=f"the feature set is {found['FeatureSet']}",
                fix=f"run `{fixes.ENABLE_ALL_FEATURES}`; every invited account must then accept, and "
                "the last handshake is accepted here",
            )
        return Prerequisite(
            status=PrerequisiteStatus.MET,
            seen="the feature set is ALL",
            keep="it belongs to the organization",
        )

    def do(self, aws: ManagementClients) -> None:
        """Never called: a person decides this."""

    def undo(self, aws: ManagementClients) -> None:
        """Never called: AWS cannot undo it."""


@dataclass(frozen=True, slots=True)
class AccountsAccess:
    """Trusted access for Account Management: calls that name another account need it."""

    hub: str
    name: str = "trusted-access"
    title: str = f"Trusted access for {fixes.ACCOUNTS}"

    @property
    def command(self) -> str:
        """The AWS CLI command."""
        return fixes.enable_access(fixes.ACCOUNTS)

    @property
    def undo_command(self) -> str:
        """The AWS CLI command."""
        return fixes.disable_access(fixes.ACCOUNTS)

    def check(self, aws: ManagementClients) -> Prerequisite:
        """Check whether it is on. Another administrator keeps it."""
        if fixes.ACCOUNTS not in list_trusted_services(aws.organizations):
            return Prerequisite(status=PrerequisiteStatus.MISSING, seen="off")
        others = [
            found for found in list_administrators(aws.organizations, fixes.ACCOUNTS) if found != self.hub
        ]
        keep = f"account {', '.join(others)} administers contacts with it" if others else None
        return Prerequisite(status=PrerequisiteStatus.MET, seen="on", keep=keep)

    def do(self, aws: ManagementClients) -> None:
        """Turn it on."""
        aws.organizations.enable_aws_service_access(ServicePrincipal=fixes.ACCOUNTS)

    def undo(self, aws: ManagementClients) -> None:
        """Turn it off."""
        aws.organizations.disable_aws_service_access(ServicePrincipal=fixes.ACCOUNTS)


@dataclass(frozen=True, slots=True)
class StackSetsAccess:
    """Trusted access for StackSets, by its own call, which also makes its roles."""

    name: str = "stacksets-access"
    title: str = "StackSets' access to the organization"
    command: str = fixes.ACTIVATE_STACK_SETS
    undo_command: str = fixes.DEACTIVATE_STACK_SETS

    def check(self, aws: ManagementClients) -> Prerequisite:
        """Check whether it is on."""
        found = aws.cloudformation.describe_organizations_access(CallAs="SELF").get("Status")
        if found != "ENABLED":
            return Prerequisite(status=PrerequisiteStatus.MISSING, seen="off")
        return Prerequisite(
            status=PrerequisiteStatus.MET,
            seen="on",
            keep="other StackSets of the organization may need it",
        )

    def do(self, aws: ManagementClients) -> None:
        """Turn it on."""
        aws.cloudformation.activate_organizations_access()

    def undo(self, aws: ManagementClients) -> None:
        """Never called: others use it."""


def list_trusted_services(organizations: Any) -> set[str]:
    """Return the service principals that have trusted access."""
    pages = organizations.get_paginator("list_aws_service_access_for_organization").paginate()
    return {found["ServicePrincipal"] for page in pages for found in page["EnabledServicePrincipals"]}


def list_administrators(organizations: Any, principal: str) -> list[str]:
    """Return the accounts that are delegated administrators of a service."""
    pages = organizations.get_paginator("list_delegated_administrators").paginate(ServicePrincipal=principal)
    return sorted(found["Id"] for page in pages for found in page["DelegatedAdministrators"])


@dataclass(frozen=True, slots=True)
class PolicyType:
    """The policy type on the root, without which the guardrail has no effect."""

    name: str = "policy-type"
    title: str = "Service control policies on the root"
    command: str = fixes.enable_policies("ROOT_ID")
    # Turning it off detaches every policy of the organization for good: never suggested.
    undo_command: str = ""

    def check(self, aws: ManagementClients) -> Prerequisite:
        """Check whether it is on."""
        found = find_root(aws.organizations)
        command = fixes.enable_policies(found["Id"])
        if not has_policies_enabled(found):
            return Prerequisite(status=PrerequisiteStatus.MISSING, seen="off", command=command)
        return Prerequisite(
            status=PrerequisiteStatus.MET,
            seen="on",
            command=command,
            keep="turning it off would detach every service control policy of the organization",
        )

    def do(self, aws: ManagementClients) -> None:
        """Turn it on; AWS then attaches FullAWSAccess everywhere."""
        aws.organizations.enable_policy_type(RootId=find_root(aws.organizations)["Id"], PolicyType=fixes.SCP)

    def undo(self, aws: ManagementClients) -> None:
        """Never called: others use it."""


def find_root(organizations: Any) -> dict[str, Any]:
    """Return the root of the organization."""
    pages = organizations.get_paginator("list_roots").paginate()
    found: dict[str, Any] = next(item for page in pages for item in page["Roots"])
    return found


def has_policies_enabled(found: dict[str, Any]) -> bool:
    """Return whether service control policies are on below this root."""
    types = found.get("PolicyTypes", ())
    return any(item["Type"] == fixes.SCP and item["Status"] == "ENABLED" for item in types)
