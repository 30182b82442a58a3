"""`config/contacts.yaml`: read, checked and compiled to the document that functions enforce."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollcall_config.faults import ConfigError
from rollcall_config.located_yaml import read
from rollcall_config.roster_model import RosterFile
from rollcall_config.roster_overrides import override_faults
from rollcall_config.roster_references import reference_faults
from rollcall_config.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rollcall_config.document import Document
    from rollcall_config.roster_model import Override

FILE: Final = "contacts.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterSource:
    """A good roster: as it stands in its file, and compiled."""

    source: Document
    compiled: Mapping[str, Any]


def read_roster(path: Path, *, file: str) -> RosterSource:
    """Read, check and compile the file, which messages call `file`.

    Raises ConfigError with every fault of it.
    """
    document = read(path, file=file)
    model, faults = validate(RosterFile, document)
    faults += document.faults
    if isinstance(document.data, dict):
        faults += [*reference_faults(document), *override_faults(document)]
    if faults or model is None:
        raise ConfigError(faults)
    return RosterSource(source=document, compiled=_compiled(model))


def managed_kinds(roster: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds for which a compiled roster names a contact somewhere."""
    return _kinds(roster, absent=False)


def absent_kinds(roster: Mapping[str, Any]) -> tuple[str, ...]:
    """The kinds of which a compiled roster says somewhere that there must be no contact."""
    return _kinds(roster, absent=True)


def _kinds(roster: Mapping[str, Any], *, absent: bool) -> tuple[str, ...]:
    entries = [roster["defaults"], *(override["kinds"] for override in roster["overrides"])]
    found = {kind for kinds in entries for kind, name in kinds.items() if (name is None) is absent}
    return tuple(sorted(found))


def _compiled(roster: RosterFile) -> dict[str, Any]:
    """Plain JSON, in an order of its own: that of the file means nothing."""
    exempt = [
        {"accounts": sorted(entry.accounts), "reason": entry.reason, "until": entry.until}
        for entry in roster.exempt
    ]
    return {
        "version": 1,
        "mode": roster.mode,
        "contacts": {name: roster.contacts[name].model_dump() for name in sorted(roster.contacts)},
        "defaults": roster.defaults.named(),
        "overrides": _merged(roster.overrides),
        "exempt": sorted(exempt, key=lambda entry: entry["accounts"] or []),
        "authorised_changers": sorted(roster.authorised_changers),
        "limits": roster.limits.model_dump(),
    }


def _merged(overrides: Iterable[Override]) -> list[dict[str, Any]]:
    """Overrides with the same selector become one; that they agree has been checked."""
    merged: dict[str, dict[str, Any]] = {}
    for entry in overrides:
        selector = entry.selector()
        key = json.dumps(selector)
        one = merged.setdefault(key, {**selector, "kinds": {}, "mode": None})
        one["kinds"] |= entry.named()
        one["mode"] = entry.mode or one["mode"]
    return [merged[key] for key in sorted(merged)]
