"""The configuration: where it is, and both of its files checked together, with all problems at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rollcall_config import organization_checks, roster_compile, settings
from rollcall_config.document import ConfigError, ConfigProblem, ConfigWarning
from rollcall_config.roster_checks import find_impossible_drill, find_impossible_primary
from rollcall_config.roster_warnings import find_warnings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from rollcall_config.settings import Settings


#: The environment variable that names the directory, for every entry point.
VARIABLE: Final = "ROLLCALL_CONFIG"
#: Where a user's own files are, unless another directory is named.
OWN: Final = "config"
#: Shipped, in audit mode, and refused by CloudFormation outside the local cloud.
EXAMPLE: Final = "config/example"
_FILES: Final = (settings.FILE, roster_compile.FILE)
_INIT: Final = f"`rollcall init` proposes both; --config or {VARIABLE} names another directory"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigDirectory:
    """The directory of both files."""

    #: As messages call it, relative to the project or absolute.
    name: str
    #: Whether it is the shipped example.
    is_example: bool


def find_directory(root: Path, named: str | None) -> ConfigDirectory:
    """Return the directory that is named, else the user's own if it has a file, else the shipped example.

    Both defaults are below `root`, as is a relative name.
    """
    own = any((root / OWN / file).exists() for file in _FILES)
    name = named or (OWN if own else EXAMPLE)
    return ConfigDirectory(name=name, is_example=(root / name).resolve() == (root / EXAMPLE).resolve())


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
    if not directory or (root / directory).is_file():
        text = f"is not a directory: name the one that has {_FILES[0]} and {_FILES[1]}"
        raise ConfigError([ConfigProblem(file=directory or '""', text=text)])
    if not any((root / directory / file).exists() for file in _FILES):
        raise ConfigError(
            [ConfigProblem(file=directory, text=f"has neither {_FILES[0]} nor {_FILES[1]}: {_INIT}")]
        )
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
    if problems := [
        *find_impossible_drill(roster.source, organization.settings.management),
        *find_impossible_primary(roster.source, organization.settings.region),
    ]:
        raise ConfigError(problems)
    today = today or datetime.now(UTC).date()
    warnings = [
        *organization_checks.find_warnings(organization.source),
        *find_warnings(roster.source, today=today, management=organization.settings.management),
    ]
    return Configuration(settings=organization.settings, roster=roster.compiled, warnings=tuple(warnings))
