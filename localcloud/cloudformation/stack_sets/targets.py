"""Which accounts deployment targets mean. Source: CloudFormation API reference, DeploymentTargets."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localcloud.cloudformation.errors import TemplateError
from simulation.organization import Organization

_FILTERS: dict[str, Callable[[str, set[str]], bool]] = {
    "NONE": lambda _account, _named: True,
    "INTERSECTION": lambda account, named: account in named,
    "DIFFERENCE": lambda account, named: account not in named,
}


def accounts_below(organization: Organization, unit: str) -> Iterator[str]:
    """All accounts under a root or OU and the OUs in it, but never the management account."""
    yield from (a for a in list(organization.child_accounts[unit]) if a != organization.management)
    for child in list(organization.child_units[unit]):
        yield from accounts_below(organization, child)


def resolve(organization: Organization, targets: Mapping[str, Any]) -> dict[str, str]:
    """The target accounts, each with the named root or OU that it is below.

    Raises TemplateError for targets that a service-managed set cannot have. AWS's texts are not known here.
    """
    units, filtered = targets.get("OrganizationalUnitIds", []), targets.get("AccountFilterType", "NONE")
    if not units:
        raise TemplateError(
            "OrganizationalUnitIds are required for StackSets with SERVICE_MANAGED permissions"
        )
    if filtered not in _FILTERS:
        raise TemplateError(f"AccountFilterType {filtered} is not modelled by the local cloud")
    if unknown := [unit for unit in units if unit not in organization.child_accounts]:
        raise TemplateError(f"OrganizationalUnit(s) not found: {', '.join(unknown)}")
    keeps, named = _FILTERS[filtered], set(targets.get("Accounts", []))
    found: dict[str, str] = {}
    for unit in units:
        for account in accounts_below(organization, unit):
            if keeps(account, named):
                found.setdefault(account, unit)
    return found
