"""What entries of a roster get wrong together, told even while single values are still wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stacks.faults import Fault, known

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stacks.document import Document, Route


def contradictions(document: Document, kinds: Sequence[str]) -> list[Fault]:
    """Unknown contacts, overrides that say nothing or disagree, accounts that are exempt twice."""
    if not isinstance(document.data, dict):
        return []
    return [
        *_unknown_contacts(document, kinds),
        *_idle_overrides(document, kinds),
        *_disagreements(document, kinds),
        *_exempt_twice(document),
    ]


def _unknown_contacts(document: Document, kinds: Sequence[str]) -> Iterator[Fault]:
    contacts = document.data.get("contacts")
    if not isinstance(contacts, dict):
        return
    for route, entry in [(("defaults",), document.data.get("defaults")), *_items(document, "overrides")]:
        for kind, name in _named(entry, kinds):
            if name not in contacts:
                problem = f"{name!r} is not a contact; {known('contacts', contacts, meant=name)}"
                yield document.fault((*route, kind), problem)


def _idle_overrides(document: Document, kinds: Sequence[str]) -> Iterator[Fault]:
    for route, entry in _items(document, "overrides"):
        if isinstance(entry, dict) and not any(kind in entry for kind in kinds):
            yield document.fault(route, f"names no contact; give it {', '.join(kinds[:-1])} or {kinds[-1]}")


def _disagreements(document: Document, kinds: Sequence[str]) -> Iterator[Fault]:
    first: dict[tuple[str, str], tuple[Route, str]] = {}
    for route, entry in _items(document, "overrides"):
        ou = entry.get("ou") if isinstance(entry, dict) else None
        if not isinstance(ou, str):
            continue
        for kind, name in _named(entry, kinds):
            where, other = first.setdefault((ou, kind), (route, name))
            if other != name:
                line = document.line((*where, kind))
                yield document.fault(
                    (*route, kind),
                    f"{name!r} disagrees with {other!r} on line {line} for the same OU {ou!r}: keep one",
                )


def _exempt_twice(document: Document) -> Iterator[Fault]:
    first: dict[str, Route] = {}
    for route, entry in _items(document, "exempt"):
        accounts = entry.get("accounts") if isinstance(entry, dict) else None
        for index, account in enumerate(accounts if isinstance(accounts, list) else []):
            here = (*route, "accounts", index)
            if isinstance(account, str) and first.setdefault(account, here) != here:
                line = document.line(first[account])
                yield document.fault(here, f"{account} is exempt already on line {line}: keep one")


def _items(document: Document, key: str) -> list[tuple[Route, Any]]:
    items = document.data.get(key)
    return [((key, index), item) for index, item in enumerate(items)] if isinstance(items, list) else []


def _named(entry: Any, kinds: Sequence[str]) -> list[tuple[str, str]]:
    if not isinstance(entry, dict):
        return []
    return [(kind, entry[kind]) for kind in kinds if isinstance(entry.get(kind), str)]
