"""Service control policies of the Organizations API; other policy types raise NotImplementedError.

Codes and reasons are the service model's, the size limit the documented default quota.
"""

import json
from collections.abc import Collection
from typing import Any

from rollcall_policies import find_malformed
from simulation.errors import ApiError
from simulation.models import Params
from simulation.organization import SimulatedOrganization
from simulation.organizations_reads import Operations, add_tags, build_not_found, build_violation
from simulation.paging import build_invalid_input, page
from simulation.policy_store import POLICY_TYPE, Policy

LARGEST = 5120  # characters of a policy document


def _create(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    require_policy_type(params["Type"])
    require_policies_available(organization)
    _require_free_name(organization, params["Name"])
    policy = Policy(
        id=f"p-{organization.ids.make_suffix(10)}",
        name=params["Name"],
        description=params["Description"],
        content=_check_content(params["Content"]),
        tags=add_tags({}, params.get("Tags", ())),
    )
    organization.policies.policies[policy.id] = policy
    return _render(organization, policy)


def _update(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    policy = _require_own_policy(organization, params)
    content = _check_content(params["Content"]) if "Content" in params else policy.content
    name = params.get("Name", policy.name)
    if name != policy.name:
        _require_free_name(organization, name)
    policy.name, policy.content = name, content
    policy.description = params.get("Description", policy.description)
    return _render(organization, policy)


def _delete(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    policy = _require_own_policy(organization, params)
    if list_targets(organization, policy.id):
        raise ApiError("PolicyInUseException", "The policy is attached to one or more entities.")
    del organization.policies.policies[policy.id]
    return {}


def _describe(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    return _render(organization, require_policy(organization, params))


def _list(organization: SimulatedOrganization, params: Params) -> dict[str, Any]:
    require_policy_type(params["Filter"])
    return page_policies(organization, organization.policies.policies, params)


def _check_content(content: str) -> str:
    """The document, when AWS and this model accept it."""
    if len(content) > LARGEST:
        raise build_violation("POLICY_CONTENT_LIMIT_EXCEEDED")
    try:
        problem = find_malformed(json.loads(content))
    except ValueError:
        problem = "not JSON"
    if problem:
        message = "The provided policy document does not meet the requirements of the specified policy type."
        raise ApiError("MalformedPolicyDocumentException", message)
    return content


def require_policy(organization: SimulatedOrganization, params: Params) -> Policy:
    """The policy that PolicyId names; raises PolicyNotFoundException."""
    policy = organization.policies.policies.get(params["PolicyId"])
    if policy is None:
        raise build_not_found("a policy", "PolicyNotFoundException")
    return policy


def _require_own_policy(organization: SimulatedOrganization, params: Params) -> Policy:
    policy = require_policy(organization, params)
    if policy.aws_managed:
        raise build_invalid_input("IMMUTABLE_POLICY")
    return policy


def require_policy_type(policy_type: str) -> None:
    """Raises NotImplementedError for all but service control policies."""
    if policy_type != POLICY_TYPE:
        raise NotImplementedError(f"the simulation has no policies of type {policy_type}")


def require_policies_available(organization: SimulatedOrganization) -> None:
    """Raises PolicyTypeNotAvailableForOrganizationException without all features."""
    if organization.feature_set != "ALL":
        message = "You can't use the specified policy type with the feature set of this organization."
        raise ApiError("PolicyTypeNotAvailableForOrganizationException", message)


def _require_free_name(organization: SimulatedOrganization, name: str) -> None:
    if any(policy.name == name for policy in organization.policies.policies.values()):
        raise ApiError("DuplicatePolicyException", "A policy with the same name already exists.")


def _render_summary(organization: SimulatedOrganization, policy: Policy) -> dict[str, Any]:
    return {
        "Id": policy.id,
        "Arn": organization.build_policy_arn(policy.id),
        "Name": policy.name,
        "Description": policy.description,
        "Type": POLICY_TYPE,
        "AwsManaged": policy.aws_managed,
    }


def _render(organization: SimulatedOrganization, policy: Policy) -> dict[str, Any]:
    return {"Policy": {"PolicySummary": _render_summary(organization, policy), "Content": policy.content}}


def page_policies(
    organization: SimulatedOrganization, ids: Collection[str], params: Params
) -> dict[str, Any]:
    """One page of PolicySummary structures."""
    policies = organization.policies.policies
    return page(ids, params, "Policies", lambda item: _render_summary(organization, policies[item]))


def list_targets(organization: SimulatedOrganization, policy_id: str) -> list[str]:
    """Everything that a policy is attached to: root, OUs, accounts."""
    everything = (organization.root_id, *organization.units, *organization.accounts)
    return [target for target in everything if policy_id in organization.policies.list_attached(target)]


POLICY_READS: Operations = {
    "DescribePolicy": _describe,
    "ListPolicies": _list,
}
POLICY_WRITES: Operations = {
    "CreatePolicy": _create,
    "DeletePolicy": _delete,
    "UpdatePolicy": _update,
}
