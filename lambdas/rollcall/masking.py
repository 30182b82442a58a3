"""Contact details as alerts and outcome events show them: recognisable to the owner, useless to others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollcall.contacts import Contact

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


def masked(contact: Contact) -> dict[str, str]:
    """The four values masked: the mail domain is kept, the rest only hinted."""
    return {
        "name": _words(contact.name),
        "title": _words(contact.title),
        "email": _email(contact.email),
        "phone": _phone(contact.phone),
    }


def _words(value: str) -> str:
    return " ".join(word[0] + _HIDDEN if len(word) > 1 else _HIDDEN for word in value.split()) or _HIDDEN


def _email(value: str) -> str:
    local, _, domain = value.strip().rpartition("@")
    if not local:
        return _HIDDEN
    return (local[0] if len(local) > 1 else "") + _HIDDEN + "@" + domain


def _phone(value: str) -> str:
    digits = [character for character in value if character.isdigit()]
    return _HIDDEN + ("".join(digits[-_DIGITS_SHOWN:]) if len(digits) >= _DIGITS_NEEDED else "")


def key_hint(access_key_id: str) -> str:
    """An access key id by its first and last four characters; one too short for that is hidden whole."""
    if len(access_key_id) < _KEY_LENGTH:
        return _HIDDEN
    return access_key_id[:4] + _HIDDEN + access_key_id[-4:]


def without_secrets(text: str) -> str:
    """The text without what may open a door: session names and user agents are chosen by the caller."""
    return _SECRETS.sub(_hint, text)


def _hint(found: re.Match[str]) -> str:
    return found["key"][:4] + _HIDDEN if found["key"] else _HIDDEN
