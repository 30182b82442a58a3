"""Contacts of an account: the kinds, the four values, and when two contacts are the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


class ContactKind(StrEnum):
    """The alternate contacts, by the name that the Account API uses."""

    SECURITY = "SECURITY"
    OPERATIONS = "OPERATIONS"
    BILLING = "BILLING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact. The values are personal data: they never show in a repr, a log or an exception."""

    name: str = field(repr=False)
    title: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)

    def same_as(self, other: Contact) -> bool:
        """Whether AWS would store the same: it trims the e-mail and keeps the rest verbatim (seen live)."""
        return (self.name, self.title, self.email.strip(), self.phone) == (
            other.name,
            other.title,
            other.email.strip(),
            other.phone,
        )

    def as_document(self) -> dict[str, str]:
        """Plain JSON, in full: only for the roster, the ledger and open intents."""
        return {"name": self.name, "title": self.title, "email": self.email, "phone": self.phone}

    @classmethod
    def from_document(cls, document: Mapping[str, str]) -> Self:
        """Read what `as_document` wrote; KeyError if a value is missing."""
        return cls(
            name=document["name"],
            title=document["title"],
            email=document["email"],
            phone=document["phone"],
        )
