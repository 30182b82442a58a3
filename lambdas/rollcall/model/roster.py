"""The compiled roster: one immutable version of what every account must have, and its selectors."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from rollcall.model.codec import Serializable, write_canonical
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.display import list_first

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollcall.model.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountIds:
    """Accounts by id."""

    ids: frozenset[str]

    def match_rank(self, account: Account) -> tuple[int, int] | None:
        """How specific the match is, None without one; an account beats a tag, a tag an OU."""
        return (3, 0) if account.id in self.ids else None

    def __str__(self) -> str:
        return f"accounts {list_first(sorted(self.ids))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """Accounts that carry all of these tags."""

    tags: tuple[tuple[str, str], ...]

    def match_rank(self, account: Account) -> tuple[int, int] | None:
        """How specific the match is, None without one."""
        return (2, 0) if all(account.tags.get(key) == value for key, value in self.tags) else None

    @property
    def key(self) -> str:
        """Equal for equal tags, and only for those."""
        return json.dumps(self.tags)

    def __str__(self) -> str:
        return "tag " + ", ".join(f"{key}={value}" for key, value in self.tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class OuPath:
    """Accounts below an OU, named by its path below the root."""

    names: tuple[str, ...]

    def match_rank(self, account: Account) -> tuple[int, int] | None:
        """How specific the match is, None without one: the deeper the unit, the more."""
        return (1, len(self.names)) if account.ou_path[: len(self.names)] == self.names else None

    def __str__(self) -> str:
        return f"OU {'/'.join(self.names)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OuId:
    """Accounts below an OU, named by its id."""

    id: str

    def match_rank(self, account: Account) -> tuple[int, int] | None:
        """How specific the match is, None without one: the root is depth 0."""
        return (1, account.parent_ids.index(self.id)) if self.id in account.parent_ids else None

    def __str__(self) -> str:
        return f"OU {self.id}"


Selector = AccountIds | Tagged | OuPath | OuId


def read_selector(document: Mapping[str, Any]) -> Selector:
    """The selector of a compiled roster entry; ValueError if it names none."""
    if "accounts" in document:
        return AccountIds(ids=frozenset(document["accounts"]))
    if "tag" in document:
        return Tagged(tags=tuple(sorted(document["tag"].items())))
    if "ou" in document:
        ou = document["ou"]
        return (
            OuId(id=ou)
            if ou.startswith(("ou-", "r-")) and "/" not in ou
            else OuPath(names=tuple(ou.split("/")))
        )
    raise ValueError("an entry of the roster names no accounts, tag or OU")


VERSION = 1
#: What values of contacts may hold, to be filled in for each account.
ACCOUNT_ID, ACCOUNT_NAME = "{account_id}", "{account_name}"


class Mode(StrEnum):
    """What may be done about a difference."""

    AUDIT = "audit"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChoice:
    """The contact whose name is the value of this tag of the account; `default` where it has no such tag."""

    key: str
    default: str | None


#: The name of a contact, None for one that must be absent, or the tag of an account that names one.
ContactChoice = str | TagChoice | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What some accounts have in place of the defaults. A kind is replaced as a whole."""

    selector: Selector
    kinds: Mapping[ContactKind, ContactChoice]
    mode: Mode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """Accounts that are left alone, to the last day given."""

    accounts: frozenset[str]
    reason: str
    until: date | None

    def is_in_force(self, today: date) -> bool:
        """Whether it holds on this day: the last one counts."""
        return self.until is None or today <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkLimits(Serializable):
    """Edits of so many accounts within these minutes, by one principal or from one address, are bulk edits.

    They are minutes of the events, not of their arrival.
    """

    accounts: int = 5
    minutes: int = 10

    @property
    def window(self) -> timedelta:
        """The same as a span of time."""
        return timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedEditLimits(Serializable):
    """So many reverts of one contact within these minutes: the next change is not undone at once."""

    reverts: int = 3
    minutes: int = 60

    @property
    def window(self) -> timedelta:
        """The same as a span of time."""
        return timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The roster, known by the digest of its document. `rollcall.decide.resolve` applies it to an account.

    `max_changed_accounts` is a number of accounts, a per cent such as `5%`, or None for the usual limit.
    """

    digest: str
    mode: Mode
    contacts: Mapping[str, Contact]
    defaults: Mapping[ContactKind, ContactChoice]
    overrides: tuple[Override, ...]
    exemptions: tuple[Exemption, ...]
    authorised_changers: frozenset[str]
    max_changed_accounts: int | str | None = None
    #: How many edits are one alert.
    bulk_edits: BulkLimits = field(default_factory=BulkLimits)
    #: After how many restores the next ones back off.
    repeated_edits: RepeatedEditLimits = field(default_factory=RepeatedEditLimits)
    #: The accounts in which operators may try Rollcall.
    drill_accounts: frozenset[str] = frozenset()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a compiled roster; KeyError, TypeError or ValueError if synth did not compile it."""
        if document["version"] != VERSION:
            raise ValueError(f"this release reads roster documents of version {VERSION}")
        return cls(
            digest=compute_digest(document),
            mode=Mode(document["mode"]),
            contacts={name: Contact.from_document(values) for name, values in document["contacts"].items()},
            defaults=_read_kinds(document["defaults"]),
            overrides=tuple(_read_override(entry) for entry in document["overrides"]),
            exemptions=tuple(_read_exemption(entry) for entry in document["exempt"]),
            authorised_changers=frozenset(document["authorised_changers"]),
            max_changed_accounts=document.get("limits", {}).get("max_changed_accounts"),
            bulk_edits=BulkLimits.from_document(document.get("bulk_edits", {})),
            repeated_edits=RepeatedEditLimits.from_document(document.get("repeated_edits", {})),
            drill_accounts=frozenset(document.get("drill", {}).get("accounts", ())),
        )

    @property
    def managed(self) -> frozenset[ContactKind]:
        """Kinds that the roster names for any account."""
        return frozenset(self.defaults).union(*(override.kinds for override in self.overrides))

    @property
    def tag_keys(self) -> frozenset[str]:
        """Keys of the tags of an account that matter."""
        return frozenset(self._list_tag_keys())

    @property
    def uses_tags(self) -> bool:
        """Whether the tags of an account matter."""
        return next(self._list_tag_keys(), None) is not None

    def _list_tag_keys(self) -> Iterator[str]:
        yield from (said.key for said in self.defaults.values() if isinstance(said, TagChoice))
        for override in self.overrides:
            if isinstance(override.selector, Tagged):
                yield from (key for key, _ in override.selector.tags)
            yield from (said.key for said in override.kinds.values() if isinstance(said, TagChoice))

    @property
    def uses_paths(self) -> bool:
        """Whether the names of an account's OUs matter."""
        return any(isinstance(override.selector, OuPath) for override in self.overrides)

    @property
    def uses_names(self) -> bool:
        """Whether the name of an account matters."""
        parts = (part for contact in self.contacts.values() for part in contact.as_document().values())
        return any(ACCOUNT_NAME in part for part in parts)


def compute_digest(document: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical JSON."""
    return hashlib.sha256(write_canonical(document)).hexdigest()


def _read_kinds(names: Mapping[str, Any]) -> dict[ContactKind, ContactChoice]:
    return {
        ContactKind(kind): TagChoice(key=said["tag"], default=said["default"])
        if isinstance(said, dict)
        else said
        for kind, said in names.items()
    }


def _read_override(entry: Mapping[str, Any]) -> Override:
    return Override(
        selector=read_selector(entry),
        kinds=_read_kinds(entry["kinds"]),
        mode=Mode(entry["mode"]) if entry["mode"] else None,
    )


def _read_exemption(entry: Mapping[str, Any]) -> Exemption:
    until = date.fromisoformat(entry["until"]) if entry["until"] else None
    return Exemption(accounts=frozenset(entry["accounts"]), reason=entry["reason"], until=until)
