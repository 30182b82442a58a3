"""Contacts: the kinds, their parts, what the Account API accepts of them, and how alerts mask them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar, Final

from rollcall.model.codec import Serializable

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping


class ContactKind(StrEnum):
    """The alternate contacts, by the name that the Account API uses, and the primary contact."""

    SECURITY = "SECURITY"
    OPERATIONS = "OPERATIONS"
    BILLING = "BILLING"
    PRIMARY = "PRIMARY"


#: The kinds that PutAlternateContact takes. Only these can be deleted.
ALTERNATE_KINDS: Final[tuple[ContactKind, ...]] = tuple(
    kind for kind in ContactKind if kind is not ContactKind.PRIMARY
)
#: In a contact of the roster: this part stays as the account has it.
KEEP: Final = "{keep}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Serializable):
    """One contact of any kind. A part that it does not have is empty.

    The values are personal data: they never show in a repr, a log or an exception.
    """

    sparse: ClassVar[bool] = True

    name: str = field(default="", repr=False)
    title: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    company_name: str = field(default="", repr=False)
    address_line1: str = field(default="", repr=False)
    address_line2: str = field(default="", repr=False)
    address_line3: str = field(default="", repr=False)
    city: str = field(default="", repr=False)
    district_or_county: str = field(default="", repr=False)
    state_or_region: str = field(default="", repr=False)
    postal_code: str = field(default="", repr=False)
    country_code: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    website_url: str = field(default="", repr=False)

    def get(self, part: str) -> str:
        """The value of a part, empty if the contact has none; AttributeError for what is no part."""
        value: str = getattr(self, part)
        return value

    def as_stored(self) -> Contact:
        """The same as AWS keeps it: it trims the e-mail, turns the country into capitals (seen live)."""
        email, country = self.email.strip(), self.country_code
        country = country if country == KEEP else country.upper()
        if (email, country) == (self.email, self.country_code):
            return self
        return replace(self, email=email, country_code=country)

    @property
    def has_placeholders(self) -> bool:
        """Whether a part may be another one in each account."""
        return "{" in "".join(_read_parts(self))

    def is_same(self, wanted: Contact) -> bool:
        """Whether AWS stores what is wanted already; a part that is kept is as it should be."""
        found, wanted = self.as_stored(), wanted.as_stored()
        return found == wanted or all(wanted.get(part) in (KEEP, found.get(part)) for part in ALL_PARTS)

    @property
    def keeps(self) -> bool:
        """Whether a part stays as the account has it."""
        return KEEP in _read_parts(self)

    def list_kept(self) -> tuple[str, ...]:
        """The parts that stay as the account has them."""
        return tuple(part for part in ALL_PARTS if self.get(part) == KEEP)

    def keep_from(self, found: Contact) -> Contact:
        """The same with what is kept as it was found."""
        kept = {part: found.get(part) for part in ALL_PARTS if self.get(part) == KEEP}
        return replace(self, **kept) if kept else self


#: Every part of a contact, in the order in which documents have them.
ALL_PARTS: Final = tuple(part.name for part in fields(Contact))
_read_parts: Final[Callable[[Contact], tuple[str, ...]]] = attrgetter(*ALL_PARTS)


# re.ASCII because \w of the service is ASCII, and Python's is not.
EMAIL: Final = re.compile(r"[\w+=.#|!&-]+@[\w.-]+\.[\w]+", re.ASCII)
PHONE: Final = re.compile(r"[\s0-9()+-]+", re.ASCII)
PRIMARY_PHONE: Final = re.compile(r"[+][\s0-9()-]+", re.ASCII)
COUNTRY: Final = re.compile(r"[A-Za-z]{2}", re.ASCII)
#: Where AWS asks for `StateOrRegion`.
COUNTRIES_WITH_STATES: Final = frozenset({"US", "CA", "GB", "DE", "JP", "IN", "BR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRule:
    """What the Account API asks of one part: its member there, and its longest value in characters."""

    member: str
    longest: int
    required: bool = True
    form: re.Pattern[str] | None = None


#: https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html
ALTERNATE_PARTS: Final = {
    "name": PartRule(member="Name", longest=64),
    "title": PartRule(member="Title", longest=50),
    "email": PartRule(member="EmailAddress", longest=254, form=EMAIL),
    "phone": PartRule(member="PhoneNumber", longest=25, form=PHONE),
}
#: https://docs.aws.amazon.com/accounts/latest/reference/API_ContactInformation.html
PRIMARY_PARTS: Final = {
    "name": PartRule(member="FullName", longest=50),
    "company_name": PartRule(member="CompanyName", longest=50, required=False),
    "address_line1": PartRule(member="AddressLine1", longest=60),
    "address_line2": PartRule(member="AddressLine2", longest=60, required=False),
    "address_line3": PartRule(member="AddressLine3", longest=60, required=False),
    "city": PartRule(member="City", longest=50),
    "district_or_county": PartRule(member="DistrictOrCounty", longest=50, required=False),
    "state_or_region": PartRule(member="StateOrRegion", longest=50, required=False),
    "postal_code": PartRule(member="PostalCode", longest=20),
    "country_code": PartRule(member="CountryCode", longest=2, form=COUNTRY),
    "phone": PartRule(member="PhoneNumber", longest=20, form=PRIMARY_PHONE),
    "website_url": PartRule(member="WebsiteUrl", longest=256, required=False),
}


def list_kinds(managed: Container[ContactKind]) -> tuple[ContactKind, ...]:
    """The kinds that people are shown: the primary contact only where the roster manages it."""
    return tuple(kind for kind in ContactKind if kind is not ContactKind.PRIMARY or kind in managed)


def find_rules(kind: ContactKind) -> Mapping[str, PartRule]:
    """The parts that contacts of this kind have."""
    return PRIMARY_PARTS if kind is ContactKind.PRIMARY else ALTERNATE_PARTS


def find_violation(part: str, value: str, kind: ContactKind) -> str | None:
    """What AWS would refuse about the value of this part, without repeating it; None if nothing."""
    rule = find_rules(kind).get(part)
    if rule is None:
        return f"is no part of a {kind} contact" if value else None
    if not value:
        return "is empty" if rule.required else None
    if value != value.strip():
        return "has space around it"
    if len(value) > rule.longest:
        return f"is {len(value)} characters long, {rule.longest} are allowed"
    return (
        None if rule.form is None or rule.form.fullmatch(value) else "has a form that the Account API refuses"
    )


@lru_cache(maxsize=1024)
def has_form(contact: Contact, kind: ContactKind) -> bool:
    """Whether it has all parts that a contact of this kind needs, and no other, whatever their values."""
    rules = find_rules(kind)
    needed = {part for part, rule in rules.items() if rule.required}
    return needed <= {part for part in ALL_PARTS if contact.get(part)} <= set(rules)


@lru_cache(maxsize=1024)
def find_contact_violation(contact: Contact, kind: ContactKind) -> str | None:
    """The first part that AWS would refuse, and why, without repeating it; None if there is none.

    What is kept is as AWS has it. Remembered: many accounts have the same contact.
    """
    values = {part: contact.get(part) for part in ALL_PARTS}
    found = ((part, find_violation(part, value, kind)) for part, value in values.items() if value != KEEP)
    if problem := next((f"{part} {problem}" for part, problem in found if problem), None):
        return problem
    return find_missing(contact, kind)


def find_missing(contact: Contact, kind: ContactKind) -> str | None:
    """The part that AWS asks for and the contact lacks, None if it lacks nothing."""
    rules = find_rules(kind).items()
    if part := next((part for part, rule in rules if rule.required and not contact.get(part)), None):
        return f"{part} is empty"
    stateless = kind is ContactKind.PRIMARY and not contact.state_or_region
    if stateless and contact.country_code.upper() in COUNTRIES_WITH_STATES:
        return f"state_or_region is empty, which AWS asks for in {contact.country_code.upper()}"
    return None


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
    """Its values masked: the mail domain is kept, the rest only hinted."""
    return {part: mask_value(part, value) for part, value in contact.as_document().items()}


def mask_value(part: str, value: str) -> str:
    """One part of a contact, masked. A country names nobody."""
    match part:
        case "email":
            return _mask_email(value)
        case "phone":
            return _mask_phone(value)
        case "country_code" if COUNTRY.fullmatch(value):
            return value
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
