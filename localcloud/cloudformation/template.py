"""Template documents: reading them, resolving their parameters, ordering their resources."""

import graphlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.intrinsics import find_references
from localcloud.cloudformation.validation import check_parameter


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: 2012-10-17 is a string, not a date, and !Ref a function."""

    def construct_function(self, name: str, node: yaml.Node) -> dict[str, Any]:
        """The long form of a function that is written as a tag."""
        value: Any
        if isinstance(node, yaml.ScalarNode):
            value = self.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = self.construct_sequence(node, deep=True)
        else:
            value = self.construct_mapping(node, deep=True)  # type: ignore[arg-type]
        if name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _Loader.construct_function)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """All that a stack is deployed from: a template, its parameters (as given, and resolved) and tags."""

    body: str
    template: Mapping[str, Any]
    given: Mapping[str, Any]
    parameters: Mapping[str, Any]
    tags: tuple[tuple[str, str], ...] = ()

    def is_same_as(self, other: "Revision | None") -> bool:
        """Whether an update from the other to this one would change nothing."""
        mine = (self.template, self.parameters, self.tags)
        return other is not None and mine == (other.template, other.parameters, other.tags)


def parse(body: str) -> dict[str, Any]:
    """The template in a JSON or YAML text. Raises TemplateError."""
    try:
        document = json.loads(body) if body.lstrip().startswith("{") else yaml.load(body, _Loader)  # noqa: S506 -- a SafeLoader
    except (ValueError, yaml.YAMLError) as error:
        raise TemplateError(f"Template format error: {error}") from error
    if not isinstance(document, dict) or not document.get("Resources"):
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    return document


def merge_parameters(
    template: Mapping[str, Any], given: list[dict[str, Any]], previous: Mapping[str, Any]
) -> dict[str, Any]:
    """Parameter values: given now, previous if asked for, or the default. Raises TemplateError."""
    declared = template.get("Parameters", {})
    values: dict[str, Any] = {name: spec["Default"] for name, spec in declared.items() if "Default" in spec}
    for parameter in given:
        name = parameter["ParameterKey"]
        if name not in declared:
            raise TemplateError(f"Parameters: [{name}] do not exist in the template")
        if not parameter.get("UsePreviousValue"):
            values[name] = parameter["ParameterValue"]
        elif name in previous:
            values[name] = previous[name]
    if missing := sorted(set(declared) - set(values)):
        raise TemplateError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, value in values.items():
        check_parameter(name, declared[name], value)
    return values


def resolve_parameters(
    template: Mapping[str, Any], given: Mapping[str, Any], ssm_value: Callable[[str], str]
) -> dict[str, Any]:
    """The values that Ref gives: SSM parameters are looked up, lists are split."""
    values = dict(given)
    for name, value in given.items():
        kind = template["Parameters"][name]["Type"]
        if kind.startswith("AWS::SSM::Parameter::Value<"):
            values[name] = ssm_value(str(value))
        elif kind == "CommaDelimitedList":
            values[name] = str(value).split(",")
    return values


def order_resources(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Logical ids, each after those it depends on. Raises TemplateError for circular dependencies."""
    graph: dict[str, list[str]] = {}
    for name, definition in resources.items():
        explicit = definition.get("DependsOn", [])
        named = [explicit] if isinstance(explicit, str) else explicit
        needed = [*named, *find_references(definition.get("Properties", {}))]
        graph[name] = [other for other in needed if other in resources]
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as circle:
        names = ", ".join(sorted(set(circle.args[1])))
        raise TemplateError(f"Circular dependency between resources: [{names}]") from circle
