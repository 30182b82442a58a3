"""Walking over a roster that may still be wrong: only what has the right shape is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall_config.document import Document, Route


def entries(document: Document, key: str) -> list[tuple[Route, dict[str, Any]]]:
    """The mappings of a list at the top of the file, each with where it stands."""
    items = document.data.get(key)
    found = enumerate(items) if isinstance(items, list) else ()
    return [((key, index), item) for index, item in found if isinstance(item, dict)]


def texts(route: Route, items: Any) -> list[tuple[Route, str]]:
    """The texts of a list, each with where it stands."""
    found = enumerate(items) if isinstance(items, list) else ()
    return [((*route, index), item) for index, item in found if isinstance(item, str)]


def named(entry: Any, keys: Sequence[str]) -> list[tuple[str, str]]:
    """Those of the keys that hold text."""
    return [(key, entry[key]) for key in keys if isinstance(entry, dict) and isinstance(entry.get(key), str)]


def accounts(document: Document, key: str) -> list[tuple[Route, str]]:
    """All account ids that the entries of a list name, each with where it stands."""
    return [
        found
        for route, entry in entries(document, key)
        for found in texts((*route, "accounts"), entry.get("accounts"))
    ]
