"""Who may look and who may operate, if not everybody to whom the hub's own IAM gives it."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

_PEOPLE: Final = r"arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/*?-]+"


def _people(value: str) -> str:
    if re.fullmatch(r"arn:aws[a-z-]*:sts:.*", value):
        raise ValueError(f"{value!r} is a session: aws:PrincipalArn holds the ARN of its role")
    if not re.fullmatch(_PEOPLE, value):
        raise ValueError(f"{value!r} is not the ARN of roles or users of one account")
    if not value.split("/", 1)[1].strip("*?/"):
        raise ValueError(f"{value!r} fits every role or user of the account")
    return value


People = Annotated[
    str,
    AfterValidator(_people),
    Field(
        description="an ARN with an account id, and with or without wildcards after it, such as"
        " arn:aws:iam::333333333333:role/Ops*",
        json_schema_extra={"type": "string", "pattern": f"^{_PEOPLE}$"},
    ),
]
