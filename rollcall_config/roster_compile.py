"""Reads, checks and compiles `config/contacts.yaml` to the document that the functions enforce."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollcall.model.contact import ContactKind
from rollcall_config.document import ConfigError
from rollcall_config.located_yaml import read
from rollcall_config.roster_checks import find_contradictions
from rollcall_config.roster_model import RosterFile
from rollcall_config.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from rollcall_config.document import ConfigProblem, Document
    from rollcall_config.roster_model import Override

FILE: Final = "contacts.yaml"
#: Bytes of an approved roster, compressed: an item of the state table has at most 400 KB.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_LARGEST: Final = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterSource:
    """A valid roster."""

    #: As it stands in its file.
    source: Document
    compiled: Mapping[str, Any]


def read_roster(path: Path, *, file: str) -> RosterSource:
    """Read, check and compile the file, which messages call `file`.

    Raises ConfigError with all its problems.
    """
    document = read(path, file=file)
    model, problems = validate(RosterFile, document)
    problems += document.problems
    if isinstance(document.data, dict):
        problems += find_contradictions(document)
    if problems or model is None:
        raise ConfigError(problems)
    compiled = _compile(model)
    if problems := list(_find_excess(document, compiled)):
        raise ConfigError(problems)
    return RosterSource(source=document, compiled=compiled)


def _find_excess(document: Document, compiled: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    """Yield the largest part of a roster that could not be approved, because it is too large to be stored."""

    def measure(part: Any) -> int:
        return len(gzip.compress(json.dumps(part, sort_keys=True).encode(), mtime=0))

    if (size := measure(compiled)) > _LARGEST:
        largest = max(document.data, key=lambda key: measure(compiled.get(key)))
        yield document.make_problem(
            (largest,),
            f"makes the roster too large to be stored: {size} bytes when compressed, of {_LARGEST}; use OUs, "
            "tags and {account_id} instead of an entry for each account",
        )


def list_managed_kinds(roster: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the kinds for which a compiled roster names a contact somewhere."""
    return _list_kinds(roster, absent=False)


def manages_primary(roster: Mapping[str, Any]) -> bool:
    """Whether a compiled roster names a primary contact somewhere."""
    return ContactKind.PRIMARY in list_managed_kinds(roster)


def list_absent_kinds(roster: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the kinds of which a compiled roster says somewhere that there must be no contact."""
    return _list_kinds(roster, absent=True)


def _list_kinds(roster: Mapping[str, Any], *, absent: bool) -> tuple[str, ...]:
    entries = [roster["defaults"], *(override["kinds"] for override in roster["overrides"])]
    found = {kind for kinds in entries for kind, name in kinds.items() if (name is None) is absent}
    return tuple(sorted(found))


def _compile(roster: RosterFile) -> dict[str, Any]:
    """Return plain JSON, sorted, because the order of the file means nothing."""
    exempt = [
        {"accounts": sorted(entry.accounts), "reason": entry.reason, "until": entry.until}
        for entry in roster.exempt
    ]
    return {
        "version": 1,
        "mode": roster.mode,
        "contacts": {name: roster.contacts[name].compile() for name in sorted(roster.contacts)},
        "defaults": roster.defaults.list_names(),
        "overrides": _merge_overrides(roster.overrides),
        "exempt": sorted(exempt, key=lambda entry: entry["accounts"] or []),
        "authorised_changers": sorted(roster.authorised_changers),
        "limits": roster.limits.model_dump(),
        "bulk_edits": roster.bulk_edits.model_dump(),
        "repeated_edits": roster.repeated_edits.model_dump(),
        **({"drill": {"accounts": sorted(roster.drill.accounts)}} if roster.drill else {}),
    }


def _merge_overrides(overrides: Iterable[Override]) -> list[dict[str, Any]]:
    """Make one of overrides with the same selector, which agree."""
    merged: dict[str, dict[str, Any]] = {}
    for entry in overrides:
        selector = entry.get_selector()
        key = json.dumps(selector)
        one = merged.setdefault(key, {**selector, "kinds": {}, "mode": None})
        one["kinds"] |= entry.list_names()
        one["mode"] = entry.mode or one["mode"]
    return [merged[key] for key in sorted(merged)]
