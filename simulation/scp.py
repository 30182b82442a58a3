"""A small evaluator of policy documents without principals, as service control policies are.

Source: IAM user guide, "Policy evaluation logic", "IAM JSON policy elements: Condition operators" and
"Conditions with multiple context keys or values". Numbers, dates, addresses, binary values and policy
variables are not modelled and raise NotImplementedError, rather than be guessed at.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

Context = Mapping[str, Collection[str]]


def like(value: str, pattern: str) -> bool:
    """Whether `value` fits a pattern in which `*` is any text and `?` any character."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _arn_like(value: str, pattern: str) -> bool:
    # Each of the six parts is matched by itself: a wildcard does not reach over a colon but in the last.
    values, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(values) == len(patterns) and all(map(like, values, patterns))


_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": like,
    "ArnEquals": _arn_like,  # AWS: ArnEquals and ArnLike behave identically
    "ArnLike": _arn_like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
}
_NEGATED = {
    name.replace(kind, f"{kind}Not"): compare
    for name, compare in _POSITIVE.items()
    for kind in ("String", "Arn")
    if name.startswith(kind)
}


def decide(documents: Iterable[Any], *, action: str, resource: str, context: Context) -> bool | None:
    """False when a statement denies the request, else True when one allows it, None when none speaks of it.

    Key names are compared without case; a key without values is one that the request does not have.
    """
    verdict = None
    for document in documents:
        for statement in as_list(document.get("Statement", [])):
            if _speaks(statement, action, resource, context):
                if statement["Effect"] == "Deny":
                    return False
                verdict = True
    return verdict


def require_modelled(document: Any, keys: Collection[str]) -> None:
    """Raise NotImplementedError when a condition uses an operator, a variable or a key not in `keys`.

    A key that ends in a slash stands for all that begin so.
    """
    known = {key.lower() for key in keys}
    for operator, key, wanted in _conditions(document):
        compare, _, _ = _parse(operator)
        if compare is None and operator != "Null":
            raise NotImplementedError(f"condition operator {operator}")
        if key.lower() not in known and f"{key.lower().partition('/')[0]}/" not in known:
            raise NotImplementedError(f"condition key {key}")
        if any("${" in str(entry) for entry in wanted):
            raise NotImplementedError(f"policy variable in the values of {key}")


def as_list(value: Any) -> list[Any]:
    """Policy language: one element may stand for a list of one."""
    return value if isinstance(value, list) else [value]


def _speaks(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        _element(statement, "Action", lambda pattern: like(action.lower(), pattern.lower()))
        and _element(statement, "Resource", lambda pattern: like(resource, pattern))
        and all(_holds(*condition, context) for condition in _conditions({"Statement": statement}))
    )


def _element(statement: Mapping[str, Any], name: str, matches: Callable[[str], bool]) -> bool:
    """Action or Resource, or the opposite of NotAction or NotResource."""
    if f"Not{name}" in statement:
        return not any(map(matches, as_list(statement[f"Not{name}"])))
    return any(map(matches, as_list(statement.get(name, []))))


def _conditions(document: Any) -> Iterator[tuple[str, str, list[Any]]]:
    for statement in as_list(document.get("Statement", [])):
        for operator, entries in statement.get("Condition", {}).items():
            for key, wanted in entries.items():
                yield operator, key, as_list(wanted)


def _parse(operator: str) -> tuple[Callable[[str, str], bool] | None, str | None, bool]:
    """The comparison (None when there is no such operator), its set operator, and whether IfExists."""
    parsed = re.fullmatch(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?", operator)
    every, name, if_exists = parsed.groups() if parsed else (None, operator, None)
    return _POSITIVE.get(name) or _NEGATED.get(name), every, if_exists is not None


def _holds(operator: str, key: str, wanted: list[Any], context: Context) -> bool:
    values = next((found for name, found in context.items() if name.lower() == key.lower()), ())
    if operator == "Null":
        return str(not values).lower() in {str(entry).lower() for entry in wanted}
    compare, every, if_exists = _parse(operator)
    if compare is None:
        raise NotImplementedError(f"condition operator {operator}")
    negated = "Not" in operator
    if not values:
        # Without the key ForAllValues is true, ForAnyValue false; alone, "not equal" is true.
        return if_exists or every == "ForAllValues" or (negated and every is None)
    matches = [any(compare(value, str(entry)) for entry in wanted) != negated for value in values]
    return any(matches) if every == "ForAnyValue" else all(matches)
