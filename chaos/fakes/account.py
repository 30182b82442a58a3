"""The Account API: contacts of accounts, their quotas, reads that are late, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from chaos.fakes.errors import make_denial, make_error, make_throttling

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.fakes.people import Identity

ALTERNATE_KINDS: Final = ("BILLING", "OPERATIONS", "SECURITY")
FIELDS: Final = ("Name", "Title", "EmailAddress", "PhoneNumber")
#: The one contact that every account has. Its values are in the order of its fields; an absent one is empty.
PRIMARY: Final = "PRIMARY"
KINDS: Final = (*ALTERNATE_KINDS, PRIMARY)
#: Each with its greatest length.
PRIMARY_FIELDS: Final = {
    "FullName": 50,
    "CompanyName": 50,
    "AddressLine1": 60,
    "AddressLine2": 60,
    "AddressLine3": 60,
    "City": 50,
    "DistrictOrCounty": 50,
    "StateOrRegion": 50,
    "PostalCode": 20,
    "CountryCode": 2,
    "PhoneNumber": 20,
    "WebsiteUrl": 256,
}
_NEEDED: Final = ("FullName", "AddressLine1", "City", "PostalCode", "CountryCode", "PhoneNumber")
_PATTERNS: Final = {"CountryCode": "[A-Za-z]{2}", "PhoneNumber": r"[+][\s0-9()-]+"}
_STATES: Final = ("US", "CA", "GB", "DE", "JP", "IN", "BR")
#: Reads of contacts.
READS: Final = frozenset({"GetAlternateContact", "GetContactInformation"})
#: Calls a second and burst of one calling account.
QUOTAS: Final = {
    "GetAlternateContact": (10.0, 15.0),
    "PutAlternateContact": (5.0, 8.0),
    "DeleteAlternateContact": (1.0, 6.0),
    "GetContactInformation": (10.0, 15.0),
    "PutContactInformation": (5.0, 8.0),
}
Values = tuple[str, ...]
Contact = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A contact was set, or deleted (`values` None); `request_id` is None for what was there at first."""

    time: float
    values: Values | None
    request_id: str | None


@dataclass(slots=True)
class AccountService:
    """All accounts with their contacts. `history` has each change of each contact in its order."""

    now: Callable[[], float]
    accounts: set[str]
    management: str
    hub: str
    history: dict[Contact, list[Change]] = field(default_factory=dict)
    #: New accounts, which answer that access is denied until then.
    denied_until: dict[str, float] = field(default_factory=dict)
    _buckets: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def set_first(self, account: str, kind: str, values: Values | None) -> None:
        """What is there before the story begins."""
        self.history[account, kind] = [Change(self.now(), values, None)]

    def add(self, account: str, name: str) -> None:
        """A new account: its primary contact is the management account's with its own name, once captured."""
        self.accounts.add(account)
        _, *others = self.read(self.management, PRIMARY) or ()
        self.history.setdefault((account, PRIMARY), []).append(Change(self.now(), (name, *others), None))

    def read(self, account: str, kind: str, at: float | None = None) -> Values | None:
        """What was there at that moment, now if none is given."""
        changes = self.history[account, kind]
        if at is None:
            return changes[-1].values
        return next((change.values for change in reversed(changes) if change.time <= at), changes[0].values)

    def call(
        self,
        operation: str,
        given: Mapping[str, Any],
        identity: Identity,
        *,
        request_id: str,
        late: float = 0.0,
    ) -> dict[str, Any]:
        """The answer of one operation; a read shows what was there `late` seconds ago."""
        if not self._take(operation, identity.account):
            raise make_throttling("account", operation, request_id)
        account = self._find_target(operation, given, identity, request_id)
        primary = operation.endswith("ContactInformation")
        kind = PRIMARY if primary else given.get("AlternateContactType", "")
        if not primary and kind not in ALTERNATE_KINDS:
            text = "You specified an invalid Alternate Contact type."
            raise make_denial("account", operation, request_id, f" ({text})")
        if operation in READS:
            return self._get(account, kind, late, request_id)
        values: Values | None
        if operation == "PutContactInformation":
            values = _check_primary(given.get("ContactInformation"), request_id)
        elif operation == "PutAlternateContact":
            values = tuple(self._check(name, given.get(name), request_id) for name in FIELDS)
        elif self.read(account, kind) is None:
            text = "No contact of the inputted alternate contact type found."
            raise make_error(operation, "ResourceNotFoundException", text, 404, request_id=request_id)
        else:
            values = None
        self.history[account, kind].append(Change(self.now(), values, request_id))
        return {}

    def find_account(self, given: Mapping[str, Any], identity: Identity) -> str:
        """Whose contacts a call is about."""
        return str(given.get("AccountId") or identity.account)

    def find_contact(self, given: Mapping[str, Any], identity: Identity) -> Contact:
        """The account and the kind that a call is about."""
        return self.find_account(given, identity), str(given.get("AlternateContactType", PRIMARY))

    def _get(self, account: str, kind: str, late: float, request_id: str) -> dict[str, Any]:
        values = self.read(account, kind, self.now() - late)
        if values is None:
            text = "No contact of the inputted alternate contact type found."
            raise make_error(
                "GetAlternateContact", "ResourceNotFoundException", text, 404, request_id=request_id
            )
        if kind == PRIMARY:
            fields = zip(PRIMARY_FIELDS, values, strict=True)
            return {"ContactInformation": {name: value for name, value in fields if value}}
        contact = dict(zip(FIELDS, values, strict=True)) | {"AlternateContactType": kind}
        return {"AlternateContact": contact}

    def _check(self, name: str, value: object, request_id: str) -> str:
        if not isinstance(value, str) or not value:
            raise make_error(
                "PutAlternateContact", "ValidationException", f"{name} is not valid", request_id=request_id
            )
        return value.strip() if name == "EmailAddress" else value

    def _find_target(
        self, operation: str, given: Mapping[str, Any], identity: Identity, request_id: str
    ) -> str:
        named = given.get("AccountId")
        if named is None:
            return identity.account
        unknown = named == self.management or named not in self.accounts
        if identity.account != self.hub or unknown or self.now() < self.denied_until.get(named, 0.0):
            raise make_denial("account", operation, request_id)
        return str(named)

    def _take(self, operation: str, caller: str) -> bool:
        rate, burst = QUOTAS[operation]
        tokens, at = self._buckets.get((caller, operation), (burst, self.now()))
        tokens = min(burst, tokens + (self.now() - at) * rate)
        self._buckets[caller, operation] = (max(0.0, tokens - 1.0), self.now())
        return tokens >= 1.0


def _check_primary(given: object, request_id: str) -> Values:
    """The values that are stored. What is not valid is refused with a text that holds it, as AWS's does."""

    def refuse(text: str) -> Exception:
        text = f"[{text}]"
        return make_error("PutContactInformation", "ValidationException", text, request_id=request_id)

    if not isinstance(given, Mapping) or not given.keys() <= PRIMARY_FIELDS.keys():
        raise refuse("ContactInformation has other members")
    for name in _NEEDED:
        if given.get(name) is None:
            raise refuse(f"{name} is missing")
    for name, most in PRIMARY_FIELDS.items():
        value = given.get(name)
        if value is None:
            continue
        if not isinstance(value, str) or not 1 <= len(value) <= most:
            raise refuse(f'the length of "{value}" is not 1 to {most}')
        pattern = _PATTERNS.get(name)
        if pattern and not re.fullmatch(pattern, value, re.ASCII):
            raise refuse(f'ECMA 262 regex "^{pattern}$" does not match input string "{value}"')
    stored = {**given, "CountryCode": given["CountryCode"].upper()}
    if stored["CountryCode"] in _STATES and given.get("StateOrRegion") is None:
        raise refuse("StateOrRegion is missing")
    return tuple(stored.get(name) or "" for name in PRIMARY_FIELDS)
