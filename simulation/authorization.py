"""The request that policies are asked about, and the check of service control policies."""

from collections.abc import Collection, Mapping
from typing import Any

from rollcall_policies import Access, AccessRequest, decide, find_unmodelled
from simulation.caller import Caller
from simulation.errors import ApiError
from simulation.organization import SimulatedOrganization

# Parameters that name the one resource of an Organizations call, most specific first.
_SUBJECTS = (
    *("AccountId", "OrganizationalUnitId", "PolicyId", "HandshakeId"),
    *("ChildId", "ParentId", "TargetId", "ResourceId", "RootId"),
)
_KINDS = {"ou-": "ou", "r-": "root", "p-": "policy", "h-": "handshake"}
# The Region of the Account API and of Organizations, by partition.
_HOMES = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}
# Condition keys that a request may have; a policy that asks for another one cannot be answered.
KEYS = frozenset(
    {
        "aws:PrincipalArn",
        "aws:PrincipalAccount",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:RequestedRegion",
        "account:AlternateContactTypes",
        "account:AccountResourceOrgPaths",
        "account:AccountResourceOrgTags/",
        "account:EmailTargetDomain",
        "organizations:ServicePrincipal",
    }
)


def build_request(
    organization: SimulatedOrganization,
    service: str,
    operation: str,
    params: Mapping[str, Any],
    caller: Caller,
) -> AccessRequest:
    """The request that identity policies and service control policies are asked about.

    Source: service authorization reference, Account Management and Organizations.
    """
    account_id = params.get("AccountId")
    context: dict[str, list[str]] = {
        "aws:PrincipalArn": [caller.principal_arn],
        "aws:PrincipalAccount": [caller.account_id],
        "aws:RequestedRegion": [_HOMES[organization.partition]],
    }
    if caller.account_id in organization.accounts:
        context["aws:PrincipalOrgID"] = [organization.id]
        context["aws:PrincipalOrgPaths"] = [_build_org_path(organization, caller.account_id)]
    if service == "account":
        resource = f"arn:{organization.partition}:account::{caller.account_id}:account"
        if account_id is not None:
            home = f"arn:{organization.partition}:account::{organization.management}:account"
            resource = f"{home}/{organization.id}/{account_id}"
        context |= _build_account_keys(organization, params)
    else:
        resource = _build_organizations_resource(organization, params)
        if "ServicePrincipal" in params:
            context["organizations:ServicePrincipal"] = [str(params["ServicePrincipal"])]
    return AccessRequest(action=f"{service}:{operation}", resource=resource, context=context)


def find_scp_refusal(
    organization: SimulatedOrganization, request: AccessRequest, caller: Caller
) -> ApiError | None:
    """The error if service control policies refuse the request; None if they allow it.

    They bind every principal of a member account, its root user too, and nobody in the management account
    or outside the organization. Every level from the root to the account must allow. Service-linked roles,
    which AWS exempts, are not modelled. Raises NotImplementedError for a condition that is not modelled.
    """
    store = organization.policies
    if (
        not store.enabled
        or caller.account_id == organization.management
        or caller.account_id not in organization.accounts
    ):
        return None
    levels = [store.list_documents(level) for level in organization.list_lineage(caller.account_id)]
    for document in (document for level in levels for document in level):
        require_modelled(document, KEYS)
    answers = [decide(level, request).access for level in levels]
    if all(answer is Access.ALLOWED for answer in answers):
        return None
    why = "with an explicit deny in a service control policy"
    if Access.DENIED not in answers:
        why = f"because no service control policy allows the {request.action} action"
    text = (
        f"User: {caller.arn} is not authorized to perform: {request.action} on resource: {request.resource}"
    )
    status = 403 if request.action.startswith("account:") else 400
    return ApiError("AccessDeniedException", f"{text} {why}", status)


def require_modelled(document: Mapping[str, Any], keys: Collection[str]) -> None:
    """Raise NotImplementedError if a condition of the document cannot be evaluated, rather than guess."""
    if problem := find_unmodelled(document, keys):
        raise NotImplementedError(problem)


def _build_account_keys(
    organization: SimulatedOrganization, params: Mapping[str, Any]
) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    if params.get("AlternateContactType") is not None:
        keys["account:AlternateContactTypes"] = [str(params["AlternateContactType"])]
    if params.get("PrimaryEmail") is not None:
        keys["account:EmailTargetDomain"] = [str(params["PrimaryEmail"]).rpartition("@")[2]]
    # In organizations mode only. Whether AWS's value ends with the OU or with the account is not known;
    # the documented pattern o-x/r-y/ou-z/* matches both.
    target = organization.accounts.get(str(params.get("AccountId")))
    if target is not None:
        keys["account:AccountResourceOrgPaths"] = [_build_org_path(organization, target.id)]
        keys |= {f"account:AccountResourceOrgTags/{key}": [value] for key, value in target.tags.items()}
    return keys


def _build_org_path(organization: SimulatedOrganization, account_id: str) -> str:
    return organization.build_path(account_id).removesuffix(f"{account_id}/")


def _build_organizations_resource(organization: SimulatedOrganization, params: Mapping[str, Any]) -> str:
    subject = next((str(params[name]) for name in _SUBJECTS if params.get(name)), None)
    if subject is None:
        return "*"
    kind = next((kind for prefix, kind in _KINDS.items() if subject.startswith(prefix)), "account")
    if kind == "handshake":
        return f"{organization.build_arn(kind)}/invite/{subject}"
    return (
        organization.build_policy_arn(subject) if kind == "policy" else organization.build_arn(kind, subject)
    )
