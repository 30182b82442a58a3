"""What the Account API says of one contact: present, absent or unreadable. Three answers, never two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollcall.demands import Target, WantedAbsent

if TYPE_CHECKING:
    from rollcall.contacts import Contact


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
