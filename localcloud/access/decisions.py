"""How policies of identities, sessions, boundaries, resources and the organization work together.

Source: IAM user guide, "Policy evaluation logic" and "Cross-account policy evaluation logic".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from localcloud.access.actions import Need
from localcloud.access.keys import add_keys
from localcloud.access.principals import parse_document
from localcloud.access.resources import find_owner, find_policy, list_key_needs
from rollcall_policies import Access, AccessRequest, decide
from simulation.authorization import list_service_control_policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from localcloud.access.keys import Context
    from localcloud.access.principals import Principal
    from simulation.organization import SimulatedOrganization

# Here a policy of the resource must allow even its own account.
_NEEDS_RESOURCE_POLICY: Final = ("kms:", "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
# The resources belong to the management account, and the services see to who else may.
_OF_THE_ORGANIZATION: Final = ("account:", "organizations:")
# Members see the organization's trail by its ARN: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/
# creating-trail-organization.html. Whether they see its selectors is not said.
_SHOWN_TO_MEMBERS: Final = frozenset({"cloudtrail:GetTrailStatus"})
_POLICY_KINDS: Final = {
    "identity": "an identity-based policy",
    "session": "a session policy",
    "boundary": "a permissions boundary",
    "resource": "a resource-based policy",
    "organization": "a service control policy",
}


_listeners: list[Callable[[Principal, AccessRequest], None]] = []


def listen(listener: Callable[[Principal, AccessRequest], None]) -> Callable[[], None]:
    """Call `listener` with every request of every principal; returns a function that ends it."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def evaluate(documents: Iterable[Any], request: AccessRequest) -> Access:
    """The answer of policy documents of one kind, as JSON text or parsed; an empty one says nothing.

    Raises NotImplementedError where it depends on something that is not modelled, rather than guess.
    """
    decision = decide([parse_policy(document) for document in documents], request)
    if decision.access is Access.UNKNOWN:
        raise NotImplementedError(f"{request.action}: {decision.reason} is not modelled here")
    return decision.access


def parse_policy(document: Any) -> Mapping[str, Any]:
    """A policy as services keep it: JSON text, bytes or parsed; an empty one says nothing."""
    if isinstance(document, bytes):
        document = document.decode()
    return parse_document(document) if isinstance(document, str) else document or {}


def explain_refusal(
    principal: Principal, need: Need, context: Context, organization: SimulatedOrganization
) -> str | None:
    """AWS's words if the principal may not do this; None if it may. Keys of what is encrypted count, too."""
    owner = find_owner(need.resource)
    request = AccessRequest(
        action=need.action,
        resource=need.resource,
        context=add_keys(context, need, owner, organization),
        complete=False,
    )
    why = explain_answer(principal, request, organization)
    if why:
        return (
            f"User: {principal.caller.arn} is not authorized to perform: {need.action} on resource: "
            f"{need.resource} {why}"
        )
    via = f"{need.action.partition(':')[0]}.{context['aws:RequestedRegion'][0]}.amazonaws.com"
    for action, key in list_key_needs(need.action, need.resource):
        refused = _explain_key(principal, action, key, {**context, "kms:ViaService": [via]}, organization)
        if refused:
            return refused
    return None


def _explain_key(
    principal: Principal, action: str, key: str, context: Context, organization: SimulatedOrganization
) -> str | None:
    with_keys = add_keys(context, Need(action=action, resource=key), find_owner(key), organization)
    with_keys |= {
        "kms:ViaService": context["kms:ViaService"],
        "kms:CallerAccount": [principal.caller.account_id],
    }
    request = AccessRequest(action=action, resource=key, context=with_keys, complete=False)
    why = explain_answer(principal, request, organization)
    text = f"User: {principal.caller.arn} is not authorized to perform: {action} on resource: {key} {why}"
    return text if why else None


def explain_answer(
    principal: Principal, request: AccessRequest, organization: SimulatedOrganization | None
) -> str | None:
    """Why a request of a principal is refused; None if it is allowed."""
    for listener in _listeners:
        listener(principal, request)
    action, resource = request.action, str(request.resource)
    shared = not action.startswith(_OF_THE_ORGANIZATION)
    trust = action.startswith("sts:")
    policies = [find_policy(resource)] if shared and (trust or ":iam:" not in resource) else []
    asked = replace(request, principal=principal.names[0], also=principal.names)
    asked = replace(asked, resource=None) if trust else asked
    answers = {
        "identity": evaluate(principal.identity, request),
        "session": _evaluate_limit(principal.session, request),
        "boundary": _evaluate_limit(principal.boundary, request),
        "resource": evaluate(policies, asked),
    }
    levels = (
        list_service_control_policies(organization, principal.caller.account_id)
        if organization and shared
        else []
    )
    answers |= {f"organization {n}": evaluate(level, request) for n, level in enumerate(levels)}
    for kind, answer in answers.items():
        if answer is Access.DENIED:
            return f"with an explicit deny in {_POLICY_KINDS[kind.split()[0]]}"
    closed = next(
        (kind for kind, a in answers.items() if kind.startswith("organ") and a is not Access.ALLOWED), None
    )
    if closed:
        return f"because no service control policy allows the {action} action"
    owner = find_owner(resource) if shared and action not in _SHOWN_TO_MEMBERS else None
    return _find_missing(principal, answers, asked, policies, owner)


def _evaluate_limit(documents: tuple[dict[str, Any], ...] | None, request: AccessRequest) -> Access:
    return Access.ALLOWED if documents is None else evaluate(documents, request)


def _find_missing(
    principal: Principal,
    answers: Mapping[str, Access],
    asked: AccessRequest,
    policies: list[Any],
    owner: str | None,
) -> str | None:
    """Why nothing allows the request."""
    action = asked.action
    foreign = owner not in (None, principal.caller.account_id)
    # A key's policy counts where a key is named, and lists or new keys name none.
    has_policy = not action.startswith("kms:") or asked.resource != "*"
    must_admit = foreign or (action.startswith(_NEEDS_RESOURCE_POLICY) and has_policy)
    if must_admit and answers["resource"] is not Access.ALLOWED:
        return f"because no resource-based policy allows the {action} action"
    directly = not foreign and evaluate(policies, replace(asked, directly=True)) is Access.ALLOWED
    needed = ["identity", "session", "boundary"]
    if directly:
        # What a policy of the resource gives to a user is not limited by boundaries.
        needed = ["session", "boundary"] if principal.is_session_of_role else ["session"]
    missing = next((kind for kind in needed if answers[kind] is not Access.ALLOWED), None)
    if missing is None:
        return None
    kind = {"identity": "identity-based policy", "session": "session policy"}.get(
        missing, "permissions boundary"
    )
    return f"because no {kind} allows the {action} action"
