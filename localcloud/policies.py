"""Policies that name principals, and those of roles: buses, queues and senders are held to what is deployed.

What a statement without its principal means is `simulation.scp`'s to say, as for service control policies.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

from simulation.scp import as_list
from simulation.scp import decide as evaluate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    Context = Mapping[str, Collection[str]]


def decide(
    documents: Iterable[Any], *, action: str, resource: str, context: Context, principal: str | None = None
) -> bool | None:
    """True when allowed, False when denied, None when no statement speaks of the request.

    `principal` is an ARN, an account id or a service name; None for identity policies, which name none.
    Raises NotImplementedError for a condition operator that is not modelled, rather than guess.
    """
    return evaluate(
        [_addressed(document, principal) for document in documents],
        action=action,
        resource=resource,
        context=context,
    )


def role_may(
    role_arn: str, *, action: str, resource: str, context: Context, service: str = "", source_arn: str = ""
) -> bool | None:
    """What the policies of a role in moto's IAM say, None when there is no such role.

    With `service`, the role must also trust that service, when it acts for `source_arn`.
    """
    role = role_named(role_arn)
    if role is None:
        return None
    if service and not trusts(role_arn, service, source_arn=source_arn):
        return False
    documents = [*role.policies.values(), *(policy.document for policy in role.managed_policies.values())]
    return decide(documents, action=action, resource=resource, context=context) is True


def trusts(role_arn: str, service: str, *, source_arn: str = "") -> bool:
    """Whether the role exists and a service may assume it for the resource of that ARN."""
    role = role_named(role_arn)
    if role is None:
        return False
    context = {"aws:SourceAccount": [role.account_id], "aws:SourceArn": [source_arn] if source_arn else []}
    trust = [role.assume_role_policy_document]
    return bool(decide(trust, action="sts:AssumeRole", resource=role_arn, context=context, principal=service))


def refusal(caller_arn: str, *, action: str, resource: str, context: Context) -> str | None:
    """Why the deployed role of a session may not do this, in AWS's words; None when it may.

    Roles that no stack made (an operator's, a test's) are administrators.
    """
    if ":assumed-role/" not in caller_arn:
        return None
    role_arn = f"arn:aws:iam::{caller_arn.split(':')[4]}:role/{caller_arn.split('/')[-2]}"
    if role_may(role_arn, action=action, resource=resource, context=context) is not False:
        return None
    return (
        f"User: {caller_arn} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


def role_named(role_arn: str) -> Any:
    """The role of that ARN in moto's IAM; None when nobody made one."""
    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    return next((role for role in iam_backends[account]["aws"].roles.values() if role.name == name), None)


def _addressed(document: Any, principal: str | None) -> dict[str, Any]:
    """The statements that are about the principal; those of trust policies leave out what they are on."""
    policy = json.loads(document) if isinstance(document, str) else document
    return {
        "Statement": [
            statement if "NotResource" in statement else {"Resource": "*", **statement}
            for statement in as_list(policy.get("Statement", []))
            if principal is None or _names(statement.get("Principal"), principal)
        ]
    }


def _names(element: Any, principal: str) -> bool:
    if element == "*":
        return True
    entries = [entry for group in (element or {}).values() for entry in as_list(group)]
    account = principal.split(":")[4] if principal.startswith("arn:") else principal
    return any(entry in {"*", principal, account} or entry.endswith(f"::{account}:root") for entry in entries)
