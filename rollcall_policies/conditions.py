"""The Condition element: operators, set operators, and keys that a request may or may not have.

Sources: IAM user guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple context
keys or values", "Single-valued vs. multivalued context keys" and "IAM policy elements: Variables and tags".
Numbers, dates, addresses and binary values are not modelled, and a variable only as the whole value of a
StringEquals: any other condition is unclear and never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollcall_policies.language import as_list, has_variable, list_statements, matches, matches_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from rollcall_policies.language import Document, Statement

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

    @classmethod
    def from_context(cls, context: Context, *, complete: bool) -> ConditionKeys:
        """The keys of a context as it is written, in any case."""
        return cls({name.lower(): values for name, values in context.items()}, complete)

    def find(self, key: str) -> Collection[str] | Unclear:
        """The values of a key, none if the request does not have it."""
        found = self.values.get(key.lower())
        if found is None and not self.complete:
            return Unclear(f"condition key {key}")
        return found or ()


_OPERATOR: Final = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")
_VARIABLE: Final = re.compile(r"\$\{(\w+:\w+)\}")
_POSITIVE: Final[Mapping[str, Comparison]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": matches,
    "ArnEquals": matches_arn,  # AWS: ArnEquals and ArnLike behave identically
    "ArnLike": matches_arn,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
}
_NEGATED: Final = {
    name.replace(kind, f"{kind}Not"): compare
    for name, compare in _POSITIVE.items()
    for kind in ("String", "Arn")
    if name.startswith(kind)
}


def find_unmodelled(document: Document, keys: Collection[str]) -> str | None:
    """Name the first condition of a document that cannot be evaluated; None if all can be.

    `keys` are the condition keys that a request may have; one that ends in a slash stands for all that
    begin with it.
    """
    known = {key.lower() for key in keys}
    for statement in list_statements(document):
        for operator, key, wanted in _list_conditions(statement):
            check = _compile_check(operator, key, wanted)
            if isinstance(check, Unclear):
                return check.reason
            if key.lower() not in known and f"{key.lower().partition('/')[0]}/" not in known:
                return f"condition key {key}"
    return None


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
    if operator == "StringEquals":
        wanted = [text for entry in wanted for text in _resolve_variable(entry, keys)]
    check, found = _compile_check(operator, key, wanted), keys.find(key)
    if isinstance(check, Unclear):
        return check
    return found if isinstance(found, Unclear) else check(found, wanted)


def _resolve_variable(value: str, keys: ConditionKeys) -> Collection[str]:
    """What a variable stands for: no value at all if the request does not have its key."""
    variable = _VARIABLE.fullmatch(value)
    found = keys.find(variable[1]) if variable else [value]
    return [value] if isinstance(found, Unclear) or len(found) > 1 else found


def _compile_check(operator: str, key: str, wanted: list[str]) -> Check | Unclear:
    if any(map(has_variable, wanted)):
        return Unclear(f"policy variable in the values of {key}")
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
