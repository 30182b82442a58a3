"""The values of the configuration files, but for a contact's own: what the services behind them take."""

from __future__ import annotations

import contextlib
import re
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from rollcall_config.document import Unquoted

#: How the roster says that a contact must not exist.
ABSENT: Final = "absent"

_ACCOUNT_ID: Final = r"[0-9]{12}"
_ORGANIZATION_ID: Final = r"o-[a-z0-9]{10,32}"
_ADDRESS: Final = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_CONTACT_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LIMIT: Final = r"(100|[1-9]?[0-9])%"
_REASON_LENGTH: Final = 256
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Tag.html
_TAG_KEY_LENGTH: Final = 128
_TAG_VALUE_LENGTH: Final = 256


def _account_id(value: str) -> str:
    if not re.fullmatch(_ACCOUNT_ID, value) or value == "000000000000":
        raise ValueError(f"{value!r} is not an account id")
    return value


def _organization_id(value: str) -> str:
    if not re.fullmatch(_ORGANIZATION_ID, value):
        raise ValueError(f"{value!r} is not an organization id")
    return value


def _address(value: str) -> str:
    if not re.fullmatch(_ADDRESS, value):
        raise ValueError("is not an e-mail address")
    return value


def _contact_name(value: str) -> str:
    if value == ABSENT:
        raise ValueError(f"{ABSENT!r} is a word of the roster and names no contact")
    if not re.fullmatch(_CONTACT_NAME, value):
        raise ValueError(f"{value!r} is not a contact's name")
    return value


def _reason(value: str) -> str:
    if not value:
        raise ValueError("is empty")
    if value != value.strip():
        raise ValueError("has space around it")
    if len(value) > _REASON_LENGTH:
        raise ValueError(f"is {len(value)} characters long")
    return value


def _tag_key(value: str) -> str:
    if not 1 <= len(value) <= _TAG_KEY_LENGTH:
        raise ValueError(f"is {len(value)} characters long")
    return value


def _tag_value(value: str) -> str:
    if len(value) > _TAG_VALUE_LENGTH:
        raise ValueError(f"is {len(value)} characters long")
    return value


def _day(value: Any) -> str:
    # In quotes or not: YAML knows days itself, and both ways are right.
    raw = _raw(value)
    with contextlib.suppress(ValueError):
        # Python reads more forms than this one, and people do not.
        if re.fullmatch(_DAY, raw):
            return date.fromisoformat(raw).isoformat()
    raise ValueError(f"{raw!r} is not a day" if raw else "is not a day")


def _limit(value: Any) -> int | str:
    whole = isinstance(value, int) and value >= 0
    if not whole and not (isinstance(value, str) and re.fullmatch(_LIMIT, value)):
        raw = _raw(value)
        if isinstance(value, str) and value.isdigit():
            raise ValueError(f"is text: write {value} without quotes")
        problem = "is neither a number of accounts nor a per cent"
        raise ValueError(f"{raw!r} {problem}" if raw else problem)
    return value  # type: ignore[no-any-return]  # one of the two, as checked


def _raw(value: Any) -> str:
    """The scalar as it stands in the file; empty for what is no scalar."""
    if isinstance(value, Unquoted):
        return value.raw
    return str(value) if isinstance(value, (str, int)) else ""


def _text(pattern: str, **more: Any) -> dict[str, Any]:
    """What an editor can check by itself, for the JSON Schema."""
    return {"type": "string", "pattern": f"^{pattern}$", **more}


AccountId = Annotated[
    str,
    AfterValidator(_account_id),
    Field(description='12 digits in quotes, "111122223333"', json_schema_extra=_text(_ACCOUNT_ID)),
]
OrganizationId = Annotated[
    str,
    AfterValidator(_organization_id),
    Field(
        description="o- and 10 to 32 lower-case letters or digits (aws organizations describe-organization)",
        json_schema_extra=_text(_ORGANIZATION_ID),
    ),
]
AlertAddress = Annotated[
    str,
    AfterValidator(_address),
    Field(description="an e-mail address, such as aws-alerts@example.com", json_schema_extra=_text(_ADDRESS)),
]
ContactName = Annotated[
    str,
    AfterValidator(_contact_name),
    Field(
        description="1 to 64 letters, digits, - and _, with a letter or digit first",
        json_schema_extra=_text(_CONTACT_NAME),
    ),
]
Reason = Annotated[
    str,
    AfterValidator(_reason),
    Field(
        description=f"why, in 1 to {_REASON_LENGTH} characters",
        json_schema_extra={"minLength": 1, "maxLength": _REASON_LENGTH},
    ),
]
TagKey = Annotated[
    str, AfterValidator(_tag_key), Field(description=f"a tag's key of 1 to {_TAG_KEY_LENGTH} characters")
]
TagValue = Annotated[
    str,
    AfterValidator(_tag_value),
    Field(
        description=f"a tag's value of at most {_TAG_VALUE_LENGTH} characters",
        json_schema_extra={"maxLength": _TAG_VALUE_LENGTH},
    ),
]
Day = Annotated[
    str,
    BeforeValidator(_day),
    Field(description="a day, such as 2027-05-01", json_schema_extra=_text(_DAY, format="date")),
]
Limit = Annotated[
    int | str,
    BeforeValidator(_limit),
    Field(
        description="a number of accounts, such as 25, or a per cent of them, 0% to 100%",
        json_schema_extra={"anyOf": [{"type": "integer", "minimum": 0}, _text(_LIMIT)]},
    ),
]
