"""What a policy document says to one request: as much of IAM's language as Rollcall's own documents use.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import re
from enum import Enum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping


class Answer(Enum):
    """What documents say to a request. MAYBE: a condition is not understood."""

    ALLOWED = "allowed"
    DENIED = "denied"
    SILENT = "silent"
    MAYBE = "maybe"


def ask(
    documents: Iterable[Mapping[str, Any]],
    *,
    action: str,
    resource: str | None,
    context: Mapping[str, Collection[str]],
    principals: Collection[str] | None = None,
) -> Answer:
    """Ask about a request. `resource` and `principals` are None where the kind of policy has none.

    A condition key that is not in `context` is one that the request does not have.
    """
    answers = {
        (statement["Effect"], holds)
        for document in documents
        for statement in as_list(document.get("Statement", []))
        if _element(statement, "Action", action.lower(), fold=True)
        and (resource is None or _element(statement, "Resource", resource))
        and (principals is None or _principal(statement, principals))
        and (holds := _conditions(statement, context)) is not False
    }
    if ("Deny", True) in answers:
        return Answer.DENIED
    if ("Deny", None) in answers:
        return Answer.MAYBE
    if ("Allow", True) in answers:
        return Answer.ALLOWED
    return Answer.MAYBE if ("Allow", None) in answers else Answer.SILENT


def as_list(value: Any) -> list[Any]:
    """One element may stand for a list of one."""
    return value if isinstance(value, list) else [value]


def like(value: str, pattern: str) -> bool:
    """Whether the value fits: `*` is any text, `?` any character."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


_COMPARISONS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": like,
    "ArnEquals": like,
    "ArnLike": like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
}
_OPERATOR: Final = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")


def _element(statement: Mapping[str, Any], name: str, value: str, *, fold: bool = False) -> bool:
    negated = f"Not{name}" in statement
    patterns = as_list(statement.get(f"Not{name}" if negated else name, []))
    found = any(like(value, str(pattern).lower() if fold else str(pattern)) for pattern in patterns)
    return found is not negated


def _principal(statement: Mapping[str, Any], principals: Collection[str]) -> bool:
    named = statement.get("Principal", {})
    values = ["*"] if named == "*" else [item for part in named.values() for item in as_list(part)]
    return any(value == "*" or value in principals for value in values)


def _conditions(statement: Mapping[str, Any], context: Mapping[str, Collection[str]]) -> bool | None:
    """True, False, or None if it depends on what is not understood."""
    answers = [_holds(*condition, context) for condition in _each(statement)]
    if False in answers:
        return False
    return None if None in answers else True


def _each(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for operator, entries in statement.get("Condition", {}).items():
        for key, wanted in entries.items():
            yield operator, key, [str(value) for value in as_list(wanted)]


def _holds(operator: str, key: str, wanted: list[str], context: Mapping[str, Collection[str]]) -> bool | None:
    values = next((found for name, found in context.items() if name.lower() == key.lower()), ())
    if operator == "Null":
        return str(not values).lower() in {value.lower() for value in wanted}
    parsed = _OPERATOR.fullmatch(operator)
    every, name, if_exists = parsed.groups() if parsed else (None, operator, None)
    negated = "Not" in name
    compare = _COMPARISONS.get(name.replace("Not", ""))
    if compare is None or any("${" in value for value in wanted):
        return None
    if not values:
        return if_exists is not None or every == "ForAllValues" or (negated and every is None)
    matches = [any(compare(value, entry) for entry in wanted) is not negated for value in values]
    return any(matches) if every == "ForAnyValue" else all(matches)
