"""A configuration file as plain data that remembers its lines, and what is wrong with it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Keys and indexes from the top of a document to a value.
Route = tuple[str | int, ...]
#: A shorter name begins many words.
_SHORTEST_BEGINNING: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigProblem:
    """An error in a configuration file."""

    file: str
    #: Counts from 1; None for a file that cannot be read.
    line: int | None = None
    #: Dotted, `overrides[0].ou`.
    field: str = ""
    text: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.field, self.text) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigWarning:
    """A value that is valid and probably not meant. `text` has no contact details."""

    file: str
    #: Counts from 1.
    line: int
    #: Dotted, `overrides[0].ou`.
    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.text}"


class ConfigError(Exception):
    """All problems of the configuration, one line each, without contact details."""

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line or 0)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Unquoted:
    """A scalar that YAML does not read as text."""

    raw: str = field(repr=False)
    read_as: str
    #: Of whole numbers only.
    value: int | None = None


@dataclass(slots=True, kw_only=True)
class Document:
    """One file: dicts, lists, text and whole numbers."""

    file: str
    data: Any = None
    problems: list[ConfigProblem] = field(default_factory=list)
    #: The line of each value.
    lines: dict[Route, int] = field(default_factory=dict)
    unquoted: dict[Route, Unquoted] = field(default_factory=dict)
    #: Values that have a problem already and are None in `data`.
    refused: set[Route] = field(default_factory=set)

    def get_line(self, route: Route) -> int:
        """Return the line of the value, or of the nearest thing around it if it is not there."""
        while route and route not in self.lines:
            route = route[:-1]
        return self.lines.get(route, 1)

    def make_problem(self, route: Route, text: str) -> ConfigProblem:
        """Return a problem of the value at `route`."""
        return ConfigProblem(file=self.file, line=self.get_line(route), field=format_route(route), text=text)

    def make_warning(self, route: Route, text: str) -> ConfigWarning:
        """Return a warning about the value at `route`."""
        return ConfigWarning(file=self.file, line=self.get_line(route), field=format_route(route), text=text)

    def make_joint_warning(self, routes: Sequence[Route], text: str) -> ConfigWarning:
        """Return one warning about all these values, at the first; the others are named with their lines."""
        first, *others = routes
        named = [f"{format_route(route)} (line {self.get_line(route)})" for route in others]
        also = f", as are {', '.join(named)}" if len(named) > 1 else f", as is {named[0]}" if named else ""
        what, _, rest = text.partition(": ")
        return self.make_warning(first, f"is {what}{also}: {rest}")


def format_route(route: Route) -> str:
    """Return the route as people write it, `overrides[0].ou`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in route)
    return text.removeprefix(".")


def list_known(kind: str, names: Iterable[str], *, meant: str) -> str:
    """List the known names, and the nearest to `meant`: `known keys: a, b (did you mean 'a'?)`."""
    names = list(names)
    text = f"known {kind}: {', '.join(names) or 'none'}"
    near = _find_nearest(names, meant)
    return f"{text} (did you mean {near!r}?)" if near else text


def _find_nearest(names: Sequence[str], meant: str) -> str | None:
    """Return the name that was probably meant: PhoneNumber is phone, SECURITY security; None for none."""
    plain = {_simplify(name): name for name in names}
    given = _simplify(meant)
    if given in plain:
        return plain[given]
    beginnings = [name for name in plain if given.startswith(name) and len(name) >= _SHORTEST_BEGINNING]
    near = difflib.get_close_matches(given, plain, n=1) or sorted(beginnings, key=len)[-1:]
    return plain[near[0]] if near else None


def _simplify(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold() or name
