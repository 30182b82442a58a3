"""What a roster asks of a contact: read from the roster's document alone, for stories and their oracle."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chaos.fakes.account import KINDS, PRIMARY
from chaos.fakes.organizations import Member
from chaos.setting import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.fakes.account import Values

#: In a roster's primary contact: this part stays as the account has it.
KEEP: Final = "{keep}"
#: The parts of a roster's contact, in the order of the Account API's fields. Of a primary contact what is
#: left out is removed.
PARTS: Final = ("name", "title", "email", "phone")
PRIMARY_PARTS: Final = (
    *("name", "company_name", "address_line1", "address_line2", "address_line3", "city"),
    *("district_or_county", "state_or_region", "postal_code", "country_code", "phone", "website_url"),
)


@dataclass(frozen=True, slots=True)
class Want:
    """`managed` is whether the roster names the kind here; then `values` is what must be there, None if none.

    What is kept is `{keep}` in them. `enforced` is whether it may be written: not in audit mode, and not in
    an account that is exempt.
    """

    managed: bool
    values: Values | None
    enforced: bool
    exempt: bool

    @property
    def kept(self) -> frozenset[int]:
        """Positions of the values that stay as the account has them."""
        return frozenset(place for place, value in enumerate(self.values or ()) if value == KEEP)

    def fits(self, found: Values | None) -> bool:
        """Whether this is as it must be; a part that is kept may be anything."""
        return fill_kept(self.values, found) == found


def find_want(roster: Mapping[str, Any], member: Member, kind: str) -> Want:
    """What this roster asks of a contact of this account: an override for it wins over the defaults.

    One by tag must stand after one by unit, over which it wins.
    """
    contact, managed = roster["defaults"].get(kind), kind in roster["defaults"]
    mode, account = roster["mode"], member.id
    units = {*member.units, *(UNITS[unit] for unit in member.units)}
    for override in roster["overrides"]:
        named = account in override.get("accounts", ()) or override.get("ou") in units
        if named or override.get("tag", {}).items() & dict(member.tags).items():
            if kind in override["kinds"]:
                contact, managed = override["kinds"][kind], True
            mode = override["mode"] or mode
    exempt = any(account in exemption["accounts"] for exemption in roster["exempt"])
    values = None
    if managed and contact is not None:
        parts = roster["contacts"][contact]
        texts = (parts.get(part, "") for part in list_parts(kind))
        values = tuple(
            text.replace("{account_id}", account).replace("{account_name}", member.name) for text in texts
        )
    return Want(managed, values, mode == "enforce" and not exempt, exempt)


def list_parts(kind: str) -> tuple[str, ...]:
    """The parts of a contact of this kind."""
    return PRIMARY_PARTS if kind == PRIMARY else PARTS


def fill_kept(values: Values | None, found: Values | None) -> Values | None:
    """The values with what is kept as it was found."""
    if values is None or found is None:
        return values
    return tuple(old if new == KEEP else new for new, old in zip(values, found, strict=True))


def find_weakened(
    before: Mapping[str, Any], after: Mapping[str, Any], accounts: Sequence[tuple[str, str]]
) -> str | None:
    """Something that the roster `after` weakens of the one `before`, None if it weakens nothing.

    The first time that primary contacts are written waits for a person, too.
    """
    if set(after["authorised_changers"]) - set(before["authorised_changers"]):
        return "another changer is authorised"
    if after["limits"]["max_changed_accounts"] == "100%" != before["limits"]["max_changed_accounts"]:
        return "all accounts may change"
    for account, name in accounts:
        for kind in KINDS:
            new, old = (find_want(roster, Member(account, name), kind) for roster in (after, before))
            # A part that stays from now on as the account has it is enforced less, too.
            keeps_more = _rank(new) == _rank(old) == _ENFORCED and not new.kept <= old.kept
            if _rank(new) < _rank(old) or keeps_more:
                return f"{account} {kind} is enforced less"
    if _writes_primary(after, accounts) and not _writes_primary(before, accounts):
        return "primary contacts are written for the first time"
    return None


def _writes_primary(roster: Mapping[str, Any], accounts: Sequence[tuple[str, str]]) -> bool:
    wants = (find_want(roster, Member(account, name), PRIMARY) for account, name in accounts)
    return any(want.managed and want.enforced for want in wants)


_ENFORCED: Final = 2


def _rank(want: Want) -> int:
    return want.managed + (want.managed and want.enforced)


def describe_left(kind: str, values: Values | None) -> str:
    """What an edit of this kind leaves, as an operator registers it for a drill."""
    parts = [] if values is None else zip(list_parts(kind), values, strict=True)
    texts = sorted((part, value.strip() if part == "email" else value) for part, value in parts if value)
    return f"{kind}:{hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:32]}"


def compute_digest(roster: Mapping[str, Any]) -> str:
    """SHA-256 of the roster's canonical JSON, by which it is approved."""
    text = json.dumps(roster, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
