"""The grammar of policy documents: what IAM and AWS Organizations refuse as malformed.

Sources: IAM user guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy elements: Sid".
"""

from __future__ import annotations

import re
from typing import Any, Final

from rollcall_policies.conditions import is_operator
from rollcall_policies.language import as_list

_PARTS: Final = {"Version", "Id", "Statement"}
_ELEMENTS: Final = {
    *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"),
    *("Principal", "NotPrincipal"),
}
_PRINCIPALS: Final = {"AWS", "Service", "Federated", "CanonicalUser"}
_ACTION: Final = re.compile(r"\*|\*:\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_ARN: Final = re.compile(r"\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:.+|arn:\*|.*\$\{.*|arn:.*\*")
_SID: Final = re.compile("[0-9A-Za-z]*")
_VERSIONS: Final = ("2008-10-17", "2012-10-17")


def find_malformed(document: Any, *, principal: bool = False) -> str | None:
    """What is wrong with a document, in IAM's words; None if nothing is.

    `principal`: whether it is the policy of a role or resource, which names principals and need not name
    resources.
    """
    if not isinstance(document, dict) or not {"Statement"} <= document.keys() <= _PARTS:
        return "Syntax errors in policy."
    if document.get("Version", "2008-10-17") not in _VERSIONS or not document["Statement"]:
        return "Syntax errors in policy."
    statements = as_list(document["Statement"])
    found = (_find_in_statement(one, principal=principal) for one in statements)
    sids = [one["Sid"] for one in statements if isinstance(one, dict) and one.get("Sid")]
    doubled = len(sids) != len(set(map(str, sids)))
    doubts = ["Statement IDs (SID) in a single policy must be unique."] if doubled else []
    return next(filter(None, [*found, *doubts]), None)


def _find_in_statement(statement: Any, *, principal: bool) -> str | None:
    known = isinstance(statement, dict) and statement.keys() <= _ELEMENTS
    if not known or statement.get("Effect") not in ("Allow", "Deny"):
        return "Syntax errors in policy."
    has_principal = bool({"Principal", "NotPrincipal"} & statement.keys())
    if has_principal and not principal:
        return "Policy document should not specify a principal."
    if principal and not has_principal:
        return "Missing required field Principal"
    named = [statement[element] for element in ("Principal", "NotPrincipal") if element in statement]
    if has_principal and not (len(named) == 1 and _names_principals(named[0])):
        return "Invalid principal in policy."
    # Services that have policies of resources take more characters than IAM.
    if not principal and not _SID.fullmatch(str(statement.get("Sid", ""))):
        return f"Statement IDs (SID) must be alpha-numeric ({_SID.pattern}): {statement['Sid']}"
    return _find_in_elements(statement, principal=principal)


def _names_principals(named: Any) -> bool:
    """Whether this is everybody, or lists of names by their kinds."""
    if not isinstance(named, dict):
        return bool(named == "*")
    names = [name for group in named.values() for name in as_list(group)]
    return bool(names) and named.keys() <= _PRINCIPALS and all(isinstance(name, str) for name in names)


def _find_in_elements(statement: dict[str, Any], *, principal: bool) -> str | None:
    actions, resources = _get_one(statement, "Action"), _get_one(statement, "Resource")
    if not actions:
        return "Policy statement must contain actions."
    if not resources and not principal:
        return "Policy statement must contain resources."
    problems = [
        *(
            f"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: {one}"
            for one in actions
            if not _ACTION.fullmatch(str(one))
        ),
        *(
            f'Resource {one} must be in ARN format or "*".'
            for one in resources or []
            if not _ARN.fullmatch(str(one))
        ),
        *_list_in_conditions(statement.get("Condition", {})),
    ]
    return next(iter(problems), None)


def _list_in_conditions(conditions: Any) -> list[str]:
    if not isinstance(conditions, dict) or not all(isinstance(one, dict) for one in conditions.values()):
        return ["Syntax errors in policy."]
    values = [value for one in conditions.values() for found in one.values() for value in as_list(found)]
    if not all(isinstance(value, str | int | float) for value in values):
        return ["Syntax errors in policy."]
    return [f"Invalid Condition type : {one}." for one in conditions if not is_operator(one)]


def _get_one(statement: dict[str, Any], name: str) -> list[Any] | None:
    """The entries of an element or its opposite; None if both or neither are there."""
    there = [key for key in (name, f"Not{name}") if key in statement]
    return as_list(statement[there[0]]) if len(there) == 1 else None
