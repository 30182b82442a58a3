"""How the roster names an organizational unit: by its path of names below the root, or by an id."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
_ID: Final = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32}")
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
_DEPTH: Final = 5
_NAME_LENGTH: Final = 128


def _ou(value: str) -> str:
    names = value.split("/")
    if not value:
        raise ValueError("is empty")
    if value.startswith(("ou-", "r-")) and len(names) == 1 and not _ID.fullmatch(value):
        raise ValueError(f"{value!r} begins like an id and is none; if that is the unit's name, give its id")
    if len(names) > 1 and _ID.fullmatch(names[0]):
        raise ValueError(f"{value!r} mixes an id and names; give the id of the unit itself, or names only")
    if value.startswith("/") or value.endswith("/"):
        raise ValueError(f"{value!r} starts or ends with a slash")
    if "" in names:
        raise ValueError(f"{value!r} has an empty name between two slashes")
    if any(name != name.strip() for name in names):
        raise ValueError(f"{value!r} has space around a name")
    if len(names) > _DEPTH:
        raise ValueError(f"{value!r} has {len(names)} levels")
    if any(len(name) > _NAME_LENGTH for name in names):
        raise ValueError(f"has a name of more than {_NAME_LENGTH} characters")
    return value


Ou = Annotated[
    str,
    AfterValidator(_ou),
    Field(
        description="names of organizational units from below the root, at most 5: Workloads/Production;"
        " or one id, ou-... or r-...",
        json_schema_extra={"minLength": 1},
    ),
]
