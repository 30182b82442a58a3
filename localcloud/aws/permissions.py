"""Evaluates the policies that are deployed in moto: those of roles and those of resources."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

from rollcall_policies import Access, AccessRequest, decide

if TYPE_CHECKING:
    from collections.abc import Iterable


def evaluate(documents: Iterable[Any], request: AccessRequest) -> Access:
    """The answer of policy documents, as JSON text or parsed; an empty document says nothing.

    Raises NotImplementedError where it depends on something that is not modelled, rather than guess.
    """
    parsed = [json.loads(document) if isinstance(document, str) else document for document in documents]
    decision = decide(parsed, request)
    if decision.access is Access.UNKNOWN:
        raise NotImplementedError(decision.reason)
    return decision.access


def is_allowed_by_role(role_arn: str, request: AccessRequest) -> bool | None:
    """Whether the policies of a role allow the request; None if moto's IAM has no such role."""
    role = find_role(role_arn)
    if role is None:
        return None
    documents = [*role.policies.values(), *(policy.document for policy in role.managed_policies.values())]
    return evaluate(documents, request) is Access.ALLOWED


def is_allowed_as_service(
    service: str, role_arn: str, request: AccessRequest, *, source_arn: str = ""
) -> bool:
    """Whether a service may make the request as a role, on behalf of the resource of that ARN."""
    return can_assume(service, role_arn, source_arn=source_arn) and bool(
        is_allowed_by_role(role_arn, request)
    )


def can_assume(service: str, role_arn: str, *, source_arn: str = "") -> bool:
    """Whether the role exists and trusts a service that acts for the resource of that ARN."""
    role = find_role(role_arn)
    if role is None:
        return False
    context = {"aws:SourceAccount": [role.account_id], "aws:SourceArn": [source_arn] if source_arn else []}
    request = AccessRequest(action="sts:AssumeRole", resource=None, context=context, principal=service)
    return is_trusted(role, request)


def is_trusted(role: Any, request: AccessRequest) -> bool:
    """Whether the trust policy of one of moto's roles allows the request. Trust policies name no resource."""
    return evaluate([role.assume_role_policy_document], replace(request, resource=None)) is Access.ALLOWED


def explain_refusal(caller_arn: str, request: AccessRequest) -> str | None:
    """AWS's error message if the deployed role of a session may not do this; None if it may.

    Roles that no stack made (an operator's, a test's) are administrators.
    """
    if ":assumed-role/" not in caller_arn:
        return None
    role_arn = f"arn:aws:iam::{caller_arn.split(':')[4]}:role/{caller_arn.split('/')[-2]}"
    if is_allowed_by_role(role_arn, request) is not False:
        return None
    return (
        f"User: {caller_arn} is not authorized to perform: {request.action} on resource: {request.resource} "
        f"because no identity-based policy allows the {request.action} action"
    )


def find_role(role_arn: str) -> Any:
    """The role with this ARN in moto's IAM, or None."""
    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    return next((role for role in iam_backends[account]["aws"].roles.values() if role.name == name), None)
