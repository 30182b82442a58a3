"""What a roster names wrongly or twice, told even while single values are still wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall_config.faults import Fault, known
from rollcall_config.roster_entries import accounts, entries, named, texts
from rollcall_config.roster_model import KINDS
from rollcall_config.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall_config.document import Document, Route


def reference_faults(document: Document) -> list[Fault]:
    """Unknown contacts, and what is said twice."""
    changers = texts(("authorised_changers",), document.data.get("authorised_changers"))
    within = [
        fault
        for route, entry in entries(document, "overrides")
        for fault in _twice(document, texts((*route, "accounts"), entry.get("accounts")), "is given")
    ]
    return [
        *_unknown_contacts(document),
        *_twice(document, accounts(document, "exempt"), "is exempt"),
        *_twice(document, changers, "is given"),
        *within,
    ]


def _unknown_contacts(document: Document) -> Iterator[Fault]:
    contacts = document.data.get("contacts")
    if not isinstance(contacts, dict):
        return
    for route, entry in [(("defaults",), document.data.get("defaults")), *entries(document, "overrides")]:
        for kind, name in named(entry, KINDS):
            if name not in contacts and name != ABSENT:
                problem = (
                    f"{name!r} is neither a contact nor {ABSENT!r}; {known('contacts', contacts, meant=name)}"
                )
                yield document.fault((*route, kind), problem)


def _twice(document: Document, found: list[tuple[Route, str]], what: str) -> Iterator[Fault]:
    first: dict[str, Route] = {}
    for route, value in found:
        if first.setdefault(value, route) != route:
            line = document.line(first[value])
            yield document.fault(route, f"{value} {what} already on line {line}: keep one")
