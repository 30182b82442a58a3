"""The facts of an account that a decision needs, read from AWS Organizations just before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from rollcall.model.codec import Serializable

_ACCOUNT_ID: Final = re.compile(r"[0-9]{12}", re.ASCII)


class AccountState(StrEnum):
    """`Account.State` of AWS Organizations, with a word for what a later release may add."""

    PENDING_ACTIVATION = "PENDING_ACTIVATION"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    PENDING_CLOSURE = "PENDING_CLOSURE"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def _missing_(cls, value: object) -> AccountState:  # noqa: ARG003  # the signature is Enum's
        return cls.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Serializable):
    """One account of the organization.

    `ou_path` are the names of its OUs below the root, outermost first;
    `parent_ids` are the same as ids, the root (`r-...`) first. `tags` are empty if nobody asked for them.
    """

    id: str
    name: str
    state: AccountState
    ou_path: tuple[str, ...]
    parent_ids: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Only active accounts are written: whether AWS takes a Put on others is unknown."""
        return self.state is AccountState.ACTIVE

    @property
    def ou(self) -> str:
        """Its OU as people write it: `Workloads/Production`, empty for the root.

        A name with a slash or a quotation mark is in quotation marks: different paths are different texts.
        """
        return "/".join(_quote_name(name) for name in self.ou_path)


def _quote_name(name: str) -> str:
    if "/" not in name and '"' not in name:
        return name
    return '"' + name.replace('"', '""') + '"'


def is_account_id(value: object) -> bool:
    """Whether this is text of twelve digits."""
    return isinstance(value, str) and _ACCOUNT_ID.fullmatch(value) is not None


def describe_account(account: Account | None, *, account_id: str | None = None) -> dict[str, Any]:
    """An account as alerts and reports name it; of one that nobody read only the id, if that is known."""
    if account is None:
        return {"id": account_id, "name": None, "ou": None}
    return {"id": account.id, "name": account.name, "ou": account.ou}
