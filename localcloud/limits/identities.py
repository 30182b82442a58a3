"""Sizes and forms of IAM's policies.

Sources: IAM user guide, "IAM and AWS STS quotas" (white space does not count) and "Grammar of the IAM JSON
policy language"; "IAM JSON policy elements: Principal": a policy whose principal does not exist is refused.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from moto.iam.models import iam_backends

from localcloud.access.resources import find_role
from localcloud.limits.refusal import ServiceRefusalError
from rollcall_policies import as_list, find_malformed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localcloud.access.calls import ServiceCall
    from localcloud.limits.refusal import Check

_TRUST, _MANAGED = 2048, 6144
#: Characters of all inline policies of one identity.
_INLINE: Final = {"RoleName": 10_240, "UserName": 2048, "GroupName": 5120}
_SERVICE: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
_MOST_MANAGED: Final = 10
_CONFLICT: Final = 409


def _count(text: str) -> int:
    """Characters as IAM counts them."""
    return len(re.sub(r"\s", "", text))


def _require_size(what: str, size: int, largest: int) -> None:
    if size > largest:
        text = f"Cannot exceed quota for {what}: {largest}"
        raise ServiceRefusalError("LimitExceeded", text, _CONFLICT)


def _read_document(text: str, *, principal: bool) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(text)
    except ValueError:
        raise ServiceRefusalError("MalformedPolicyDocument", "This policy contains invalid Json") from None
    if problem := find_malformed(document, principal=principal):
        raise ServiceRefusalError("MalformedPolicyDocument", problem)
    return document


def _check_trust(call: ServiceCall, _: str) -> None:
    text = call.parameters.get("AssumeRolePolicyDocument") or call.parameters.get("PolicyDocument") or "{}"
    _require_size("ACLSizePerRole", _count(text), _TRUST)
    for kind, principal in _list_principals(_read_document(text, principal=True)):
        known = _exists(principal) if kind == "AWS" else _SERVICE.fullmatch(principal)
        if not known:
            raise ServiceRefusalError(
                "MalformedPolicyDocument", f'Invalid principal in policy: "{kind.upper()}":"{principal}"'
            )


def _list_principals(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for statement in as_list(document.get("Statement", [])):
        named = statement.get("Principal", {})
        if isinstance(named, dict):
            for kind in ("AWS", "Service"):
                yield from ((kind, str(one)) for one in as_list(named.get(kind, [])))


def _exists(principal: str) -> bool:
    """Whether a principal of AWS is one: an account, everybody, or a role or user that IAM has."""
    if principal == "*" or re.fullmatch(r"\d{12}|arn:aws[\w-]*:iam::\d{12}:root", principal):
        return True
    parts = principal.split(":", 5)
    if len(parts) != 6 or not parts[4].isdecimal():  # noqa: PLR2004 - an ARN's parts
        return False
    kind, _, name = parts[5].partition("/")
    if kind == "user":
        return name.rpartition("/")[2] in iam_backends[parts[4]]["aws"].users
    if kind == "role":
        return find_role(principal) is not None
    return kind in {"assumed-role", "federated-user"}


def _check_inline(call: ServiceCall, account: str) -> None:
    text = call.parameters.get("PolicyDocument") or "{}"
    _read_document(text, principal=False)
    backend = iam_backends[account]["aws"]
    holders: dict[str, Mapping[str, Any]] = {
        "RoleName": {role.name: role for role in backend.roles.values()},
        "UserName": backend.users,
        "GroupName": backend.groups,
    }
    for parameter, known in holders.items():
        holder = known.get(str(call.parameters.get(parameter)))
        if holder is not None:
            others = {**holder.policies, call.parameters["PolicyName"]: text}
            size = sum(_count(one) for one in others.values())
            _require_size(f"PolicySize of {parameter}", size, _INLINE[parameter])


def _check_managed(call: ServiceCall, _: str) -> None:
    text = call.parameters.get("PolicyDocument") or "{}"
    _require_size("PolicySize", _count(text), _MANAGED)
    _read_document(text, principal=False)


def _check_attached(call: ServiceCall, account: str) -> None:
    role = find_role(f"arn:aws:iam::{account}:role/{call.parameters.get('RoleName')}")
    if role is not None:
        attached = {*role.managed_policies, call.parameters.get("PolicyArn")}
        _require_size("PoliciesPerRole", len(attached), _MOST_MANAGED)


CHECKS: Final[Mapping[str, Check]] = {
    "iam:AttachRolePolicy": _check_attached,
    "iam:CreatePolicy": _check_managed,
    "iam:CreatePolicyVersion": _check_managed,
    "iam:CreateRole": _check_trust,
    "iam:PutGroupPolicy": _check_inline,
    "iam:PutRolePolicy": _check_inline,
    "iam:PutUserPolicy": _check_inline,
    "iam:UpdateAssumeRolePolicy": _check_trust,
}
