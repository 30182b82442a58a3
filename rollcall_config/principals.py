"""ARNs of the principals that both files name: exact roles and users, never sessions."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_SESSION: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):sts::(?P<account>[0-9]{12}|\*):assumed-role/(?P<role>[A-Za-z0-9_+=,.@*?-]+)(/.*)?"
)
# https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
_SSO: Final = "AWSReservedSSO_"
_SSO_PATH: Final = "aws-reserved/sso.amazonaws.com/"
_SSO_NOTE: Final = f"or with {_SSO_PATH}REGION/, unless Identity Center is in us-east-1"
_PATH_NOTE: Final = "with the role's path, if it has one"


def refuse_sessions(value: Any) -> Any:
    """Raise ValueError for the ARN of a session, whose principal is the role in aws:PrincipalArn."""
    if isinstance(value, str) and (session := _SESSION.fullmatch(value)):
        role = f"arn:{session['partition']}:iam::{session['account']}:role/"
        path, note = (_SSO_PATH, _SSO_NOTE) if session["role"].startswith(_SSO) else ("", _PATH_NOTE)
        raise ValueError(
            f"{value!r} is a session, which has another name each time; name its role,"
            f" {role}{path}{session['role']} ({note})"
        )
    return value


def refuse_pathless(value: Any) -> Any:
    """Raise ValueError for a role of IAM Identity Center without its path: it would match nobody."""
    if isinstance(value, str) and f":role/{_SSO}" in value:
        role = value.replace(f":role/{_SSO}", f":role/{_SSO_PATH}{_SSO}")
        raise ValueError(
            f"{value!r} matches nobody, because it lacks the role's path; write {role} ({_SSO_NOTE})"
        )
    return value


def _refuse_wildcards(value: Any) -> Any:
    if isinstance(value, str) and re.search(r"[*?]", value):
        raise ValueError(
            f"{value!r} has a wildcard: anyone who can create a role with a matching name would be trusted"
        )
    return value


PrincipalArn = Annotated[
    str,
    StringConstraints(
        pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/([!-)+-.0->@-~]+/)*[A-Za-z0-9_+=,.@-]{1,64})$"
    ),
    BeforeValidator(_refuse_wildcards),
    BeforeValidator(refuse_pathless),
    BeforeValidator(refuse_sessions),
    Field(
        description="the exact ARN of a role, a user or a root user, such as"
        " arn:aws:iam::444455556666:role/finance-terraform"
    ),
]
