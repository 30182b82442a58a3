"""Both configuration files, checked together so that all faults are told at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stacks import roster_source, settings
from stacks.faults import ConfigError, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stacks.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the stacks are made from. `roster` is the compiled candidate."""

    settings: Settings
    roster: Mapping[str, Any]


def load(root: Path, directory: str) -> Configuration:
    """Read `organization.yaml` and `contacts.yaml` of the directory below `root`.

    Raises ConfigError with the faults of both.
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
    return Configuration(settings=read[0], roster=read[1])
