"""EventBridge's pattern matching, as far as our rules and their tests use it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

from typing import Any

_MISSING = object()


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """Whether the event matches; ValueError for what EventBridge would refuse or this does not know."""
    if not isinstance(pattern, dict) or not pattern:
        raise ValueError(f"a pattern is an object with fields: {pattern!r}")
    fields = event if isinstance(event, dict) else {}
    return all(
        any(matches(alternative, event) for alternative in wanted)
        if field == "$or"
        else _field(wanted, fields.get(field, _MISSING))
        for field, wanted in pattern.items()
    )


def _field(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, dict):
        # In an array of objects one element must satisfy all of the pattern.
        elements = value if isinstance(value, list) else [value]
        return any(matches(wanted, element) for element in elements)
    if not isinstance(wanted, list) or not wanted:
        raise ValueError(f"a field takes a list of what it may be: {wanted!r}")
    verdicts = [_any_value(one, value) for one in wanted]  # all of them: a refused entry is refused anywhere
    return any(verdicts)


def _any_value(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, dict) and "exists" in wanted:
        if not isinstance(wanted["exists"], bool):
            raise ValueError("exists takes true or false")
        # Only leaves exist for EventBridge, not objects.
        return (value is not _MISSING and not isinstance(value, dict)) is wanted["exists"]
    values = value if isinstance(value, list) else [value]
    return any(_value(wanted, one) for one in values)


def _value(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, dict):
        return _same(wanted, value)
    if len(wanted) != 1:
        raise ValueError(f"one operator in one object: {wanted!r}")
    ((operator, operand),) = wanted.items()
    if operator == "prefix" and isinstance(operand, str):
        return isinstance(value, str) and value.startswith(operand)
    if operator == "anything-but" and not isinstance(operand, dict):
        refused = operand if isinstance(operand, list) else [operand]
        return value is not _MISSING and not any(_same(one, value) for one in refused)
    raise ValueError(f"not an operator that this matcher knows: {wanted!r}")


def _same(wanted: Any, value: Any) -> bool:
    # 1 and true differ, 1 and 1.0 do not.
    return value is not _MISSING and wanted == value and isinstance(wanted, bool) is isinstance(value, bool)
