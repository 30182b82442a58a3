"""What is wrong with a configuration file, in words that say where and what to do."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `line` counts from 1 and is None for a file that cannot be read; `field` is dotted."""

    file: str
    line: int | None = None
    field: str = ""
    problem: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.field, self.problem) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigWarning:
    """What looks wrong and may be meant. `line` counts from 1; `field` is dotted; `text` has no details."""

    file: str
    line: int
    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.text}"


class ConfigError(Exception):
    """All faults of the configuration, one line each. They name no contact details."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line or 0)))
        super().__init__("\n".join(map(str, self.faults)))


def known(kind: str, names: Iterable[str], *, meant: str) -> str:
    """The names there are, and the nearest to what was meant: `known keys: a, b (did you mean 'a'?)`."""
    names = list(names)
    text = f"known {kind}: {', '.join(names) or 'none'}"
    near = difflib.get_close_matches(meant, names, n=1)
    return f"{text} (did you mean {near[0]!r}?)" if near else text
