"""The ids and ARNs that `organization.yaml` names beyond whose organization it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from rollcall_config.document import Unquoted

if TYPE_CHECKING:
    from collections.abc import Callable

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html and API_Root.html
_UNIT: Final = r"(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32})"
_TARGET: Final = rf"({_UNIT}|[0-9]{{12}})"
_PATH: Final = (
    r"o-[a-z0-9]{10,32}/r-[0-9a-z]{4,32}/(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}/){0,5}"
    r"(\*|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}/)"
)
_FLAGS: Final = {"true": True, "false": False}
_BREAK_GLASS: Final = r"arn:aws[a-z-]*:iam::([0-9]{12}|\*):(role|user)/[A-Za-z0-9_+=,.@/*?-]+"
_LAYER: Final = r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+"


def _shaped(pattern: str, what: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{value!r} is not {what}")
        return value

    return check


def _break_glass(value: str) -> str:
    if re.fullmatch(r"arn:aws[a-z-]*:sts:.*", value):
        raise ValueError(f"{value!r} is a session: aws:PrincipalArn holds the ARN of its role")
    if not re.fullmatch(_BREAK_GLASS, value):
        raise ValueError(f"{value!r} is not the ARN of roles or users")
    if not value.split("/", 1)[1].strip("*?/"):
        raise ValueError(f"{value!r} fits every role and user: the guardrail would stop nobody")
    return value


def _flag(value: Any) -> bool:
    # In quotes it is text; yes, no, on and off are truth values to some readers of YAML only.
    if isinstance(value, Unquoted) and value.raw in _FLAGS:
        return _FLAGS[value.raw]
    raise ValueError("is neither true nor false")


def _text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _id(pattern: str, what: str, allowed: str) -> Any:
    return Annotated[
        str,
        AfterValidator(_shaped(pattern, what)),
        Field(description=allowed, json_schema_extra=_text(pattern)),
    ]


UnitId = _id(_UNIT, "the id of a root or an organizational unit", "ids, r-a1b2 or ou-a1b2-11111111")
TargetId = _id(
    _TARGET,
    "the id of a root, an organizational unit or an account",
    'ids, r-a1b2, ou-a1b2-11111111 or "111122223333"',
)
VpcId = _id(r"vpc-[0-9a-f]{8,17}", "the id of a VPC", "the id of a VPC, vpc-0a1b2c3d4e5f60718")
SubnetId = _id(r"subnet-[0-9a-f]{8,17}", "the id of a subnet", "ids of subnets, subnet-0a1b2c3d4e5f60718")
SecurityGroupId = _id(
    r"sg-[0-9a-f]{8,17}", "the id of a security group", "ids of security groups, sg-0a1b2c3d4e5f60718"
)
LayerArn = _id(
    _LAYER,
    "the ARN of a version of a layer",
    "the ARN of a version of the Powertools layer, with its version at the end",
)
Flag = Annotated[bool, BeforeValidator(_flag), Field(json_schema_extra={"type": "boolean"})]
BreakGlass = Annotated[
    str,
    AfterValidator(_break_glass),
    Field(
        description="an ARN with or without wildcards, such as arn:aws:iam::*:role/BreakGlass*",
        json_schema_extra=_text(_BREAK_GLASS),
    ),
]
OrgPath = Annotated[
    str,
    AfterValidator(_shaped(_PATH, "the path of an organizational unit")),
    Field(
        description="paths of ids that end in a slash or in /*, o-exampleorgid/r-a1b2/ou-a1b2-11111111/*",
        json_schema_extra=_text(_PATH),
    ),
]
