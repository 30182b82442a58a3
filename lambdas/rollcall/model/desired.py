"""What the roster wants of one contact and what the Account API says of it: present, absent or unreadable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollcall.model.contact import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """The contact must be this; `source` is the roster entry that says so."""

    contact: Contact
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredAbsent:
    """The contact must not exist."""

    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """The roster cannot be applied here; until somebody mends it, nothing is written."""

    reason: str


#: What may be carried out.
DesiredState = Desired | DesiredAbsent
DesiredOrConflict = Desired | DesiredAbsent | Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The contact exists with these values."""

    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The Account API answered ResourceNotFoundException: the one answer that means absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """The contact may or may not exist; `reason` says why nobody could tell and names the fix.

    `denied` tells a refusal of access, which in a new account may pass by itself, from other failures that
    trying again does not mend. `unreachable` tells an account that we have no way into.
    """

    reason: str
    denied: bool = False
    unreachable: bool = False


Observation = Present | Absent | Unreadable


def matches(observation: Observation, wanted: DesiredState) -> bool:
    """Whether the contact is known to be exactly as wanted."""
    if isinstance(wanted, DesiredAbsent):
        return isinstance(observation, Absent)
    return isinstance(observation, Present) and observation.contact.is_same(wanted.contact)
