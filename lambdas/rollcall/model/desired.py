"""The desired state of one contact and what the Account API says of it: present, absent or unreadable."""

from __future__ import annotations

from dataclasses import dataclass

from rollcall.model.codec import Serializable
from rollcall.model.contact import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired(Serializable):
    """The contact must be this; `source` is the roster entry that says so."""

    tag = "present"

    contact: Contact
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredAbsent(Serializable):
    """The contact must not exist."""

    tag = "absent"

    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """The roster cannot be applied here; until somebody fixes it, nothing is written.

    `summary` is the reason without what is this account's own, empty if nothing of it is.
    """

    reason: str
    summary: str = ""


#: What may be carried out.
DesiredState = Desired | DesiredAbsent
DesiredOrConflict = Desired | DesiredAbsent | Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Present(Serializable):
    """The contact exists with these values."""

    tag = "present"

    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent(Serializable):
    """The Account API answered ResourceNotFoundException: the one answer that means absent."""

    tag = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(Serializable):
    """The contact may or may not exist; `reason` says why it is not known and names the fix.

    `denied` is a refusal of access, which in a new account may pass by itself, unlike other failures that
    trying again does not fix. `unreachable` is an account that we have no way into.
    """

    tag = "unreadable"

    reason: str
    denied: bool = False
    unreachable: bool = False


Observation = Present | Absent | Unreadable


def matches(observation: Observation, wanted: DesiredState) -> bool:
    """Whether the contact is known to be exactly as wanted."""
    if isinstance(wanted, DesiredAbsent):
        return isinstance(observation, Absent)
    return isinstance(observation, Present) and observation.contact.is_same(wanted.contact)


def make_fulfilled(wanted: DesiredState) -> Present | Absent:
    """What is there once the contact is as wanted."""
    return Present(contact=wanted.contact) if isinstance(wanted, Desired) else Absent()


def is_same_desired(wanted: DesiredState, planned: DesiredState) -> bool:
    """The same values; which entry of the roster they come from does not matter."""
    if isinstance(wanted, Desired) and isinstance(planned, Desired):
        return wanted.contact == planned.contact
    return type(wanted) is type(planned)


def is_same_observation(found: Observation, planned: Observation) -> bool:
    """Whether what is there is still what was there when the plan was made."""
    if isinstance(found, Present) and isinstance(planned, Present):
        return found.contact.is_same(planned.contact)
    return type(found) is type(planned)
