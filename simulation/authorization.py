"""The request that policies are asked about, and the check of service control policies."""

from collections.abc import Mapping
from typing import Any

from rollcall_policies import Access, AccessRequest, decide
from simulation.caller import Caller
from simulation.clock import format_time
from simulation.errors import ApiError
from simulation.organization import SimulatedOrganization

# Parameters that name the one resource of an Organizations call, most specific first.
_SUBJECTS = (
    *("AccountId", "OrganizationalUnitId", "PolicyId", "HandshakeId"),
    *("ChildId", "ParentId", "TargetId", "ResourceId", "RootId"),
)
#: Both APIs have one endpoint in a partition.
_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}
_KINDS = {"ou-": "ou", "r-": "root", "p-": "policy", "h-": "handshake"}
#: Condition keys of all services that no request has, unless something below says otherwise.
_ABSENT = (
    *("CalledVia", "CalledViaFirst", "CalledViaLast", "FederatedProvider", "PrincipalOrgID"),
    *("PrincipalOrgPaths", "PrincipalServiceName", "PrincipalServiceNamesList", "Referer", "ResourceAccount"),
    *("ResourceOrgID", "ResourceOrgPaths", "SourceAccount", "SourceArn", "SourceIdentity", "SourceOrgID"),
    *("SourceOrgPaths", "SourceOwner", "SourceVpc", "SourceVpcArn", "SourceVpce", "TagKeys", "username"),
    *("VpcSourceIp", "VpceAccount", "VpceOrgID", "VpceOrgPaths", "PrincipalTag/", "RequestTag/"),
    *("MultiFactorAuthAge", "MultiFactorAuthPresent"),
)
_KINDS_OF_PRINCIPAL = {"assumed-role": "AssumedRole", "root": "Account", "federated-user": "FederatedUser"}
#: Keys of the Account API and of AWS Organizations that not every request has.
_OWN = {
    "account": (
        *("AlternateContactTypes", "AccountResourceOrgPaths", "AccountResourceOrgTags/", "EmailTargetDomain"),
        "TargetRegion",
    ),
    "organizations": ("ServicePrincipal", "PolicyType"),
}


def build_principal_context(
    organization: SimulatedOrganization, caller: Caller, region: str
) -> dict[str, list[str]]:
    """The condition keys of all services that a caller's requests have, and those that they do not have.

    Source: IAM user guide, "AWS global condition context keys". Any other key is not modelled.
    """
    now, kind = organization.clock.now(), caller.kind
    absent: dict[str, list[str]] = {f"aws:{name}": [] for name in _ABSENT}
    context = absent | {
        "aws:CurrentTime": [format_time(now)],
        "aws:EpochTime": [str(int(now.timestamp()))],
        "aws:PrincipalAccount": [caller.account_id],
        "aws:PrincipalArn": [caller.principal_arn],
        "aws:PrincipalIsAWSService": ["false"],
        "aws:PrincipalType": [_KINDS_OF_PRINCIPAL.get(kind, "User")],
        "aws:RequestedRegion": [region],
        "aws:SecureTransport": ["true"],  # nothing here leaves the machine
        "aws:SourceIp": [caller.source_ip],
        "aws:UserAgent": [caller.user_agent],
        "aws:ViaAWSService": ["false"],
        "aws:userid": [] if caller.invoked_by else [str(caller.build_user_identity()["principalId"])],
    }
    if kind == "user":
        context["aws:username"] = [caller.arn.rpartition("/")[2]]
    if kind == "assumed-role":  # absent with a user's own keys
        context["aws:MultiFactorAuthPresent"] = [str(caller.mfa).lower()]
    return context | describe_place(organization, "Principal", caller.account_id)


def describe_place(
    organization: SimulatedOrganization, side: str, account: str | None
) -> dict[str, list[str]]:
    """Keys of where an account is in the organization, none for one outside. `side`: Principal, Resource."""
    if account not in organization.accounts:
        return {}
    return {
        f"aws:{side}OrgID": [organization.id],
        f"aws:{side}OrgPaths": [_build_org_path(organization, account)],
    }


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
    context = build_principal_context(organization, caller, _REGIONS[organization.partition])
    context |= {f"{service}:{name}": [] for name in _OWN[service]}
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
    return AccessRequest(action=f"{service}:{operation}", resource=resource, context=context, complete=False)


def list_service_control_policies(
    organization: SimulatedOrganization, account_id: str
) -> list[list[dict[str, Any]]]:
    """The policies that bind an account, those of each level from the root down; every level must allow.

    They bind every principal of a member account, its root user too, and nobody in the management account
    or outside the organization. Service-linked roles, which AWS exempts, are not modelled.
    """
    store = organization.policies
    if not store.enabled or account_id == organization.management or account_id not in organization.accounts:
        return []
    return [store.list_documents(level) for level in organization.list_lineage(account_id)]


def find_scp_refusal(
    organization: SimulatedOrganization, request: AccessRequest, caller: Caller
) -> ApiError | None:
    """The error if service control policies refuse the request; None if they allow it.

    Raises NotImplementedError if it depends on a condition that is not modelled, rather than guess.
    """
    levels = list_service_control_policies(organization, caller.account_id)
    decisions = [decide(level, request) for level in levels]
    answers = [decision.access for decision in decisions]
    unknown = next((decision for decision in decisions if decision.access is Access.UNKNOWN), None)
    if unknown and Access.DENIED not in answers:
        raise NotImplementedError(unknown.reason)
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
