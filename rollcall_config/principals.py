"""The principals whose changes are expected: one IAM role, IAM user or root user each."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_PRINCIPAL: Final = (
    r"arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/([!-)+-.0->@-~]+/)*[A-Za-z0-9_+=,.@-]{1,64})"
)
_SESSION: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):sts::(?P<account>[0-9]{12}):assumed-role/(?P<role>[A-Za-z0-9_+=,.@-]+)(/.*)?"
)


def _principal(value: str) -> str:
    if session := _SESSION.fullmatch(value):
        role = f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}"
        raise ValueError(
            f"{value!r} is a session, which has another name each time; name its role,"
            f" {role} (with the role's path, if it has one)"
        )
    if re.search(r"[*?]", value):
        raise ValueError(
            f"{value!r} has a wildcard: whoever can make a role with a fitting name would be trusted"
        )
    if not re.fullmatch(_PRINCIPAL, value):
        raise ValueError(f"{value!r} is not the ARN of a role, a user or a root user")
    return value


PrincipalArn = Annotated[
    str,
    AfterValidator(_principal),
    Field(
        description="an exact ARN, such as arn:aws:iam::444455556666:role/finance-terraform",
        json_schema_extra={"type": "string", "pattern": f"^{_PRINCIPAL}$"},
    ),
]
