"""EventBridge event patterns: invalid ones are refused, valid ones match as in EventBridge.

Held to AWS's own Event Ruler: an array in an event matches if any element does, the fields of one pattern
object must match inside one and the same array element, `exists` looks at leaves only, and a missing field
satisfies only `{"exists": false}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from localcloud.events.operators import InvalidPatternError, compile_test, match_absent

Path: TypeAlias = tuple[str, ...]
Node: TypeAlias = Callable[[Mapping[str, Any], frozenset[Path]], bool]


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """The pattern (JSON text) as a predicate over events; raises `InvalidPatternError`."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidPatternError(f"not JSON: {error}") from error
    node = _compile_object(document, ())
    return lambda event: node(event, frozenset(_list_leaves(event, ())))


def _compile_object(pattern: Any, path: Path) -> Node:
    if not isinstance(pattern, dict) or not pattern:
        raise InvalidPatternError(f"{'.'.join(path) or 'pattern'}: a non-empty object or list is expected")
    parts = [
        _compile_either(sub, path) if key == "$or" else _compile_field(key, sub, path)
        for key, sub in pattern.items()
    ]
    return lambda event, leaves: all(part(event, leaves) for part in parts)


def _compile_either(alternatives: Any, path: Path) -> Node:
    if not isinstance(alternatives, list) or not alternatives[1:]:
        raise InvalidPatternError("$or: at least two alternatives are expected")
    parts = [_compile_object(alternative, path) for alternative in alternatives]
    return lambda event, leaves: any(part(event, leaves) for part in parts)


def _compile_field(key: str, pattern: Any, outer: Path) -> Node:
    path = (*outer, key)
    if not isinstance(pattern, list):
        inner = _compile_object(pattern, path)
        # With nothing to look into, an inner "exists": false is still satisfied.
        return lambda event, leaves: any(
            inner(item, leaves)
            for item in [i for i in _list_items(event, key) if isinstance(i, Mapping)] or [{}]
        )
    if not pattern:
        raise InvalidPatternError(f"{'.'.join(path)}: an empty list matches nothing")
    tests = [compile_test(item) for item in pattern]
    may_be_absent = match_absent in tests
    return lambda event, leaves: (
        (may_be_absent and path not in leaves)
        or any(
            test(item) for item in _list_items(event, key) if not isinstance(item, Mapping) for test in tests
        )
    )


def _list_items(event: Mapping[str, Any], key: str) -> list[Any]:
    found = [event[key]] if key in event else []
    while any(isinstance(item, list) for item in found):
        found = [inner for item in found for inner in (item if isinstance(item, list) else [item])]
    return found


def _list_leaves(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _list_leaves(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from _list_leaves(inner, path)
    else:
        yield path
