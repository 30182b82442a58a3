"""DynamoDB's expressions: conditions and updates, as far as they are used; anything else is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Item = dict[str, dict[str, Any]]
_TOKEN: Final = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[:#]?[A-Za-z_][\w.]*)")
_TYPES: Final = frozenset({"S", "N", "B", "BOOL", "NULL", "SS", "NS", "L", "M"})


class ExpressionError(ValueError):
    """An expression that AWS would refuse, or that this fake does not know."""


@dataclass(slots=True)
class Scope:
    """What an expression is evaluated on; it notes which placeholders were used."""

    item: Mapping[str, Any]
    names: Mapping[str, str]
    values: Mapping[str, Any]


Value = Any
_Node = "Callable[[Scope], Value]"


def check_item(item: Mapping[str, Any]) -> None:
    """ExpressionError for an item that DynamoDB would not take."""
    for name, value in item.items():
        if not isinstance(value, dict) or len(value) != 1 or not _TYPES.issuperset(value):
            raise ExpressionError(f"attribute {name} has no type")
        ((kind, found),) = value.items()
        if kind in ("S", "N") and not isinstance(found, str):
            raise ExpressionError(f"attribute {name} is no text")
        if kind == "BOOL" and not isinstance(found, bool):
            raise ExpressionError(f"attribute {name} is no boolean")
        if kind in ("SS", "NS") and (not found or len(set(found)) != len(found)):
            raise ExpressionError(f"attribute {name} is an empty set, or has something twice")


def check_placeholders(
    expressions: list[str], names: Mapping[str, str] | None, values: Mapping[str, Any] | None
) -> None:
    """ExpressionError for a placeholder that is not used, or not defined; AWS refuses both."""
    used = {token for text in expressions for token in split(text) if token[0] in ":#"}
    defined = set(names or {}) | set(values or {})
    if used != defined:
        raise ExpressionError(f"placeholders that are unused or undefined: {sorted(used ^ defined)}")
    if values is not None:
        check_item(values)


@lru_cache(maxsize=512)
def split(text: str) -> tuple[str, ...]:
    """The tokens of an expression."""
    found, position = [], 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(f"cannot read {text[position:]!r}")
        found.append(match[1])
        position = match.end()
    return tuple(found)


def holds(
    text: str, item: Mapping[str, Any], names: Mapping[str, str] | None, values: Mapping[str, Any] | None
) -> bool:
    """Whether the condition is true of the item; an item that is not there is an empty one."""
    return bool(_compile_condition(text)(Scope(item, names or {}, values or {})))


def update(text: str, item: Item, names: Mapping[str, str] | None, values: Mapping[str, Any] | None) -> Item:
    """The item after the update; all right-hand sides see it as it was before."""
    scope = Scope(item, names or {}, values or {})
    after = dict(item)
    for action, name, make in _compile_update(text):
        place = _resolve(name, scope)
        if place in ("pk", "sk"):
            raise ExpressionError("a key cannot be updated")
        if action == "REMOVE":
            after.pop(place, None)
            continue
        value = make(scope) if make else None
        if value is None:
            raise ExpressionError(f"{name} is set to what is not there")
        after[place] = _add(item.get(place), value) if action == "ADD" else value
    return after


@lru_cache(maxsize=512)
def _compile_condition(text: str) -> Callable[[Scope], bool]:
    parser = _Parser(split(text))
    condition = parser.read_or()
    parser.end()
    return condition


@lru_cache(maxsize=512)
def _compile_update(text: str) -> tuple[tuple[str, str, Callable[[Scope], Value] | None], ...]:
    parser = _Parser(split(text))
    return tuple(parser.read_update())


class _Parser:
    def __init__(self, tokens: tuple[str, ...]) -> None:
        self._tokens = tokens
        self._at = 0

    def end(self) -> None:
        if self._at != len(self._tokens):
            raise ExpressionError(f"cannot read {self._tokens[self._at :]}")

    def read_or(self) -> Callable[[Scope], bool]:
        parts = [self._read_and()]
        while self._take("OR"):
            parts.append(self._read_and())
        return parts[0] if len(parts) == 1 else lambda scope: any(part(scope) for part in parts)

    def read_update(self) -> Iterator[tuple[str, str, Callable[[Scope], Value] | None]]:
        while self._at < len(self._tokens):
            action = self._next().upper()
            if action not in ("SET", "REMOVE", "ADD"):
                raise ExpressionError(f"unknown clause {action}")
            while True:
                name = self._next()
                if action == "SET":
                    self._expect("=")
                yield action, name, None if action == "REMOVE" else self._read_sum()
                if not self._take(","):
                    break

    def _read_and(self) -> Callable[[Scope], bool]:
        parts = [self._read_not()]
        while self._take("AND"):
            parts.append(self._read_not())
        return parts[0] if len(parts) == 1 else lambda scope: all(part(scope) for part in parts)

    def _read_not(self) -> Callable[[Scope], bool]:
        if self._take("NOT"):
            inner = self._read_not()
            return lambda scope: not inner(scope)
        if self._take("("):
            inner = self.read_or()
            self._expect(")")
            return inner
        if self._peek().lower() in _TESTS:
            return self._read_test()
        return self._read_comparison()

    def _read_test(self) -> Callable[[Scope], bool]:
        test = _TESTS[self._next().lower()]
        self._expect("(")
        operands = [self._read_operand()]
        while self._take(","):
            operands.append(self._read_operand())
        self._expect(")")
        return lambda scope: test(*(operand(scope) for operand in operands))

    def _read_comparison(self) -> Callable[[Scope], bool]:
        left = self._read_operand()
        sign = self._next().upper()
        if sign == "BETWEEN":
            low = self._read_operand()
            self._expect("AND")
            high = self._read_operand()
            return lambda scope: (
                _compare("<=", low(scope), left(scope)) and _compare("<=", left(scope), high(scope))
            )
        if sign == "IN":
            self._expect("(")
            options = [self._read_operand()]
            while self._take(","):
                options.append(self._read_operand())
            self._expect(")")
            return lambda scope: any(_compare("=", left(scope), option(scope)) for option in options)
        right = self._read_operand()
        return lambda scope: _compare(sign, left(scope), right(scope))

    def _read_sum(self) -> Callable[[Scope], Value]:
        left = self._read_operand()
        if self._peek() in ("+", "-"):
            sign, right = self._next(), self._read_operand()
            return lambda scope: _sum(left(scope), right(scope), sign)
        return left

    def _read_operand(self) -> Callable[[Scope], Value]:
        name = self._next()
        if name[0] == ":":
            return lambda scope: scope.values[name]
        if name.lower() in _FUNCTIONS and self._peek() == "(":
            function = _FUNCTIONS[name.lower()]
            self._expect("(")
            operands = [self._read_operand()]
            while self._take(","):
                operands.append(self._read_operand())
            self._expect(")")
            return lambda scope: function(*(operand(scope) for operand in operands))
        if not (name[0] == "#" or name[0].isalpha()):
            raise ExpressionError(f"no operand: {name}")
        return lambda scope: scope.item.get(_resolve(name, scope))

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise ExpressionError("the expression ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, token: str) -> bool:
        if self._peek().upper() == token:
            self._at += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise ExpressionError(f"{token} is missing before {self._peek()}")


def _resolve(name: str, scope: Scope) -> str:
    if "." in name:
        raise ExpressionError("paths into documents are not modelled")
    return scope.names[name] if name[0] == "#" else name


def _order(value: Mapping[str, Any]) -> tuple[str, Any]:
    ((kind, found),) = value.items()
    return kind, Decimal(found) if kind == "N" else found


def _compare(sign: str, left: Value, right: Value) -> bool:
    if left is None or right is None:
        return False  # what is not there is neither equal nor different
    (one, first), (other, second) = _order(left), _order(right)
    if sign == "=":
        return one == other and bool(first == second)
    if sign == "<>":
        return one != other or bool(first != second)
    if one != other or one not in ("S", "N", "B"):
        return False
    return bool(
        {"<": first < second, "<=": first <= second, ">": first > second, ">=": first >= second}[sign]
    )


def _sum(left: Value, right: Value, sign: str) -> Value:
    if left is None or right is None:
        raise ExpressionError("a sum with what is not there")
    one, other = Decimal(left["N"]), Decimal(right["N"])
    return {"N": str(one + other if sign == "+" else one - other)}


def _add(known: Value, value: Value) -> Value:
    ((kind, found),) = value.items()
    if kind == "N":
        return {"N": str(Decimal((known or {"N": "0"})["N"]) + Decimal(found))}
    if kind in ("SS", "NS"):
        return {kind: sorted({*(known or {kind: ()})[kind], *found})}
    raise ExpressionError("only numbers and sets can be added to")


def _begins_with(value: Value, start: Value) -> bool:
    return value is not None and "S" in value and str(value["S"]).startswith(start["S"])


def _contains(value: Value, part: Value) -> bool:
    if value is None:
        return False
    ((kind, found),) = value.items()
    wanted = next(iter(part.values()))
    return bool(wanted in found) if kind in ("S", "SS", "NS") else part in found


_TESTS: Final[dict[str, Callable[..., bool]]] = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "begins_with": _begins_with,
    "contains": _contains,
    "attribute_type": lambda value, kind: value is not None and kind["S"] in value,
}
_FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "if_not_exists": lambda known, value: value if known is None else known,
    "list_append": lambda first, second: {"L": [*first["L"], *second["L"]]},
    "size": lambda value: None if value is None else {"N": str(len(next(iter(value.values()))))},
}
