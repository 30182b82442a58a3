"""The comparison operators of EventBridge patterns, each built from its operand into a test of one value.

Source: EventBridge user guide, "Comparison operators for use in event patterns"; refusals as Event Ruler's.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any, TypeAlias

Value: TypeAlias = str | int | float | bool | None
Test: TypeAlias = Callable[[Value], bool]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class InvalidPatternError(ValueError):
    """EventBridge would answer InvalidEventPatternException to this pattern."""


def compile_test(item: Any) -> Test:
    """One entry of a pattern's list as a test; raises `InvalidPatternError`."""
    if isinstance(item, dict):
        if len(item) != 1 or next(iter(item)) not in _OPERATORS:
            raise InvalidPatternError(f"unrecognized match type {', '.join(item)}")
        ((name, operand),) = item.items()
        return _OPERATORS[name](operand)
    if isinstance(item, list):
        raise InvalidPatternError("a list inside a list of values")
    # JSON's true is no number, although Python's is.
    return lambda value: isinstance(item, bool) == isinstance(value, bool) and item == value


def match_absent(_: Value) -> bool:
    """The test of `{"exists": false}`: no value fits. The matcher itself handles missing values."""
    return False


def _compile_exists(operand: Any) -> Test:
    if not isinstance(operand, bool):
        raise InvalidPatternError("exists is true or false")
    return (lambda _: True) if operand else match_absent


def _require_text(operand: Any) -> str:
    if not isinstance(operand, str):
        raise InvalidPatternError("a string is expected")
    return operand


def _compile_affix(operand: Any, compare: Callable[[str, str], bool]) -> Test:
    if isinstance(operand, dict) and list(operand) == ["equals-ignore-case"]:
        folded = _require_text(operand["equals-ignore-case"]).lower()
        return lambda value: isinstance(value, str) and compare(value.lower(), folded)
    wanted = _require_text(operand)
    return lambda value: isinstance(value, str) and compare(value, wanted)


def _compile_wildcard(operand: Any) -> Test:
    tokens = re.findall(r"\\[*\\]|[*\\]|[^*\\]+", _require_text(operand))
    if "\\" in tokens or ("*", "*") in pairwise(tokens):
        raise InvalidPatternError("wildcard: consecutive * or an unknown escape")
    parts = [".*" if part == "*" else re.escape(part.removeprefix("\\")) for part in tokens]
    expression = re.compile("".join(parts), re.DOTALL)
    return lambda value: isinstance(value, str) and expression.fullmatch(value) is not None


def _compile_anything_but(operand: Any) -> Test:
    if isinstance(operand, dict):
        if len(operand) != 1 or not operand.keys() <= {"prefix", "suffix", "equals-ignore-case", "wildcard"}:
            raise InvalidPatternError("anything-but: not an operator over strings")
        ((name, listed),) = operand.items()
        tests = [compile_test({name: entry}) for entry in (listed if isinstance(listed, list) else [listed])]
    else:
        entries = operand if isinstance(operand, list) else [operand]
        kinds = {type(entry) for entry in entries}
        if not kinds or not (kinds <= {str} or kinds <= {int, float}):
            raise InvalidPatternError("anything-but takes strings or numbers, and not both")
        tests = [compile_test(entry) for entry in entries]
    return lambda value: not any(test(value) for test in tests)


def _compile_numeric(operand: Any) -> Test:
    pairs = list(zip(operand[::2], operand[1::2], strict=False)) if isinstance(operand, list) else []
    wrong = [p for p in pairs if p[0] not in _COMPARE or type(p[1]) not in {int, float}]
    if not pairs or wrong or len(pairs) * 2 != len(operand):
        raise InvalidPatternError(f"numeric: unrecognized comparison {operand}")
    if pairs[1:] and not (pairs[0][0][0] == ">" and pairs[1][0][0] == "<" and pairs[0][1] < pairs[-1][1]):
        raise InvalidPatternError("numeric: a range goes from its lower end to its upper end")
    return lambda value: type(value) in {int, float} and all(_COMPARE[op](value, end) for op, end in pairs)


def _compile_cidr(operand: Any) -> Test:
    try:
        network = ipaddress.ip_network(_require_text(operand), strict=False)
    except ValueError as error:
        raise InvalidPatternError(f"cidr: {error}") from error

    def test(value: Value) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return test


_OPERATORS: dict[str, Callable[[Any], Test]] = {
    "exists": _compile_exists,
    "prefix": lambda operand: _compile_affix(operand, str.startswith),
    "suffix": lambda operand: _compile_affix(operand, str.endswith),
    "equals-ignore-case": lambda operand: _compile_affix(
        {"equals-ignore-case": _require_text(operand)}, operator.eq
    ),
    "wildcard": _compile_wildcard,
    "anything-but": _compile_anything_but,
    "numeric": _compile_numeric,
    "cidr": _compile_cidr,
}
