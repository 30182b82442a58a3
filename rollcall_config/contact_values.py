"""The four values of a contact, each held to what the Account API takes once it is filled in.

Lengths and patterns are those of `rollcall.model.contact`, which judges the filled-in values at run time too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator, Field

from rollcall.model.contact import EMAIL, LENGTHS, PHONE
from rollcall_config.faults import known

if TYPE_CHECKING:
    from collections.abc import Callable

#: What is replaced for each account, and the shortest that can come out. Names of accounts have 1 to 50
#: characters (service model organizations-2016-11-28); a digit is right in each of the four values.
PLACEHOLDERS: Final = {"{account_id}": "0" * 12, "{account_name}": "0"}

_EXPRESSION: Final = re.compile(r"\{[^{}]*\}|[{}]")
_CHARACTERS: Final = {"email": r"[\w+=.#|!&@-]", "phone": r"[\s0-9()+-]"}
_FORMS: Final = {"email": (EMAIL, "name@domain.tld"), "phone": (PHONE, "digits")}


def filled(value: str) -> str:
    """The value with each placeholder replaced by the shortest that an account can give."""
    for placeholder, shortest in PLACEHOLDERS.items():
        value = value.replace(placeholder, shortest)
    return value


def _checked(part: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not value:
            raise ValueError("is empty")
        if value != value.strip():
            raise ValueError("has space around it")
        for expression in _EXPRESSION.findall(value):
            if expression not in PLACEHOLDERS:
                raise ValueError(_no_placeholder(expression))
        result = filled(value)
        if len(result) > LENGTHS[part]:
            least = "" if result == value else "at least "
            raise ValueError(f"is {least}{len(result)} characters long")
        if part in _FORMS and not _FORMS[part][0].fullmatch(result):
            raise ValueError(_refused(result, _CHARACTERS[part]) or f"is not of the form {_FORMS[part][1]}")
        return value

    return check


def _no_placeholder(expression: str) -> str:
    # A word between braces is a placeholder that was misspelt; anything else is not repeated.
    word = re.fullmatch(r"\{[a-z_]{1,20}\}", expression)
    problem = f"has {expression}, which is no placeholder" if word else "has a brace outside of a placeholder"
    return f"{problem}; {known('placeholders', PLACEHOLDERS, meant=expression)}"


def _refused(value: str, allowed: str) -> str:
    # Single characters, sorted: enough to find them, and no contact details.
    characters = sorted({one for one in value if not re.match(allowed, one, re.ASCII)})
    return f"has {' '.join(map(repr, characters))}, which the Account API refuses" if characters else ""


def _schema(part: str) -> dict[str, Any]:
    """What an editor can check: the length of what has no placeholder, and the form."""
    rules: dict[str, Any] = {
        "minLength": 1,
        "anyOf": [{"maxLength": LENGTHS[part]}, {"pattern": r"\{account_(id|name)\}"}],
    }
    if part == "email":
        before, after = EMAIL.pattern.split("@")
        word = r"\{account_(id|name)\}"
        return rules | {
            "pattern": f"^({before[:-1]}|{word})+@({after[: after.index('+')]}|{word})+\\.([\\w]|{word})+$"
        }
    return rules | ({"pattern": r"^([\s0-9()+-]|\{account_(id|name)\})+$"} if part == "phone" else {})


def _field(part: str, allowed: str) -> Any:
    # repr=False marks personal data: no message repeats the value.
    description = f"1 to {LENGTHS[part]} {allowed}"
    return Field(repr=False, description=description, json_schema_extra=_schema(part))


PersonName = Annotated[str, AfterValidator(_checked("name")), _field("name", "characters")]
Title = Annotated[str, AfterValidator(_checked("title")), _field("title", "characters")]
Email = Annotated[
    str,
    AfterValidator(_checked("email")),
    _field(
        "email",
        "characters: letters, digits and _ + = . # | ! & - before one @,"
        " a domain of letters, digits and _ . - after it",
    ),
]
Phone = Annotated[
    str,
    AfterValidator(_checked("phone")),
    _field("phone", 'digits, spaces, + - ( and ), such as "+1 206 555 0100"'),
]
