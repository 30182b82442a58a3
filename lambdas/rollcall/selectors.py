"""Which accounts an entry of the roster is for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall.account import Account


#: Ids named in a text for people.
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Accounts by id."""

    ids: frozenset[str]

    def rank(self, account: Account) -> tuple[int, int] | None:
        """How specific the match is, None without one; an account beats a tag, a tag an OU."""
        return (3, 0) if account.id in self.ids else None

    def __str__(self) -> str:
        ids = sorted(self.ids)
        more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        return f"accounts {', '.join(ids[:_SHOWN])}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """Accounts that carry all of these tags."""

    tags: tuple[tuple[str, str], ...]

    def rank(self, account: Account) -> tuple[int, int] | None:
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
    """Accounts below an organizational unit, named by its path below the root."""

    names: tuple[str, ...]

    def rank(self, account: Account) -> tuple[int, int] | None:
        """How specific the match is, None without one: the deeper the unit, the more."""
        return (1, len(self.names)) if account.ou_path[: len(self.names)] == self.names else None

    def __str__(self) -> str:
        return f"OU {'/'.join(self.names)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OuId:
    """Accounts below an organizational unit, named by its id."""

    id: str

    def rank(self, account: Account) -> tuple[int, int] | None:
        """How specific the match is, None without one: the root is depth 0."""
        return (1, account.parent_ids.index(self.id)) if self.id in account.parent_ids else None

    def __str__(self) -> str:
        return f"OU {self.id}"


Selector = Accounts | Tagged | OuPath | OuId


def selector_of(document: Mapping[str, Any]) -> Selector:
    """The selector of a compiled roster entry; ValueError if it names none."""
    if "accounts" in document:
        return Accounts(ids=frozenset(document["accounts"]))
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
