"""Attachments of service control policies, and the policy type's status.

Codes and reasons are the service model's, the limit the documented default quota. Enabling and disabling
the policy type takes AWS some seconds; here it is done at once.
"""

from typing import Any

from simulation.errors import ApiError
from simulation.models import Params
from simulation.organization import Organization
from simulation.organizations_policies import (
    page_of_policies,
    policy_of,
    require_policies_available,
    require_policy_type,
    targets_of,
)
from simulation.organizations_reads import Operations, kind_of, not_found, render_root, violated
from simulation.paging import page

MOST_ATTACHED = 5  # policies of the type on one root, OU or account
_ARN_KINDS = {"ROOT": "root", "ORGANIZATIONAL_UNIT": "ou", "ACCOUNT": "account"}


def _attach(organization: Organization, params: Params) -> dict[str, Any]:
    policy, target_id = policy_of(organization, params), _target(organization, params)
    store = organization.policies
    if not store.enabled:
        raise _not_enabled()
    if policy.id in store.attached(target_id):
        message = "A policy with the specified name and type already attached to the target."
        raise ApiError("DuplicatePolicyAttachmentException", message)
    if len(store.attached(target_id)) >= MOST_ATTACHED:
        raise violated("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    store.attach(policy.id, target_id)
    return {}


def _detach(organization: Organization, params: Params) -> dict[str, Any]:
    policy, target_id = policy_of(organization, params), _target(organization, params)
    attached = organization.policies.attached(target_id)
    if policy.id not in attached:
        message = "The policy isn't attached to the specified target in the specified root."
        raise ApiError("PolicyNotAttachedException", message)
    if len(attached) == 1:
        raise violated("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    organization.policies.detach(policy.id, target_id)
    return {}


def _enable(organization: Organization, params: Params) -> dict[str, Any]:
    _require_root(organization, params)
    require_policies_available(organization)
    if organization.policies.enabled:
        message = "The specified policy type is already enabled."
        raise ApiError("PolicyTypeAlreadyEnabledException", message)
    organization.policies.enable(on=True)
    return {"Root": render_root(organization)}


def _disable(organization: Organization, params: Params) -> dict[str, Any]:
    _require_root(organization, params)
    if not organization.policies.enabled:
        raise _not_enabled()
    organization.policies.enable(on=False)
    return {"Root": render_root(organization)}


def _list_for_target(organization: Organization, params: Params) -> dict[str, Any]:
    require_policy_type(params["Filter"])
    return page_of_policies(
        organization, organization.policies.attached(_target(organization, params)), params
    )


def _list_targets(organization: Organization, params: Params) -> dict[str, Any]:
    def render(target_id: str) -> dict[str, Any]:
        kind = kind_of(target_id)
        node = organization.accounts.get(target_id) or organization.units.get(target_id)
        arn = organization.arn(_ARN_KINDS[kind], target_id)
        return {"TargetId": target_id, "Arn": arn, "Name": node.name if node else "Root", "Type": kind}

    return page(targets_of(organization, policy_of(organization, params).id), params, "Targets", render)


def _target(organization: Organization, params: Params) -> str:
    target_id = str(params["TargetId"])
    if target_id not in organization.accounts and target_id not in organization.child_accounts:
        raise not_found("a target", "TargetNotFoundException")
    return target_id


def _require_root(organization: Organization, params: Params) -> None:
    require_policy_type(params["PolicyType"])
    if params["RootId"] != organization.root_id:
        raise not_found("a root", "RootNotFoundException")


def _not_enabled() -> ApiError:
    message = "This operation can be performed only for enabled policy types."
    return ApiError("PolicyTypeNotEnabledException", message)


ATTACHMENT_READS: Operations = {
    "ListPoliciesForTarget": _list_for_target,
    "ListTargetsForPolicy": _list_targets,
}
ATTACHMENT_WRITES: Operations = {
    "AttachPolicy": _attach,
    "DetachPolicy": _detach,
    "DisablePolicyType": _disable,
    "EnablePolicyType": _enable,
}
