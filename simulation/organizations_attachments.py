"""Attachments of service control policies, and the policy type's status.

Codes and reasons are the service model's, the limit the documented default quota. Enabling and disabling
the policy type takes AWS some seconds; here it is done at once.
"""

from typing import Any

from simulation.errors import ApiError
from simulation.models import Params
from simulation.organization import SimulatedOrganization
from simulation.organizations_policies import (
    list_targets,
    page_policies,
    require_policies_available,
    require_policy,
    require_policy_type,
)
from simulation.organizations_reads import Operations, build_not_found, build_violation, get_kind, render_root
from simulation.paging import page

MOST_ATTACHED = 5  # policies of the type on one root, OU or account
_ARN_KINDS = {"ROOT": "root", "ORGANIZATIONAL_UNIT": "ou", "ACCOUNT": "account"}


def _attach(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    policy, target_id = require_policy(organization, params), _require_target(organization, params)
    store = organization.policies
    if not store.enabled:
        raise _build_not_enabled()
    if policy.id in store.list_attached(target_id):
        message = "A policy with the specified name and type already attached to the target."
        raise ApiError("DuplicatePolicyAttachmentException", message)
    if len(store.list_attached(target_id)) >= MOST_ATTACHED:
        raise build_violation("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    store.attach(policy.id, target_id)
    return {}


def _detach(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    policy, target_id = require_policy(organization, params), _require_target(organization, params)
    attached = organization.policies.list_attached(target_id)
    if policy.id not in attached:
        message = "The policy isn't attached to the specified target in the specified root."
        raise ApiError("PolicyNotAttachedException", message)
    if len(attached) == 1:
        raise build_violation("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    organization.policies.detach(policy.id, target_id)
    return {}


def _enable(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    _require_root(organization, params)
    require_policies_available(organization)
    if organization.policies.enabled:
        message = "The specified policy type is already enabled."
        raise ApiError("PolicyTypeAlreadyEnabledException", message)
    organization.policies.enable(on=True)
    return {"Root": render_root(organization)}


def _disable(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    _require_root(organization, params)
    if not organization.policies.enabled:
        raise _build_not_enabled()
    organization.policies.enable(on=False)
    return {"Root": render_root(organization)}


def _list_for_target(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    require_policy_type(params["Filter"])
    return page_policies(
        organization, organization.policies.list_attached(_require_target(organization, params)), params
    )


def _list_targets(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    def render(target_id: str) -> dict[str, Any]:
        kind = get_kind(target_id)
        node = organization.accounts.get(target_id) or organization.units.get(target_id)
        arn = organization.build_arn(_ARN_KINDS[kind], target_id)
        return {"TargetId": target_id, "Arn": arn, "Name": node.name if node else "Root", "Type": kind}

    return page(
        list_targets(organization, require_policy(organization, params).id), params, "Targets", render
    )


def _require_target(organization: SimulatedOrganization, params: Params) -> str:
    target_id = str(params["TargetId"])
    if target_id not in organization.accounts and target_id not in organization.child_accounts:
        raise build_not_found("a target", "TargetNotFoundException")
    return target_id


def _require_root(organization: SimulatedOrganization, params: Params) -> None:
    require_policy_type(params["PolicyType"])
    if params["RootId"] != organization.root_id:
        raise build_not_found("a root", "RootNotFoundException")


def _build_not_enabled() -> ApiError:
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
