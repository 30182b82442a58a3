"""What a request to create or update a stack set makes of it, and what CloudFormation refuses at once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from localcloud.cloudformation.errors import RequestError, TemplateError
from localcloud.cloudformation.stack_sets.model import Definition
from localcloud.cloudformation.template import given_values, parse

MEMBERS = (
    "AutoDeployment",
    "Capabilities",
    "Description",
    "ManagedExecution",
    "Parameters",
    "Tags",
)
NOTHING = Definition(
    body="",
    parameters=[],
    tags=(),
    capabilities=[],
    description="",
    auto_deployment={},
    managed_execution=False,
)
_MAXIMUM_BYTES = 51_200
# Properties of IAM types that give a name, which needs the stronger capability.
_NAMES = {"GroupName", "InstanceProfileName", "ManagedPolicyName", "RoleName", "UserName"}


def redefine(old: Definition, body: str | None, given: Mapping[str, Any]) -> Definition:
    """The set as a request's `MEMBERS` want it; what is None stays. Raises TemplateError, RequestError."""
    known = {p["ParameterKey"]: p for p in old.parameters}
    parameters = old.parameters if given["Parameters"] is None else given["Parameters"]
    wanted: dict[str, Any] = {
        "body": body,
        "parameters": [
            known.get(p["ParameterKey"], p) if p.get("UsePreviousValue") else p for p in parameters
        ],
        "tags": _pairs(given["Tags"]),
        "capabilities": given["Capabilities"],
        "description": given["Description"],
        "auto_deployment": given["AutoDeployment"],
        "managed_execution": (given["ManagedExecution"] or {}).get("Active"),
    }
    new = replace(old, **{name: value for name, value in wanted.items() if value is not None})
    _check(new)
    return new


def _pairs(tags: list[dict[str, str]] | None) -> tuple[tuple[str, str], ...] | None:
    return None if tags is None else tuple((tag["Key"], tag["Value"]) for tag in tags)


def _check(definition: Definition) -> None:
    """What CloudFormation refuses before it looks at an account."""
    if not definition.auto_deployment:
        raise TemplateError("AutoDeployment must be specified for a SERVICE_MANAGED stack set")
    if len(definition.body.encode()) > _MAXIMUM_BYTES:
        raise TemplateError(f"templateBody: Member must have length less than or equal to {_MAXIMUM_BYTES}")
    template = parse(definition.body)
    given_values(template, definition.parameters, {})
    identity = [r for r in template["Resources"].values() if r["Type"].startswith("AWS::IAM::")]
    named = any(_NAMES & r.get("Properties", {}).keys() for r in identity)
    enough = {"CAPABILITY_NAMED_IAM"} if named else {"CAPABILITY_NAMED_IAM", "CAPABILITY_IAM"}
    if identity and not enough & set(definition.capabilities):
        needed = "CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"
        raise RequestError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")
