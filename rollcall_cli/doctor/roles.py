"""Roles and their ARN forms: a role with the other mode's ARN is denied, whatever else is right.

https://docs.aws.amazon.com/accounts/latest/reference/security_iam_service-with-iam.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.model.well_known import MANAGEMENT_ROLE_NAME, RECONCILE_ROLE_NAME
from rollcall_cli.aws.arns import reconcile_role_arn
from rollcall_cli.doctor.facts import Unseen
from rollcall_cli.doctor.model import Finding, failed, passed, unknown
from rollcall_cli.text import fixes
from rollcall_policies import Access, AccessRequest, as_list, decide

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rollcall_cli.doctor.facts import Facts, Role

_REFUSED = frozenset({Access.NOT_ALLOWED, Access.DENIED})
_OPERATIONS = ("account:GetAlternateContact", "account:PutAlternateContact")


def reconcile(facts: Facts) -> Finding:
    """The hub's role names members in organizations mode: management's id, then the organization's."""
    if isinstance(facts.reconcile_role, Unseen):
        return unknown(facts.reconcile_role)
    fix = f"`{fixes.deploy('RollcallHub')}` with the right ids in organization.yaml"
    role, settings = facts.reconcile_role.value, facts.settings
    if role is None:
        return failed(f"there is no role {RECONCILE_ROLE_NAME}", fix=fix)
    place = f"arn:{settings.partition}:account::{settings.management}:account/{settings.organization}"
    context = {"account:AccountResourceOrgPaths": _paths(settings.limit_to_ous)}
    fault = _fault(role, f"{place}/{settings.hub}", facts.kinds, context)
    return failed(fault, fix=fix) if fault else passed(f"it may read and write contacts on {place}/*")


def management(facts: Facts) -> Finding:
    """Management's role names that account alone, and trusts the hub's role alone."""
    if isinstance(facts.management_role, Unseen):
        return unknown(facts.management_role)
    fix = f"`{fixes.deploy('RollcallManagement')}`"
    role, settings = facts.management_role.value, facts.settings
    if role is None:
        return failed(f"there is no role {MANAGEMENT_ROLE_NAME}", fix=fix)
    hub = reconcile_role_arn(settings)
    request = AccessRequest(
        action="sts:AssumeRole",
        resource=None,
        principal=hub,
        context={
            "aws:PrincipalArn": [hub],
            "aws:PrincipalAccount": [settings.hub],
            "aws:PrincipalOrgID": [settings.organization],
        },
    )
    if decide([role.trust], request).access in _REFUSED:
        return failed(f"{MANAGEMENT_ROLE_NAME} does not trust {hub}", fix=fix)
    own = f"arn:{settings.partition}:account::{settings.management}:account"
    fault = _fault(role, own, facts.kinds, {})
    return (
        failed(fault, fix=fix)
        if fault
        else passed(f"it trusts {hub} and may read and write contacts on {own}")
    )


def _fault(
    role: Role, resource: str, kinds: Collection[str], context: Mapping[str, Collection[str]]
) -> str | None:
    """What the role may not do, None if it may do all."""
    for action in _OPERATIONS:
        for kind in kinds:
            keys = {**context, "account:AlternateContactTypes": [kind]}
            request = AccessRequest(action=action, resource=resource, context=keys)
            if decide(role.policies, request).access in _REFUSED:
                named = ", ".join(sorted(_resources(role))) or "nothing"
                return f"{role.arn} may not {action} ({kind}) on {resource}; it names {named}"
    return None


def _resources(role: Role) -> set[str]:
    """What its statements on contacts are about."""
    return {
        str(resource)
        for document in role.policies
        for statement in as_list(document.get("Statement", []))
        if any(str(action).startswith("account:") for action in as_list(statement.get("Action", [])))
        for resource in as_list(statement.get("Resource", []))
    }


def _paths(limits: Collection[str] | None) -> list[str]:
    """An account that the limits admit: the first pattern, filled in."""
    return [next(iter(limits)).replace("*", "x")] if limits else []
