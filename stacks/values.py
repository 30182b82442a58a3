"""The values of the configuration files, each held to what the service behind it takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator, Field

if TYPE_CHECKING:
    from collections.abc import Callable

# Lengths and patterns of the Account API (service model account-2021-02-01). Only the e-mail pattern there
# admits space around the address, which the service then removes: here no value has any.
# re.ASCII because \w of the service is ASCII, and Python's is not.
EMAIL: Final = re.compile(r"[\w+=.#|!&-]+@[\w.-]+\.[\w]+", re.ASCII)
PHONE: Final = re.compile(r"[\s0-9()+-]+", re.ASCII)
NAME_LENGTH: Final = 64
TITLE_LENGTH: Final = 50
EMAIL_LENGTH: Final = 254
PHONE_LENGTH: Final = 25

_ACCOUNT_ID: Final = re.compile(r"[0-9]{12}")
_ORGANIZATION_ID: Final = re.compile(r"o-[a-z0-9]{10,32}")
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CONTACT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
_OU_DEPTH: Final = 5
_OU_NAME_LENGTH: Final = 128


def _text(length: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not value:
            raise ValueError("is empty")
        if value != value.strip():
            raise ValueError("has space around it")
        if len(value) > length:
            raise ValueError(f"is {len(value)} characters long")
        return value

    return check


def _email(value: str) -> str:
    if not EMAIL.fullmatch(value):
        raise ValueError(_refused(value, r"[\w+=.#|!&@-]") or "is not of the form name@domain.tld")
    return value


def _phone(value: str) -> str:
    if not PHONE.fullmatch(value):
        raise ValueError(_refused(value, r"[\s0-9()+-]"))
    return value


def _refused(value: str, allowed: str) -> str:
    # Single characters, sorted: enough to find them, and no contact details.
    characters = sorted({one for one in value if not re.match(allowed, one, re.ASCII)})
    return f"has {' '.join(map(repr, characters))}, which the Account API refuses" if characters else ""


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("is not an e-mail address")
    return value


def _account_id(value: str) -> str:
    if not _ACCOUNT_ID.fullmatch(value) or value == "000000000000":
        raise ValueError(f"{value!r} is not an account id")
    return value


def _organization_id(value: str) -> str:
    if not _ORGANIZATION_ID.fullmatch(value):
        raise ValueError(f"{value!r} is not an organization id")
    return value


def _contact_name(value: str) -> str:
    if value == "absent":
        raise ValueError("'absent' is a word of the roster and names no contact")
    if not _CONTACT_NAME.fullmatch(value):
        raise ValueError(f"{value!r} is not a contact's name")
    return value


def _ou_path(value: str) -> str:
    names = value.split("/")
    if not value:
        raise ValueError("is empty")
    if value.startswith("/") or value.endswith("/"):
        raise ValueError(f"{value!r} starts or ends with a slash")
    if "" in names:
        raise ValueError(f"{value!r} has an empty name between two slashes")
    if any(name != name.strip() for name in names):
        raise ValueError(f"{value!r} has space around a name")
    if len(names) > _OU_DEPTH:
        raise ValueError(f"{value!r} has {len(names)} levels")
    if any(len(name) > _OU_NAME_LENGTH for name in names):
        raise ValueError(f"has a name of more than {_OU_NAME_LENGTH} characters")
    return value


AccountId = Annotated[
    str, AfterValidator(_account_id), Field(description='12 digits in quotes, "111122223333"')
]
OrganizationId = Annotated[
    str,
    AfterValidator(_organization_id),
    Field(
        description="o- and 10 to 32 lower-case letters or digits (aws organizations describe-organization)"
    ),
]
AlertAddress = Annotated[
    str,
    AfterValidator(_address),
    Field(description="an e-mail address, such as aws-alerts@example.com"),
]
ContactName = Annotated[
    str,
    AfterValidator(_contact_name),
    Field(description="1 to 64 letters, digits, - and _, with a letter or digit first"),
]
OuPath = Annotated[
    str,
    AfterValidator(_ou_path),
    Field(description="names of organizational units from below the root, at most 5: Workloads/Production"),
]
Reason = Annotated[str, AfterValidator(_text(256)), Field(description="why, in 1 to 256 characters")]

# repr=False marks personal data: no message repeats the value.
PersonName = Annotated[
    str, AfterValidator(_text(NAME_LENGTH)), Field(repr=False, description=f"1 to {NAME_LENGTH} characters")
]
Title = Annotated[
    str, AfterValidator(_text(TITLE_LENGTH)), Field(repr=False, description=f"1 to {TITLE_LENGTH} characters")
]
Email = Annotated[
    str,
    AfterValidator(_text(EMAIL_LENGTH)),
    AfterValidator(_email),
    Field(
        repr=False,
        description=f"1 to {EMAIL_LENGTH} characters: letters, digits and _ + = . # | ! & - before one @,"
        " a domain of letters, digits and _ . - after it",
    ),
]
Phone = Annotated[
    str,
    AfterValidator(_text(PHONE_LENGTH)),
    AfterValidator(_phone),
    Field(
        repr=False, description=f'1 to {PHONE_LENGTH} digits, spaces, + - ( and ), such as "+1 206 555 0100"'
    ),
]
