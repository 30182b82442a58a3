"""The compiled roster: one immutable version of what every account must have."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from rollcall.contacts import Contact, ContactKind
from rollcall.selectors import Selector, Tagged, selector_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.actor import Actor

VERSION = 1
#: What values of contacts may hold, to be filled in for each account.
ACCOUNT_ID, ACCOUNT_NAME = "{account_id}", "{account_name}"


class Mode(StrEnum):
    """What may be done about a difference."""

    AUDIT = "audit"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What some accounts have in place of the defaults. A kind is replaced as a whole.

    A contact name of None says that the contact must be absent.
    """

    selector: Selector
    kinds: Mapping[ContactKind, str | None]
    mode: Mode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """Accounts that are left alone, to the last day given."""

    accounts: frozenset[str]
    reason: str
    until: date | None

    def in_force(self, today: date) -> bool:
        """Whether it holds on this day: the last one counts."""
        return self.until is None or today <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The roster, known by the digest of its document. `rollcall.resolve` applies it to an account.

    `max_changed_accounts` is a number of accounts, a per cent such as `5%`, or None for the usual limit.
    """

    digest: str
    mode: Mode
    contacts: Mapping[str, Contact]
    defaults: Mapping[ContactKind, str | None]
    overrides: tuple[Override, ...]
    exemptions: tuple[Exemption, ...]
    authorised_changers: frozenset[str]
    max_changed_accounts: int | str | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a compiled roster; KeyError or ValueError if the document is not one that synth compiled."""
        if document["version"] != VERSION:
            raise ValueError(f"this release reads roster documents of version {VERSION}")
        return cls(
            digest=digest_of(document),
            mode=Mode(document["mode"]),
            contacts={name: Contact.from_document(values) for name, values in document["contacts"].items()},
            defaults=_kinds(document["defaults"]),
            overrides=tuple(_override(entry) for entry in document["overrides"]),
            exemptions=tuple(_exemption(entry) for entry in document["exempt"]),
            authorised_changers=frozenset(document["authorised_changers"]),
            max_changed_accounts=document.get("limits", {}).get("max_changed_accounts"),
        )

    @property
    def managed(self) -> frozenset[ContactKind]:
        """Kinds that the roster names for any account."""
        return frozenset(self.defaults).union(*(override.kinds for override in self.overrides))

    @property
    def uses_tags(self) -> bool:
        """Whether the tags of an account matter."""
        return any(isinstance(override.selector, Tagged) for override in self.overrides)

    @property
    def uses_names(self) -> bool:
        """Whether the name of an account matters."""
        parts = (part for contact in self.contacts.values() for part in contact.as_document().values())
        return any(ACCOUNT_NAME in part for part in parts)

    def authorises(self, actor: Actor) -> bool:
        """Whether this principal, or the role behind its session, is named as an authorised changer."""
        return not self.authorised_changers.isdisjoint({actor.principal, actor.role_arn or actor.principal})


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON: equal documents have equal digests, whatever their key order."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _kinds(names: Mapping[str, str | None]) -> dict[ContactKind, str | None]:
    return {ContactKind(kind): name for kind, name in names.items()}


def _override(entry: Mapping[str, Any]) -> Override:
    return Override(
        selector=selector_of(entry),
        kinds=_kinds(entry["kinds"]),
        mode=Mode(entry["mode"]) if entry["mode"] else None,
    )


def _exemption(entry: Mapping[str, Any]) -> Exemption:
    until = date.fromisoformat(entry["until"]) if entry["until"] else None
    return Exemption(accounts=frozenset(entry["accounts"]), reason=entry["reason"], until=until)
