"""What overrides get wrong: whom they are for, what they say, and where two of them disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall_config.roster_entries import entries, named
from rollcall_config.roster_model import KINDS, SELECTORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall_config.document import Document, Route
    from rollcall_config.faults import Fault

_SAID = (*KINDS, "mode")


def override_faults(document: Document) -> list[Fault]:
    """Overrides for nobody or for two things at once, without effect, or against each other."""
    return [*_selectors(document), *_idle(document), *_disagreements(document)]


def _selectors(document: Document) -> Iterator[Fault]:
    for route, entry in entries(document, "overrides"):
        given = [key for key in SELECTORS if key in entry]
        if not given:
            yield document.fault(route, "is for nobody; give it accounts, tag or ou")
        elif len(given) > 1:
            yield document.fault(route, f"has {' and '.join(given)}: make an override of each")


def _idle(document: Document) -> Iterator[Fault]:
    for route, entry in entries(document, "overrides"):
        if not any(key in entry for key in _SAID):
            yield document.fault(route, f"changes nothing; give it {', '.join(_SAID[:-1])} or {_SAID[-1]}")


def _disagreements(document: Document) -> Iterator[Fault]:
    seen: list[tuple[Route, dict[str, Any]]] = []
    for route, entry in entries(document, "overrides"):
        for key, value in named(entry, _SAID):
            for where, other in seen:
                said = other.get(key)
                common = _common(entry, other) if isinstance(said, str) and said != value else None
                if common:
                    line = document.line((*where, key))
                    problem = f"{value!r} disagrees with {said!r} on line {line} for {common}: keep one"
                    yield document.fault((*route, key), problem)
                    break
        seen.append((route, entry))


def _common(entry: dict[str, Any], other: dict[str, Any]) -> str | None:
    """The accounts for which both are equally specific, as far as the file tells; None if there are none."""
    if _both(entry, other, "ou", str) and entry["ou"] == other["ou"]:
        return f"the same OU {entry['ou']!r}"
    if _both(entry, other, "accounts", list):
        ids = {one for one in entry["accounts"] if isinstance(one, str)}
        common = sorted(ids.intersection(one for one in other["accounts"] if isinstance(one, str)))
        return f"account {', '.join(common)}" if common else None
    if _both(entry, other, "tag", dict):
        one, two = _tags(entry["tag"]), _tags(other["tag"])
        # Who carries all of the longer list carries the shorter one, and no tag beats another.
        if one <= two or two <= one:
            return f"accounts with the tag {', '.join(f'{key}={value}' for key, value in sorted(one | two))}"
    return None


def _both(entry: dict[str, Any], other: dict[str, Any], key: str, type_: type) -> bool:
    return isinstance(entry.get(key), type_) and isinstance(other.get(key), type_)


def _tags(tag: dict[str, Any]) -> set[tuple[str, str]]:
    return {(key, value) for key, value in tag.items() if isinstance(value, str)}
