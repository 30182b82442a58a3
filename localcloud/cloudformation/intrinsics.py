"""Intrinsic functions: a template's expressions, evaluated against parameters and resources made so far.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.errors import TemplateError

if TYPE_CHECKING:
    from localcloud.cloudformation.resource import Resource

NO_VALUE = object()
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")


def find_references(node: Any) -> Iterator[str]:
    """The names that an expression refers to: logical ids, parameters, pseudo parameters."""
    if isinstance(node, list):
        for item in node:
            yield from find_references(item)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value.split(".")[0] if isinstance(value, str) else value[0]
            elif key == "Fn::Sub":
                text, local = (value, {}) if isinstance(value, str) else value
                names = (m[2].strip() for m in _PLACEHOLDER.finditer(text) if not m[1])
                yield from (name.split(".")[0] for name in names if name not in local)
                yield from find_references(local)
            else:
                yield from find_references(value)


# The functions of only their resolved argument.
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "And": all,
    "Contains": lambda argument: argument[1] in argument[0],
    "Equals": lambda pair: str(pair[0]) == str(pair[1]),
    "Join": lambda argument: argument[0].join(str(item) for item in argument[1]),
    "Not": lambda argument: not argument[0],
    "Or": any,
    "Select": lambda argument: argument[1][int(argument[0])],
    "Split": lambda argument: argument[1].split(argument[0]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateScope:
    """What the expressions of one stack can refer to. `values` holds parameters and pseudo parameters."""

    template: Mapping[str, Any]
    values: Mapping[str, Any]
    resources: Mapping[str, Resource]

    def resolve(self, node: Any) -> Any:
        """The value of an expression; NO_VALUE members are left out. Raises TemplateError."""
        if isinstance(node, list):
            return [v for item in node if (v := self.resolve(item)) is not NO_VALUE]
        if not isinstance(node, Mapping):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if name == "Ref":
                return self._resolve_reference(argument)
            if name == "Condition" and isinstance(argument, str):
                return self.evaluate_condition(argument)
            if name.startswith("Fn::"):
                try:
                    return self._call(name.removeprefix("Fn::"), argument)
                except (LookupError, TypeError, ValueError) as error:
                    raise TemplateError(f"Template error: {name} of {argument}: {error!r}") from error
        return {key: v for key, value in node.items() if (v := self.resolve(value)) is not NO_VALUE}

    def evaluate_condition(self, condition: str | None) -> bool:
        """Whether a named condition of the template is true; True for None."""
        if condition is None:
            return True
        return bool(self.resolve(_get_entry(self.template.get("Conditions", {}), condition, "condition")))

    def find_broken_assertion(self) -> str | None:
        """The description of the first assertion of the template's rules that does not hold; None for none.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
        """
        for rule in self.template.get("Rules", {}).values():
            if self.resolve(rule.get("RuleCondition", True)):
                for assertion in rule["Assertions"]:
                    if not self.resolve(assertion["Assert"]):
                        return str(assertion.get("AssertDescription", "no description"))
        return None

    def _resolve_reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        return (
            self.values[name] if name in self.values else _get_entry(self.resources, name, "resource").made.id
        )

    def _get_attribute(self, name: str, attribute: str) -> Any:
        made = _get_entry(self.resources, name, "resource").made
        return _get_entry(made.attributes, attribute, f"attribute of {name}")

    def _call(self, name: str, argument: Any) -> Any:
        match name:
            case "If":  # the branch not taken may refer to what does not exist
                return self.resolve(argument[1] if self.evaluate_condition(argument[0]) else argument[2])
            case "GetAtt":
                return self._get_attribute(
                    *(argument.split(".", 1) if isinstance(argument, str) else argument)
                )
            case "Sub":
                return self._substitute(*((argument, {}) if isinstance(argument, str) else argument))
            case "FindInMap":
                first, second, third = self.resolve(argument)
                return self.template["Mappings"][first][second][third]
        if name not in _FUNCTIONS:
            raise TemplateError(f"Template error: the local cloud does not model Fn::{name}")
        return _FUNCTIONS[name](self.resolve(argument))

    def _substitute(self, text: str, local: Mapping[str, Any]) -> str:
        local = self.resolve(local)

        def value(match: re.Match[str]) -> str:
            name = match[2].strip()
            if match[1]:
                return f"${{{name}}}"
            if name in local:
                return str(local[name])
            return str(
                self._get_attribute(*name.split(".", 1)) if "." in name else self._resolve_reference(name)
            )

        return _PLACEHOLDER.sub(value, text)


def _get_entry(mapping: Mapping[str, Any], key: str, kind: str) -> Any:
    try:
        return mapping[key]
    except KeyError:
        raise TemplateError(f"Template error: unresolved {kind} '{key}'") from None
