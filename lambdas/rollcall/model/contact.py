"""Contacts: the kinds, the four values, what the Account API accepts, and how alerts mask them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

from rollcall.model.codec import Serializable


class ContactKind(StrEnum):
    """The alternate contacts, by the name that the Account API uses."""

    SECURITY = "SECURITY"
    OPERATIONS = "OPERATIONS"
    BILLING = "BILLING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Serializable):
    """One contact. The values are personal data: they never show in a repr, a log or an exception."""

    name: str = field(repr=False)
    title: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)

    @property
    def has_placeholders(self) -> bool:
        """Whether a part may be another one in each account."""
        return "{" in self.name or "{" in self.title or "{" in self.email or "{" in self.phone

    def is_same(self, other: Contact) -> bool:
        """Whether AWS would store the same: it trims the e-mail and keeps the rest verbatim (seen live)."""
        return (self.name, self.title, self.email.strip(), self.phone) == (
            other.name,
            other.title,
            other.email.strip(),
            other.phone,
        )


# re.ASCII because \w of the service is ASCII, and Python's is not.
EMAIL: Final = re.compile(r"[\w+=.#|!&-]+@[\w.-]+\.[\w]+", re.ASCII)
PHONE: Final = re.compile(r"[\s0-9()+-]+", re.ASCII)
#: Longest value of each part, in characters.
LENGTHS: Final = {"name": 64, "title": 50, "email": 254, "phone": 25}
_PATTERNS: Final = {"email": EMAIL, "phone": PHONE}


def find_violation(part: str, value: str) -> str | None:
    """What AWS would refuse about the value of this part, without repeating it; None if nothing."""
    if not value or value != value.strip():
        return "is empty" if not value else "has space around it"
    if len(value) > LENGTHS[part]:
        return f"is {len(value)} characters long, {LENGTHS[part]} are allowed"
    pattern = _PATTERNS.get(part)
    return None if pattern is None or pattern.fullmatch(value) else "has a form that the Account API refuses"


@lru_cache(maxsize=1024)
def find_contact_violation(contact: Contact) -> str | None:
    """The first part that AWS would refuse, and why, without repeating it; None if there is none.

    Remembered: many accounts have the same contact.
    """
    found = ((part, find_violation(part, getattr(contact, part))) for part in LENGTHS)
    return next((f"{part} {problem}" for part, problem in found if problem), None)


_HIDDEN = "***"
_DIGITS_SHOWN = 2
_DIGITS_NEEDED = 7
_KEY_LENGTH = 12
#: Long-term and temporary access key ids, tokens of Slack, and its webhooks, whose path is the secret.
_SECRETS = re.compile(
    r"(?P<key>(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{4,}(?=[A-Z0-9]{4}(?![A-Z0-9])))"
    r"|(?P<token>xox[a-z]-[A-Za-z0-9-]+)"
    r"|(?P<hook>hooks\.slack(?:-gov)?\.com/[^\s\"'<>]+)"
)


def mask_contact(contact: Contact) -> dict[str, str]:
    """The four values masked: the mail domain is kept, the rest only hinted."""
    return {part: mask_value(part, value) for part, value in contact.as_document().items()}


def mask_value(part: str, value: str) -> str:
    """One part of a contact, masked."""
    match part:
        case "email":
            return _mask_email(value)
        case "phone":
            return _mask_phone(value)
    return _mask_words(value)


def _mask_words(value: str) -> str:
    return " ".join(word[0] + _HIDDEN if len(word) > 1 else _HIDDEN for word in value.split()) or _HIDDEN


def _mask_email(value: str) -> str:
    local, _, domain = value.strip().rpartition("@")
    if not local:
        return _HIDDEN
    return (local[0] if len(local) > 1 else "") + _HIDDEN + "@" + domain


def _mask_phone(value: str) -> str:
    digits = [character for character in value if character.isdigit()]
    return _HIDDEN + ("".join(digits[-_DIGITS_SHOWN:]) if len(digits) >= _DIGITS_NEEDED else "")


def mask_access_key(access_key_id: str) -> str:
    """An access key id by its first and last four characters; one too short for that is hidden whole."""
    if len(access_key_id) < _KEY_LENGTH:
        return _HIDDEN
    return access_key_id[:4] + _HIDDEN + access_key_id[-4:]


def mask_secrets(text: str) -> str:
    """The text without what may open a door: session names and user agents are chosen by the caller."""
    return _SECRETS.sub(_mask_found, text)


def _mask_found(found: re.Match[str]) -> str:
    return found["key"][:4] + _HIDDEN if found["key"] else _HIDDEN
