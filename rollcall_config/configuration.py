"""Both configuration files, checked together so that all faults are told at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rollcall_config import roster_source, settings
from rollcall_config.faults import ConfigError, ConfigWarning, Fault
from rollcall_config.roster_warnings import roster_warnings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from rollcall_config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the stacks are made from. `roster` is the compiled candidate; warnings stop nothing."""

    settings: Settings
    roster: Mapping[str, Any]
    warnings: tuple[ConfigWarning, ...]


def load(root: Path, directory: str, *, today: date | None = None) -> Configuration:
    """Read `organization.yaml` and `contacts.yaml` of the directory below `root`.

    `today` (by default the day in UTC) decides what is past. Raises ConfigError with the faults of both.
    """
    faults: list[Fault] = []
    read: list[Any] = []
    for reader, name in (
        (settings.read_settings, settings.FILE),
        (roster_source.read_roster, roster_source.FILE),
    ):
        try:
            read.append(reader(root / directory / name, file=f"{directory.rstrip('/')}/{name}"))
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(faults)
    organization, roster = read
    warnings = roster_warnings(
        roster.source, today=today or datetime.now(UTC).date(), management=organization.management
    )
    return Configuration(settings=organization, roster=roster.compiled, warnings=tuple(warnings))
