"""AWS's reserved words, which no expression of DynamoDB may name an attribute by without an alias.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html, as moto has the list.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LANGUAGE = frozenset(
    {
        *("SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"),
        *("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"),
        *("if_not_exists", "list_append"),
    }
)
#: A name that is neither of a value (:name) nor an alias (#name).
_NAME = re.compile(r"(?<![:#\w])[A-Za-z_]\w*")


@cache
def list_reserved() -> frozenset[str]:
    from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords  # noqa: PLC0415  # moto takes seconds

    return frozenset(ReservedKeywords.get_reserved_keywords())


def find_reserved(expression: str) -> set[str]:
    """The attributes of an expression that AWS refuses."""
    names = set(_NAME.findall(expression)) - _LANGUAGE
    return {name for name in names if name.upper() in list_reserved()}


def find_expressions(parameters: Any) -> Iterator[str]:
    """Every expression of a call, those of the parts of a transaction included."""
    if isinstance(parameters, dict):
        for name, value in parameters.items():
            if name.endswith("Expression"):
                yield value
            elif name not in ("Item", "Key", "ExpressionAttributeValues"):
                yield from find_expressions(value)
    elif isinstance(parameters, list):
        for one in parameters:
            yield from find_expressions(one)


def refuse_reserved_words(params: Mapping[str, Any], **_: Any) -> None:
    """A hook for a boto3 client of DynamoDB: moto lets some expressions pass that AWS refuses."""
    for expression in find_expressions(dict(params)):
        assert find_reserved(expression) == set(), expression
