"""What CloudFormation refuses of a request before it makes anything.

Sources: CloudFormation user guide, "Understand CloudFormation quotas", "Parameters" and "Acknowledging IAM
resources in CloudFormation templates".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from localcloud.cloudformation.errors import RequestError, TemplateError
from localcloud.cloudformation.intrinsics import find_references

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

INLINE_BYTES: Final = 51_200
S3_BYTES: Final = 1_048_576
_MOST: Final = {"Resources": 500, "Parameters": 200, "Outputs": 200, "Mappings": 200}
_PSEUDO: Final = frozenset(
    f"AWS::{name}"
    for name in (
        *("AccountId", "NoValue", "NotificationARNs", "Partition", "Region", "StackId", "StackName"),
        "URLSuffix",
    )
)
# Properties of IAM types that give a name, which needs the stronger capability.
_NAMES: Final = frozenset({"GroupName", "InstanceProfileName", "ManagedPolicyName", "RoleName", "UserName"})
_NAMED, _PLAIN = "CAPABILITY_NAMED_IAM", "CAPABILITY_IAM"


def require_size(body: str, *, limit: int = INLINE_BYTES) -> None:
    """Raises TemplateError for a template of more bytes than `limit`."""
    if len(body.encode()) > limit:
        raise TemplateError(
            f"1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must "
            f"have length less than or equal to {limit}"
        )


def list_needed_capabilities(template: Mapping[str, Any]) -> list[str]:
    """The capability that the template needs, if any."""
    identity = [r for r in template["Resources"].values() if str(r.get("Type")).startswith("AWS::IAM::")]
    if any(_NAMES & (r.get("Properties") or {}).keys() for r in identity):
        return [_NAMED]
    return [_PLAIN] if identity else []


def require_capabilities(template: Mapping[str, Any], given: Collection[str]) -> None:
    """Raises RequestError for a template with IAM resources that nobody has acknowledged."""
    needed = list_needed_capabilities(template)
    if needed and not {*needed, _NAMED} & set(given):
        raise RequestError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed[0]}]")


def check_template(template: Mapping[str, Any]) -> None:
    """Raises TemplateError for too many members, or references to what is not in the template."""
    for section, most in _MOST.items():
        if len(template.get(section) or {}) > most:
            raise TemplateError(
                f"Template format error: Number of {section.lower()}, {len(template[section])}, "
                f"is greater than maximum allowed, {most}"
            )
    known = {*template["Resources"], *template.get("Parameters", {}), *_PSEUDO}
    for section in ("Resources", "Outputs"):
        missing = {*find_references(template.get(section, {}))} - known
        if section == "Resources":
            missing |= {*_list_dependencies(template)} - template["Resources"].keys()
        if missing:
            raise TemplateError(
                f"Template format error: Unresolved resource dependencies [{', '.join(sorted(missing))}] "
                f"in the {section} block of the template"
            )


def _list_dependencies(template: Mapping[str, Any]) -> Iterator[str]:
    for definition in template["Resources"].values():
        explicit = definition.get("DependsOn", [])
        yield from [explicit] if isinstance(explicit, str) else explicit


def check_parameter(name: str, spec: Mapping[str, Any], value: Any) -> None:
    """Raises TemplateError for a value that the declaration of its parameter does not allow."""
    text = str(value)
    problem = next((what for what in _list_problems(spec, text)), None)
    if problem is None:
        return
    if described := spec.get("ConstraintDescription"):
        raise TemplateError(f"Parameter {name} failed to satisfy constraint: {described}")
    raise TemplateError(f"Parameter '{name}' must {problem}")


def _list_problems(spec: Mapping[str, Any], text: str) -> Iterator[str]:
    values = text.split(",") if str(spec["Type"]) == "CommaDelimitedList" else [text]
    allowed, pattern = spec.get("AllowedValues"), spec.get("AllowedPattern")
    if allowed is not None and not {*values} <= {*map(str, allowed)}:
        yield "be one of AllowedValues"
    if pattern is not None and not all(re.fullmatch(pattern, one) for one in values):
        yield f"match pattern {pattern}"
    if len(text) < int(spec.get("MinLength", 0)):
        yield f"contain at least {spec['MinLength']} characters"
    if len(text) > int(spec.get("MaxLength", len(text))):
        yield f"contain at most {spec['MaxLength']} characters"
    if spec["Type"] == "Number":
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            yield "be a number"
        elif not float(spec.get("MinValue", text)) <= float(text) <= float(spec.get("MaxValue", text)):
            yield f"be a number from {spec.get('MinValue', '')} to {spec.get('MaxValue', '')}"
