"""Contact details as alerts and outcome events show them: recognisable to the owner, useless to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollcall.contacts import Contact

_HIDDEN = "***"
_DIGITS_SHOWN = 2
_DIGITS_NEEDED = 7


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
