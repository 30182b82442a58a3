"""The Condition element: operators, set operators, and keys that a request may or may not have.

Sources: IAM user guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple context
keys or values", "Single-valued vs. multivalued context keys" and "IAM policy elements: Variables and tags".
Binary values are not modelled: a condition on one is unclear and never guessed.
"""

from __future__ import annotations

import ipaddress
import operator as comparison
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from rollcall_policies.language import as_list, escape, has_variable, matches, matches_arn, unescape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from rollcall_policies.language import Statement

    Context = Mapping[str, Collection[str]]
    Comparison = Callable[[str, str], bool]
    Check = Callable[[Collection[str], list[str]], bool]


@dataclass(frozen=True, slots=True)
class Unclear:
    """A condition that cannot be evaluated, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class ConditionKeys:
    """The condition keys of one request, by their lower-case names: keys are compared without case."""

    values: Context
    #: Whether a key that is not in `values` is one that the request does not have.
    complete: bool
    #: Whether `${...}` in the policy is a variable.
    variables: bool = True

    @classmethod
    def from_context(cls, context: Context, *, complete: bool) -> ConditionKeys:
        """The keys of a context as it is written, in any case."""
        return cls({name.lower(): values for name, values in context.items()}, complete)

    def find(self, key: str) -> Collection[str] | Unclear:
        """The values of a key, none if the request does not have it."""
        name = key.lower()
        found = self.values.get(name)
        # An entry that ends in a slash stands for all keys that begin with it, say of tags.
        if found is None and not self.complete and f"{name.partition('/')[0]}/" not in self.values:
            return Unclear(f"condition key {key}")
        return found or ()

    def substitute(self, pattern: str) -> str | Unclear | None:
        """The pattern with its variables replaced; None if the request does not have one of their keys."""
        if not self.variables:
            return pattern
        parts: list[str] = []
        for text in _PART.split(pattern):
            variable = _VARIABLE.fullmatch(text)
            if variable is None or variable[1] in _LITERALS:
                parts.append(escape(variable[1]) if variable else text)
                continue
            found = self.find(variable[1])
            if isinstance(found, Unclear) or len(found) > 1 or ":" not in variable[1]:
                return Unclear(f"policy variable {text}")
            if not found and variable[2] is None:
                return None
            parts.append(escape(next(iter(found), variable[2] or "")))
        return "".join(parts)


def _compare_numbers(compare: Callable[[float, float], bool]) -> Comparison:
    return lambda value, wanted: compare(float(value), float(wanted))


def _compare_dates(compare: Callable[[float, float], bool]) -> Comparison:
    return lambda value, wanted: compare(_parse_date(value), _parse_date(wanted))


def _parse_date(text: str) -> float:
    """Seconds since 1970 of a date of ISO 8601, or such a number."""
    if text.isdecimal():
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _is_in_network(value: str, wanted: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)


_OPERATOR: Final = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")
_PART: Final = re.compile(r"(\$\{[^}]*\})")
_VARIABLE: Final = re.compile(r"\$\{([^},]*)(?:,\s*'([^']*)')?\}")
_LITERALS: Final = ("*", "?", "$")
_ORDERS: Final = {
    "Equals": comparison.eq,
    "LessThan": comparison.lt,
    "LessThanEquals": comparison.le,
    "GreaterThan": comparison.gt,
    "GreaterThanEquals": comparison.ge,
}
_POSITIVE: Final[Mapping[str, Comparison]] = {
    "StringEquals": lambda value, wanted: value == unescape(wanted),
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == unescape(wanted).lower(),
    "StringLike": matches,
    "ArnEquals": matches_arn,  # AWS: ArnEquals and ArnLike behave identically
    "ArnLike": matches_arn,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "IpAddress": _is_in_network,
    **{f"Numeric{name}": _compare_numbers(compare) for name, compare in _ORDERS.items()},
    **{f"Date{name}": _compare_dates(compare) for name, compare in _ORDERS.items()},
}
_NEGATED: Final = {
    **{
        name.replace(kind, f"{kind}Not"): compare
        for name, compare in _POSITIVE.items()
        for kind in ("String", "Arn")
        if name.startswith(kind)
    },
    "NotIpAddress": _is_in_network,
    "NumericNotEquals": _POSITIVE["NumericEquals"],
    "DateNotEquals": _POSITIVE["DateEquals"],
}


def is_operator(operator: str) -> bool:
    """Whether a condition operator is one of IAM's."""
    parsed = _OPERATOR.fullmatch(operator)
    known = {*_POSITIVE, *_NEGATED, "BinaryEquals"}
    return operator == "Null" or (parsed is not None and parsed[2] in known)


def check_conditions(statement: Statement, keys: ConditionKeys) -> bool | Unclear:
    """Whether all conditions of a statement hold. One that does not outweighs those that are unclear."""
    answers = [_check_condition(*condition, keys) for condition in _list_conditions(statement)]
    if False in answers:
        return False
    return next((answer for answer in answers if isinstance(answer, Unclear)), True)


def _list_conditions(statement: Statement) -> Iterator[tuple[str, str, list[str]]]:
    for operator, entries in statement.get("Condition", {}).items():
        for key, wanted in entries.items():
            yield operator, key, [_convert_to_text(entry) for entry in as_list(wanted)]


def _convert_to_text(value: Any) -> str:
    """The value as policies compare it: JSON's true may stand for "true"."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_condition(operator: str, key: str, wanted: list[str], keys: ConditionKeys) -> bool | Unclear:
    check, found = _compile_check(operator), keys.find(key)
    if isinstance(check, Unclear):
        return check
    replaced = [keys.substitute(entry) if has_variable(entry) else entry for entry in wanted]
    unclear = next((entry for entry in replaced if isinstance(entry, Unclear)), None)
    if unclear or isinstance(found, Unclear):
        return unclear or Unclear(f"condition key {key}")
    try:
        # A variable without a value equals nothing.
        return check(found, [entry for entry in replaced if isinstance(entry, str)])
    except ValueError as error:
        return Unclear(f"{operator} of {key}: {error}")


def _compile_check(operator: str) -> Check | Unclear:
    if operator == "Null":
        return _is_null
    parsed = _OPERATOR.fullmatch(operator)
    quantifier, name, if_exists = parsed.groups() if parsed else (None, operator, None)
    compare = _POSITIVE.get(name) or _NEGATED.get(name)
    if compare is None:
        return Unclear(f"condition operator {operator}")
    negated = name in _NEGATED
    # Without the key ForAllValues holds and ForAnyValue does not; alone, "not equal" holds.
    absent = if_exists is not None or quantifier == "ForAllValues" or (negated and quantifier is None)

    def check(found: Collection[str], wanted: list[str]) -> bool:
        results = [any(compare(value, entry) for entry in wanted) is not negated for value in found]
        return (any(results) if quantifier == "ForAnyValue" else all(results)) if results else absent

    return check


def _is_null(found: Collection[str], wanted: list[str]) -> bool:
    return str(not found).lower() in {entry.lower() for entry in wanted}
