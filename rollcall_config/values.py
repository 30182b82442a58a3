"""Values of the roster but those of contacts, and ids that both files name, by the rules of AWS."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, TypeAdapter, ValidationError

from rollcall.model.display import is_unseen
from rollcall_config.document import Unquoted

#: How the roster says that a contact must not exist.
ABSENT: Final = "absent"

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html and API_Root.html
OU_ID: Final = r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}"
ROOT_ID: Final = r"r-[0-9a-z]{4,32}"
_ID: Final = re.compile(f"{OU_ID}|{ROOT_ID}")
#: Of a path of ids; an organization's is its first.
_STEP: Final = re.compile(rf"o-[a-z0-9]{{10,32}}|{_ID.pattern}")
_CONTROL_TOWER: Final = re.compile(rf"\(({OU_ID})\)$")
_OU_NAME: Final = r"[^/\s]([^/]{0,126}[^/\s])?"
_ADDRESS: Final = r"[^@\s,:;<>()\"]+@[^@\s,:;<>()\"]+\.[^@\s,:;<>()\"]+"
_ACCOUNT_DIGITS: Final = 12
#: More leading zeros than these are no accident.
_LOST_ZEROS: Final = 3
#: AWS's own form of a tag, in the CLI and in CloudFormation.
_AWS_TAG: Final = ["key", "value"]
#: That of many tools, also without the space that YAML needs.
_PAIR: Final = re.compile(r"([^=:]+)(?:=|:)\s*([^=:]+)")
#: Text that YAML reads as text without quotes.
_PLAIN: Final = re.compile(r"(?!(?i:y|n|yes|no|on|off|true|false|null)$)[A-Za-z][\w.-]*", re.ASCII)
_PERCENT: Final = r"(100|[1-9]?[0-9])%"


def _refuse_absent(value: str) -> str:
    if value == ABSENT:
        raise ValueError(f"{ABSENT!r} is a word of the roster and names no contact")
    return value


def refuse_outer_space(value: str) -> str:
    """Return the value; ValueError if there is space around it."""
    if value != value.strip():
        ends = value.endswith("\n") and value.strip() == value.rstrip("\n")
        raise ValueError(
            "ends with a line break: write it on one line, without | and >" if ends else "has space around it"
        )
    return value


def refuse_unseen(value: str) -> None:
    """Raise ValueError if the value has a character that cannot be seen."""
    if unseen := sorted({f"U+{ord(one):04X}" for one in set(value) if is_unseen(one)}):
        raise ValueError(f"has {' '.join(unseen)}, which cannot be seen: delete it")


def _check_address(value: str) -> str:
    refuse_unseen(value)
    if not re.fullmatch(_ADDRESS, value):
        raise ValueError("is not an e-mail address")  # without the address, which may be a person's
    return value


def _check_ou(value: str) -> str:
    if named := _CONTROL_TOWER.search(value):
        raise ValueError(f"{value!r} is the form of Control Tower; write the ID alone, {named[1]}")
    first, *others = value.split("/")
    if (others or value.startswith("arn:")) and (last := _find_last_id(value)):
        raise ValueError(f"{value!r} is an ARN or a path of ids; write the id of the OU alone, {last}")
    if first.startswith(("ou-", "r-")) and not others and not _ID.fullmatch(first):
        raise ValueError(f"{value!r} begins like an id and is none; if it is the name of the OU, give its id")
    if others and _ID.fullmatch(first):
        raise ValueError(f"{value!r} mixes an id and names; give the id of the OU itself, or names only")
    return value


def _find_last_id(value: str) -> str | None:
    """Return the id that an ARN or a path of ids ends with, `o-.../r-.../ou-.../*`; None if it is neither."""
    *before, last = value.removesuffix("/*").split("/")
    foreign = value.startswith("arn:") or (before and all(map(_STEP.fullmatch, before)))
    return last if foreign and _ID.fullmatch(last) else None


def _strip_slashes(value: Any) -> Any:
    if isinstance(value, str) and value != value.strip("/") and value.strip("/"):
        raise ValueError(f"{value!r} begins or ends with a slash; write {value.strip('/')}")
    return value


def read_tag(value: Any) -> Any:
    """Return the tags of a selector; ValueError with the tag that was meant, if others write it so."""
    if written := _find_tag(value):
        raise ValueError(f"is another tool's form of a tag: write {written}")
    return value


def _find_tag(tag: Any) -> str | None:
    """Return the tag as the roster has it, if it was written as others write tags; None if it was not."""
    if isinstance(tag, list) and len(tag) == 1:
        return _find_tag(tag[0])
    if isinstance(tag, dict) and sorted(map(str.casefold, tag)) == _AWS_TAG:
        named = {name.casefold(): text for name, text in tag.items()}
        key, value = named["key"], named["value"]
    else:
        if isinstance(tag, dict) and len(tag) == 1 and None in tag.values():
            tag = next(iter(tag))  # {scope=pci}, a key without a value
        pair = _PAIR.fullmatch(tag) if isinstance(tag, str) else None
        key, value = pair.groups() if pair else (None, None)
    both = isinstance(key, str) and isinstance(value, str)
    return f"{{{_quote(key)}: {_quote(value)}}}" if both else None


def _quote(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _read_account_id(value: Any) -> Any:
    """Return the ID; ValueError with what was meant, if that can be known."""
    raw = value if isinstance(value, str) else _get_raw(value)
    digits = re.sub(r"[\s_-]", "", raw)
    missing = _ACCOUNT_DIGITS - len(digits)
    if re.fullmatch(r"[0-9][.,]?[0-9]*E\+[0-9]+", raw, re.IGNORECASE):
        raise ValueError(
            f"{raw!r} was rounded by a spreadsheet; look the ID up (aws organizations list-accounts)"
        )
    if not re.fullmatch(r"[0-9]+", digits, re.ASCII) or not 0 <= missing <= _LOST_ZEROS:
        return value
    if missing:
        zeros = "a leading zero" if missing == 1 else f"{missing} leading zeros"
        raise ValueError(
            f'has {len(digits)} digits; if {zeros} got lost, write "{digits.zfill(_ACCOUNT_DIGITS)}"'
        )
    if not isinstance(value, str):
        problem = f'is read as a number by YAML: write "{digits}" in quotes'
        raise ValueError(problem)  # noqa: TRY004  # pydantic shows no other
    if raw != digits:
        raise ValueError(f'{raw!r} has more than digits; write "{digits}"')
    return value


def _read_day(value: Any) -> str:
    # In quotes or not: YAML knows days itself, and both ways are right.
    raw = _get_raw(value)
    with contextlib.suppress(ValueError):
        # Python reads more forms than this one, and people do not.
        if date.fromisoformat(raw).isoformat() == raw:
            return raw
    raise ValueError


def _check_limit(value: Any) -> int | str:
    if isinstance(value, str) and value.isdigit():
        raise ValueError(f"is text: write {value} without quotes")
    if isinstance(value, int) and value >= 0:
        return value
    if isinstance(value, str) and re.fullmatch(_PERCENT, value):
        return value
    raise ValueError


def _get_raw(value: Any) -> str:
    """Return the scalar as it stands in the file; empty for other values."""
    if isinstance(value, Unquoted):
        return value.raw
    return str(value) if isinstance(value, (str, int)) else ""


AccountId = Annotated[
    str,
    StringConstraints(min_length=12, max_length=12, pattern=r"^[0-9]*[1-9][0-9]*$"),
    BeforeValidator(_read_account_id),
    Field(description='12 digits in quotes, "111122223333"'),
]
OrganizationId = Annotated[
    str,
    StringConstraints(pattern=r"^o-[a-z0-9]{10,32}$"),
    Field(
        description="o- and 10 to 32 lower-case letters or digits (aws organizations describe-organization)"
    ),
]
AlertAddress = Annotated[
    str,
    AfterValidator(_check_address),
    Field(
        description="an e-mail address, such as aws-alerts@example.com",
        json_schema_extra={"pattern": f"^{_ADDRESS}$"},
    ),
]
ContactName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"),
    AfterValidator(_refuse_absent),
    Field(description="1 to 64 letters, digits, - and _, with a letter or digit first"),
]
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=256),
    AfterValidator(refuse_outer_space),
    Field(description="why, in 1 to 256 characters"),
]
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Tag.html
TagKey = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    Field(description="a tag's key of 1 to 128 characters"),
]
TagValue = Annotated[
    str, StringConstraints(max_length=256), Field(description="a tag's value of at most 256 characters")
]
Ou = Annotated[
    str,
    # At most five levels: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
    StringConstraints(min_length=1, pattern=f"^{_OU_NAME}(/{_OU_NAME}){{0,4}}$"),
    AfterValidator(_check_ou),
    BeforeValidator(_strip_slashes),
    Field(
        description="names of OUs from below the root, at most 5, without space around them:"
        " Workloads/Production; or one id, ou-... or r-..."
    ),
]
Day = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    BeforeValidator(_read_day),
    Field(description="a day, such as 2027-05-01", json_schema_extra={"format": "date"}),
]
Limit = Annotated[
    int | str,
    BeforeValidator(_check_limit),
    Field(
        description="a number of accounts, such as 25, or a percentage of them, 0% to 100%",
        json_schema_extra={
            "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": f"^{_PERCENT}$"}]
        },
    ),
]
_ACCOUNT_ID: Final = TypeAdapter(AccountId)


def find_account_problem(value: str) -> str | None:
    """Return why this is no account ID, and what was meant if that can be known; None if it is one."""
    try:
        _ACCOUNT_ID.validate_python(value)
    except ValidationError as error:
        known = error.errors()[0].get("ctx", {}).get("error")
        return str(known or "is not an account ID: write its 12 digits")
    return None
