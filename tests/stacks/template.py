"""Reading a synthesized template."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One stack's template."""

    path: Path
    body: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls(path=path, body=json.loads(path.read_text(encoding="utf-8")))

    @property
    def resources(self) -> dict[str, Resource]:
        return self.body["Resources"]

    def of_type(self, name: str) -> dict[str, Resource]:
        """Properties by logical id of every resource of this type."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.resources.items()
            if resource["Type"] == name
        }

    def one(self, type_: str, prefix: str) -> tuple[str, Resource]:
        """Logical id and properties of the one resource whose logical id starts with `prefix`."""
        found = [item for item in self.of_type(type_).items() if item[0].startswith(prefix)]
        assert len(found) == 1, f"{type_} {prefix}: {[logical_id for logical_id, _ in found]}"
        return found[0]

    def statements(self, role: str) -> list[Resource]:
        """Everything that policies allow to this role (logical id)."""
        return [
            statement
            for policy in self.of_type("AWS::IAM::Policy").values()
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]


def as_list(value: Any) -> list[Any]:
    """IAM writes a list of one without brackets."""
    return value if isinstance(value, list) else [value]


def arn(value: Any) -> str:
    """An ARN as text: `{GetAtt}` and `{Ref}` in braces, joins joined."""
    match value:
        case str():
            return value
        case {"Fn::GetAtt": [logical_id, attribute]}:
            return f"{{{logical_id}.{attribute}}}"
        case {"Ref": name}:
            return f"{{{name}}}"
        case {"Fn::Join": [separator, parts]}:
            return separator.join(arn(part) for part in parts)
        case {"Fn::FindInMap": [mapping, key, field]}:
            return f"{{{mapping}.{arn(key)}.{field}}}"
    raise AssertionError(f"no ARN: {value!r}")
