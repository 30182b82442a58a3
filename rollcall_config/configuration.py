"""Both configuration files, checked together so that all problems are reported at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rollcall_config import roster_compile, settings
from rollcall_config.document import ConfigError, ConfigProblem, ConfigWarning
from rollcall_config.roster_checks import find_warnings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from rollcall_config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the stacks are made from."""

    settings: Settings
    #: The compiled candidate.
    roster: Mapping[str, Any]
    #: They do not stop synth.
    warnings: tuple[ConfigWarning, ...]


def load(root: Path, directory: str, *, today: date | None = None) -> Configuration:
    """Read `organization.yaml` and `contacts.yaml` of the directory below `root`.

    `today` (by default the day in UTC) decides what is past. Raises ConfigError with the problems of both.
    """
    problems: list[ConfigProblem] = []
    read: list[Any] = []
    for reader, name in (
        (settings.read_settings, settings.FILE),
        (roster_compile.read_roster, roster_compile.FILE),
    ):
        try:
            read.append(reader(root / directory / name, file=f"{directory.rstrip('/')}/{name}"))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    organization, roster = read
    warnings = find_warnings(
        roster.source, today=today or datetime.now(UTC).date(), management=organization.management
    )
    return Configuration(settings=organization, roster=roster.compiled, warnings=tuple(warnings))
