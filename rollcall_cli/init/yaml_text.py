"""YAML that says exactly this text, whatever it is, and comments that stay comments."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from rollcall_cli.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH: Final = 110


def quoted(text: str) -> str:
    """The text in double quotes; what is not printable is escaped, because YAML refuses to read it."""
    return '"' + "".join(map(_escaped, text)) + '"'


def comment(text: str, *, indent: str = "") -> Iterator[str]:
    """The text as lines of comment; names of accounts are others' words."""
    for line in textwrap.wrap(plain(text), _WIDTH - len(indent)):
        yield f"{indent}# {line}"


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
