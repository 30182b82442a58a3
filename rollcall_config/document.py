"""Plain data that remembers where it stands in its file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rollcall_config.faults import ConfigWarning, Fault

#: Keys and indexes from the top of a document to a value.
Route = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Unquoted:
    """A scalar that YAML does not read as text. `value` is set for whole numbers only."""

    raw: str = field(repr=False)
    read_as: str
    value: int | None = None


@dataclass(slots=True, kw_only=True)
class Document:
    """One file: dicts, lists, text and whole numbers, where each stands, and what is no data at all."""

    file: str
    data: Any = None
    faults: list[Fault] = field(default_factory=list)
    lines: dict[Route, int] = field(default_factory=dict)
    unquoted: dict[Route, Unquoted] = field(default_factory=dict)
    refused: set[Route] = field(default_factory=set)

    def line(self, route: Route) -> int:
        """Line of the value, or of the nearest thing around it if it is not there."""
        while route and route not in self.lines:
            route = route[:-1]
        return self.lines.get(route, 1)

    def fault(self, route: Route, problem: str) -> Fault:
        """A fault of the value at `route`."""
        return Fault(file=self.file, line=self.line(route), field=dotted(route), problem=problem)

    def warning(self, route: Route, text: str) -> ConfigWarning:
        """A warning about the value at `route`."""
        return ConfigWarning(file=self.file, line=self.line(route), field=dotted(route), text=text)


def dotted(route: Route) -> str:
    """`overrides[0].ou`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in route)
    return text.removeprefix(".")
