"""The compiled roster: which contacts an account must have, and why."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from rollcall.contacts import Contact, ContactKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.account import Account


class Mode(StrEnum):
    """What may be done about a difference."""

    AUDIT = "audit"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The contact that one kind must be, and the roster entry that says so."""

    contact: Contact
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What the roster asks of one account. A kind that is not in `wanted` is unmanaged."""

    mode: Mode
    wanted: Mapping[ContactKind, Wanted]
    exempt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Contacts of the accounts below one organizational unit, children included."""

    ou: tuple[str, ...]
    kinds: Mapping[ContactKind, str]

    def covers(self, account: Account) -> bool:
        """Whether the account is in this organizational unit or below it."""
        return account.ou_path[: len(self.ou)] == self.ou


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """One immutable version of the roster, known by the digest of its document."""

    digest: str
    mode: Mode
    contacts: Mapping[str, Contact]
    defaults: Mapping[ContactKind, str]
    overrides: tuple[Override, ...]
    exempt: Mapping[str, str]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a compiled roster (plain JSON, version 1).

        KeyError or ValueError if the document is not one that synth compiled.
        """
        if document["version"] != 1:
            raise ValueError("this release reads roster documents of version 1")
        return cls(
            digest=digest_of(document),
            mode=Mode(document["mode"]),
            contacts={name: Contact.from_document(values) for name, values in document["contacts"].items()},
            defaults=_kinds(document["defaults"]),
            overrides=tuple(
                Override(ou=tuple(entry["ou"].split("/")), kinds=_kinds(entry["kinds"]))
                for entry in document["overrides"]
            ),
            exempt=dict(document["exempt"]),
        )

    def requirement(self, account: Account) -> Requirement:
        """What this account must have: the deepest organizational unit wins, then the defaults."""
        named = {kind: (name, "defaults") for kind, name in self.defaults.items()}
        for override in sorted(self.overrides, key=lambda entry: len(entry.ou)):
            if override.covers(account):
                source = f"override of OU {'/'.join(override.ou)}"
                named |= {kind: (name, source) for kind, name in override.kinds.items()}
        wanted = {
            kind: Wanted(contact=self.contacts[name], source=f"contact {name} ({source})")
            for kind, (name, source) in named.items()
        }
        return Requirement(mode=self.mode, wanted=wanted, exempt=self.exempt.get(account.id))


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON: equal documents have equal digests, whatever their key order."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _kinds(names: Mapping[str, str]) -> dict[ContactKind, str]:
    return {ContactKind(kind): name for kind, name in names.items()}
