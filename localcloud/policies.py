"""A small evaluator of policy documents: enough to hold buses, queues and sending roles to what is deployed.

Source: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    Context = Mapping[str, Collection[str]]


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
}


def decide(
    documents: Iterable[Any], *, action: str, resource: str, context: Context, principal: str | None = None
) -> bool | None:
    """True when allowed, False when denied, None when no statement speaks of the request.

    `principal` is an ARN, an account id or a service name; None for identity policies, which name none.
    Raises NotImplementedError for a condition operator that is not modelled, rather than guess.
    """
    verdict = None
    for document in documents:
        policy = json.loads(document) if isinstance(document, str) else document
        for statement in _list(policy.get("Statement", [])):
            if (
                any(_like(action.lower(), pattern.lower()) for pattern in _list(statement.get("Action", [])))
                and any(_like(resource, pattern) for pattern in _list(statement.get("Resource", "*")))
                and (principal is None or _names(statement.get("Principal"), principal))
                and all(
                    _holds(operator, key, _list(wanted), context)
                    for operator, entries in statement.get("Condition", {}).items()
                    for key, wanted in entries.items()
                )
            ):
                if statement["Effect"] == "Deny":
                    return False
                verdict = True
    return verdict


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


def _holds(operator: str, key: str, wanted: list[Any], context: Context) -> bool:
    parsed = re.fullmatch(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?", operator)
    every, name, if_exists = parsed.groups() if parsed else (None, operator, None)
    negated = "Not" in name
    values = {known.lower(): found for known, found in context.items()}.get(key.lower(), [])
    if name == "Null":
        return str(not values).lower() in {str(entry).lower() for entry in wanted}
    compare = _OPERATORS.get(name.replace("Not", "", 1))
    if compare is None:
        raise NotImplementedError(f"condition operator {operator}")
    if not values:
        return every == "ForAllValues" or negated or if_exists is not None
    matches = [any(compare(value, str(entry)) for entry in wanted) != negated for value in values]
    return any(matches) if every == "ForAnyValue" else all(matches)


def _names(element: Any, principal: str) -> bool:
    if element == "*":
        return True
    entries = [entry for group in (element or {}).values() for entry in _list(group)]
    account = principal.split(":")[4] if principal.startswith("arn:") else principal
    return any(entry in {"*", principal, account} or entry.endswith(f"::{account}:root") for entry in entries)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
