"""From when on edits are a bulk, and from when on restores of one contact back off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkLimits:
    """Edits of so many accounts within the window, by one principal or from one address, are bulk edits.

    The window is time of the events, not of their arrival.
    """

    accounts: int = 5
    window: timedelta = timedelta(minutes=10)

    @property
    def minutes(self) -> int:
        """The window in whole minutes."""
        return self.window // _MINUTE

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read `{"accounts", "minutes"}`; what is missing has its default."""
        usual = cls()
        return cls(
            accounts=document.get("accounts", usual.accounts),
            window=document.get("minutes", usual.minutes) * _MINUTE,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedEditLimits:
    """So many reverts of one contact within the window: the next change is not undone at once."""

    reverts: int = 3
    window: timedelta = timedelta(hours=1)

    @property
    def minutes(self) -> int:
        """The window in whole minutes."""
        return self.window // _MINUTE

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read `{"reverts", "minutes"}`; what is missing has its default."""
        usual = cls()
        return cls(
            reverts=document.get("reverts", usual.reverts),
            window=document.get("minutes", usual.minutes) * _MINUTE,
        )
