"""What the roster wants of one contact and what the Account API says of it: present, absent or unreadable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollcall.model.contact import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The contact must be this; `source` is the roster entry that says so."""

    contact: Contact
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAbsent:
    """The contact must not exist."""

    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The roster cannot be applied here; until somebody mends it, nothing is written."""

    reason: str


#: What may be carried out.
Target = Wanted | WantedAbsent
Demand = Wanted | WantedAbsent | Held


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


def matches(observation: Observation, wanted: Target) -> bool:
    """Whether the contact is known to be exactly as wanted."""
    if isinstance(wanted, WantedAbsent):
        return isinstance(observation, Absent)
    return isinstance(observation, Present) and observation.contact.same_as(wanted.contact)
