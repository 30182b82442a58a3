"""What an organization is made of: accounts with their contacts, and OUs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

# The primary contact of accounts for which nobody gave another (members of the ContactInformation structure).
EXAMPLE_PRIMARY: Mapping[str, str] = {
    "FullName": "Example Corp",
    "CompanyName": "Example Corp",
    "AddressLine1": "123 Any Street",
    "City": "Seattle",
    "StateOrRegion": "WA",
    "PostalCode": "98101",
    "CountryCode": "US",
    "PhoneNumber": "+1 206 555 0100",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternateContact:
    """One alternate contact as the Account API stores it."""

    name: str
    title: str
    email: str
    phone: str


@dataclass(slots=True, kw_only=True)
class SimulatedAccount:
    """A management, member or standalone account. Mutable: it is the state that API calls change.

    `state` is one of PENDING_ACTIVATION, ACTIVE, SUSPENDED, PENDING_CLOSURE, CLOSED; `contacts` maps
    SECURITY, OPERATIONS and BILLING to what is stored now; `primary` is the ContactInformation structure;
    `new_email` an update of the root address that was started and not accepted. A standalone account has no
    `parent_id`, and `joined_at` is when it last joined an organization; `regions` are the statuses of those
    that were switched.
    """

    id: str
    name: str
    email: str
    parent_id: str
    created_at: datetime
    joined_at: datetime
    joined_method: str = "CREATED"
    state: str = "ACTIVE"
    tags: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, AlternateContact] = field(default_factory=dict)
    primary: Mapping[str, str] = field(default_factory=lambda: EXAMPLE_PRIMARY)
    new_email: str | None = None
    regions: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class OrganizationalUnit:
    """An OU (mutable, as `Account`)."""

    id: str
    name: str
    parent_id: str
    tags: dict[str, str] = field(default_factory=dict)
