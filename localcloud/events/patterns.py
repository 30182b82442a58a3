"""EventBridge event patterns: compiled once, what EventBridge refuses refused, and matched as it matches.

Held to AWS's own Event Ruler: an array in an event matches if any element does, the fields of one pattern
object must match inside one and the same array element, `exists` looks at leaves only, and a missing field
satisfies nothing but `{"exists": false}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from localcloud.events.operators import InvalidPatternError, absent, value_test

Path: TypeAlias = tuple[str, ...]
Node: TypeAlias = Callable[[Mapping[str, Any], frozenset[Path]], bool]


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """The pattern (JSON text) as a predicate over events; raises `InvalidPatternError`."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidPatternError(f"not JSON: {error}") from error
    node = _object(document, ())
    return lambda event: node(event, frozenset(_leaves(event, ())))


def _object(pattern: Any, path: Path) -> Node:
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidPatternError(f"{'.'.join(path) or 'pattern'}: a non-empty object or list is expected")
    parts = [_either(sub, path) if key == "$or" else _field(key, sub, path) for key, sub in pattern.items()]
    return lambda event, leaves: all(part(event, leaves) for part in parts)


def _either(alternatives: Any, path: Path) -> Node:
    if not isinstance(alternatives, list) or not alternatives[1:]:
        raise InvalidPatternError("$or: at least two alternatives are expected")
    parts = [_object(alternative, path) for alternative in alternatives]
    return lambda event, leaves: any(part(event, leaves) for part in parts)


def _field(key: str, pattern: Any, outer: Path) -> Node:
    path = (*outer, key)
    if not isinstance(pattern, list):
        inner = _object(pattern, path)
        # With nothing to look into, an inner "exists": false is still satisfied.
        return lambda event, leaves: any(
            inner(item, leaves) for item in [i for i in _items(event, key) if isinstance(i, Mapping)] or [{}]
        )
    if not pattern:
        raise InvalidPatternError(f"{'.'.join(path)}: an empty list matches nothing")
    tests = [value_test(item) for item in pattern]
    may_be_absent = absent in tests
    return lambda event, leaves: (
        (may_be_absent and path not in leaves)
        or any(test(item) for item in _items(event, key) if not isinstance(item, Mapping) for test in tests)
    )


def _items(event: Mapping[str, Any], key: str) -> list[Any]:
    found = [event[key]] if key in event else []
    while any(isinstance(item, list) for item in found):
        found = [inner for item in found for inner in (item if isinstance(item, list) else [item])]
    return found


def _leaves(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, path)
    else:
        yield path
