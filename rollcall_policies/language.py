"""Lists, statements and wildcards of the policy language."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Document = Mapping[str, Any]
    Statement = Mapping[str, Any]


def as_list(value: Any) -> list[Any]:
    """The list that an element holds; one entry may stand for a list of one."""
    return value if isinstance(value, list) else [value]


def list_statements(document: Document) -> list[Statement]:
    """The statements of a policy document."""
    return as_list(document.get("Statement", []))


def matches(value: str, pattern: str) -> bool:
    """Whether the value fits a pattern in which `*` is any text and `?` any character."""
    return _compile(pattern)(value) is not None


@lru_cache(maxsize=16384)
def _compile(pattern: str) -> Callable[[str], object]:
    text = pattern.replace("[", "[[]")
    for character, stands_in in _ESCAPED.items():
        text = text.replace(stands_in, f"[{character}]")
    return re.compile(translate(text)).match


# In a pattern, a wildcard that a variable brought in: it stands for itself. Characters of private use.
_ESCAPED = {"*": "\ue000", "?": "\ue001"}


def escape(value: str) -> str:
    """The value as a part of a pattern that matches only the value."""
    for character, stands_in in _ESCAPED.items():
        value = value.replace(character, stands_in)
    return value


def unescape(pattern: str) -> str:
    """The text that `escape` was given, where no wildcards are meant."""
    for character, stands_in in _ESCAPED.items():
        pattern = pattern.replace(stands_in, character)
    return pattern


def matches_arn(value: str, pattern: str) -> bool:
    """Whether an ARN fits a pattern of ArnLike: the six parts are compared one by one.

    A wildcard reaches over a colon in the last part only.
    """
    values, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(values) == len(patterns) and all(map(matches, values, patterns))


def has_variable(pattern: str) -> bool:
    """Whether a policy variable stands in the pattern."""
    return "${" in pattern
