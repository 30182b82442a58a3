"""The organizational units of an organization, walked once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from rollcall.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Pages(Protocol):
    """How AWS Organizations is asked for a listing."""

    def __call__(self, operation: str, result: str, **parameters: str) -> Iterator[Mapping[str, Any]]:
        """The items of all pages; RetryableError."""


class UnitTree:
    """Names and parents of all units. One call for each, and one for the root: RetryableError."""

    def __init__(self, pages: Pages) -> None:
        self._names: dict[str, str] = {}
        self._above: dict[str, list[str]] = {}
        for root in pages("list_roots", "Roots"):
            self._walk(str(root["Id"]), [], pages)

    def parents(self) -> list[str]:
        """Ids of the root and all units: whatever may hold accounts."""
        return list(self._above)

    def down_to(self, parent_id: str) -> list[str]:
        """Ids from the root down to a unit, itself included."""
        return [*self._above[parent_id], parent_id]

    def name(self, unit_id: str) -> str:
        """The name of a unit; RetryableError for one that was made after the walk had passed."""
        if unit_id not in self._names:
            raise RetryableError("a unit was made while the accounts were listed")
        return self._names[unit_id]

    def _walk(self, parent_id: str, above: list[str], pages: Pages) -> None:
        self._above[parent_id] = above
        for unit in pages("list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent_id):
            self._names[str(unit["Id"])] = str(unit["Name"])
            self._walk(str(unit["Id"]), [*above, parent_id], pages)
