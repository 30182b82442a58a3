"""Trusted access and delegated administrators of the Organizations API, management's to grant.

Constraints and their reasons are the service model's. The dates that the listings may show are left out:
nobody reads them.
"""

from typing import Any

from simulation.errors import ApiError
from simulation.models import Params
from simulation.organization import ACCOUNT_PRINCIPAL, SimulatedOrganization
from simulation.organizations_reads import (
    Operations,
    build_violation,
    render_account_summary,
    require_account,
    require_all_features,
)
from simulation.paging import build_invalid_input, page

# AWS documents five for StackSets. Account Management's guide speaks of "the" delegated administrator and
# gives no number: one is likely, not verified.
LIMITS = {ACCOUNT_PRINCIPAL: 1, "member.org.stacksets.cloudformation.amazonaws.com": 5}

# Organizations user guide, "AWS services that you can use with AWS Organizations", before ".amazonaws.com".
_SERVICES = frozenset(
    (
        *("access-analyzer", "account", "agentless.inspector2", "auditmanager"),
        *("aws-artifact-account-sync", "backup", "cloudtrail", "compute-optimizer", "config"),
        *("config-multiaccountsetup", "controltower", "cost-optimization-hub.bcm", "detective"),
        *("devops-guru", "ds", "ec2", "fms", "guardduty", "health", "iam", "inspector2", "ipam"),
        *("license-management.marketplace", "license-manager", "license-manager-linux-subscriptions"),
        *("license-manager.member-account", "macie", "malware-protection.guardduty"),
        *("member.org.stacksets.cloudformation", "networkmanager", "notifications"),
        *("observabilityadmin", "opsdatasync.ssm", "private-marketplace.marketplace", "ram"),
        *("reachabilityanalyzer.networkinsights", "reporting.trustedadvisor", "resource-explorer-2"),
        *("securityhub", "security-ir", "securitylake", "servicecatalog", "servicequotas", "ssm"),
        *("ssm-quicksetup", "sso", "stacksets.cloudformation", "storage-lens.s3", "tagpolicies.tag"),
        *("user-subscriptions", "wellarchitected"),
    )
)


def _enable(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    organization.trusted_access.add(_require_principal(organization, params))
    return {}


def _disable(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    # What becomes of the service's delegated administrators is not documented: here they stay registered.
    organization.trusted_access.discard(_require_principal(organization, params))
    return {}


def _register(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    principal = _require_principal(organization, params)
    account = require_account(organization, params["AccountId"])
    registered = organization.delegated_administrators.get(principal, set())
    if account.id == organization.management:
        raise build_violation("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    if account.state != "ACTIVE":
        raise build_violation("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
    if principal not in organization.trusted_access:
        raise build_violation("SERVICE_ACCESS_NOT_ENABLED")
    if account.id in registered:
        message = "The specified account is already a delegated administrator for this AWS service."
        raise ApiError("AccountAlreadyRegisteredException", message)
    if len(registered) >= LIMITS.get(principal, len(registered) + 1):
        raise build_violation("MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED")
    organization.delegate(account.id, principal)
    return {}


def _deregister(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    principal = _require_principal(organization, params)
    account = require_account(organization, params["AccountId"])
    if not organization.is_delegated(account.id, principal):
        raise _build_not_registered()
    organization.delegated_administrators[principal].remove(account.id)
    return {}


def _list_access(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    principals = sorted(organization.trusted_access)
    return page(principals, params, "EnabledServicePrincipals", lambda item: {"ServicePrincipal": item})


def _list_administrators(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    asked = params.get("ServicePrincipal")
    ids = {
        account_id
        for principal, administrators in organization.delegated_administrators.items()
        if asked in (None, principal)
        for account_id in administrators
    }
    return page(
        sorted(ids),
        params,
        "DelegatedAdministrators",
        lambda item: render_account_summary(organization, item),
    )


def _list_services(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    account = require_account(organization, params["AccountId"])
    principals = [
        principal
        for principal, administrators in sorted(organization.delegated_administrators.items())
        if account.id in administrators
    ]
    if not principals:
        raise _build_not_registered()
    return page(principals, params, "DelegatedServices", lambda item: {"ServicePrincipal": item})


def _require_principal(organization: SimulatedOrganization, params: Params) -> str:
    require_all_features(organization)
    principal = str(params["ServicePrincipal"])
    if principal.removesuffix(".amazonaws.com") not in _SERVICES:
        raise build_invalid_input("UNRECOGNIZED_SERVICE_PRINCIPAL")
    return principal


def _build_not_registered() -> ApiError:
    message = "The specified account is not a delegated administrator for this AWS service."
    return ApiError("AccountNotRegisteredException", message)


DELEGATION_READS: Operations = {
    "ListAWSServiceAccessForOrganization": _list_access,
    "ListDelegatedAdministrators": _list_administrators,
    "ListDelegatedServicesForAccount": _list_services,
}
DELEGATION_WRITES: Operations = {
    "DeregisterDelegatedAdministrator": _deregister,
    "DisableAWSServiceAccess": _disable,
    "EnableAWSServiceAccess": _enable,
    "RegisterDelegatedAdministrator": _register,
}
