"""The state of StackSets: definitions and their validation, instances, and operations."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.resource import now
from localcloud.cloudformation.stack import Stack
from localcloud.cloudformation.template import merge_parameters, parse
from localcloud.cloudformation.validation import check_template, require_capabilities, require_size


@dataclass(slots=True, kw_only=True, eq=False)
class StackInstance:
    """One account and Region of a set. `unit` is the targeted root or OU that the account is below."""

    account: str
    region: str
    unit: str
    status: str = "OUTDATED"
    detail: str = "PENDING"
    reason: str | None = None
    stack: Stack | None = None
    overrides: list[dict[str, Any]] = field(default_factory=list)
    operation: str = ""

    def settle(self, status: str, detail: str, reason: str | None = None) -> None:
        """Store the result of an operation."""
        self.status, self.detail, self.reason = status, detail, reason


@dataclass(slots=True, kw_only=True, eq=False)
class InstanceResult:
    """What an operation did to one instance."""

    instance: StackInstance
    status: str = "PENDING"
    reason: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class StackSetOperation:
    """One CREATE, UPDATE or DELETE over instances of a set. Preferences and targets are as requested."""

    action: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "QUEUED"
    preferences: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[str, Any] = field(default_factory=dict)
    retain: bool = False
    results: list[InstanceResult] = field(default_factory=list)
    created_at: dt.datetime = field(default_factory=now)
    ended_at: dt.datetime | None = None

    @property
    def failures(self) -> int:
        """How many instances failed."""
        return sum(result.status == "FAILED" for result in self.results)

    def count_tolerated(self, accounts: int) -> int:
        """How many of `accounts` may fail in one Region before the operation stops there."""
        share = int(self.preferences.get("FailureTolerancePercentage", 0))
        return int(self.preferences.get("FailureToleranceCount", accounts * share // 100))


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSetDefinition:
    """The parameters of CreateStackSet and UpdateStackSet."""

    body: str
    parameters: list[dict[str, Any]]
    tags: tuple[tuple[str, str], ...]
    capabilities: list[str]
    description: str
    auto_deployment: Mapping[str, Any]
    managed_execution: bool

    @property
    def deploys_itself(self) -> bool:
        """Whether automatic deployment is on: accounts that come or go gain or lose their instance."""
        return bool(self.auto_deployment.get("Enabled"))


@dataclass(slots=True, kw_only=True, eq=False)
class StackSet:
    """One service-managed set. It belongs to the management account, whatever account created it.

    `targets` are the roots and OUs that it was deployed to, each with its Regions.
    """

    name: str
    id: str
    arn: str
    region: str
    definition: StackSetDefinition
    status: str = "ACTIVE"
    instances: dict[tuple[str, str], StackInstance] = field(default_factory=dict)
    targets: dict[str, set[str]] = field(default_factory=dict)
    operations: list[StackSetOperation] = field(default_factory=list)


MEMBERS = (
    "AutoDeployment",
    "Capabilities",
    "Description",
    "ManagedExecution",
    "Parameters",
    "Tags",
)
NOTHING = StackSetDefinition(
    body="",
    parameters=[],
    tags=(),
    capabilities=[],
    description="",
    auto_deployment={},
    managed_execution=False,
)


def redefine(old: StackSetDefinition, body: str | None, given: Mapping[str, Any]) -> StackSetDefinition:
    """The definition with the values of a request; None keeps the old value.

    Raises TemplateError or RequestError if CloudFormation would refuse it.
    """
    known = {p["ParameterKey"]: p for p in old.parameters}
    parameters = old.parameters if given["Parameters"] is None else given["Parameters"]
    wanted: dict[str, Any] = {
        "body": body,
        "parameters": [
            known.get(p["ParameterKey"], p) if p.get("UsePreviousValue") else p for p in parameters
        ],
        "tags": _convert_tags(given["Tags"]),
        "capabilities": given["Capabilities"],
        "description": given["Description"],
        "auto_deployment": given["AutoDeployment"],
        "managed_execution": (given["ManagedExecution"] or {}).get("Active"),
    }
    new = replace(old, **{name: value for name, value in wanted.items() if value is not None})
    _check(new)
    return new


def _convert_tags(tags: list[dict[str, str]] | None) -> tuple[tuple[str, str], ...] | None:
    return None if tags is None else tuple((tag["Key"], tag["Value"]) for tag in tags)


def _check(definition: StackSetDefinition) -> None:
    """Raise what CloudFormation answers to a definition that is invalid for every account."""
    if not definition.auto_deployment:
        raise TemplateError("AutoDeployment must be specified for a SERVICE_MANAGED stack set")
    require_size(definition.body)
    template = parse(definition.body)
    check_template(template)
    merge_parameters(template, definition.parameters, {})
    require_capabilities(template, definition.capabilities)
