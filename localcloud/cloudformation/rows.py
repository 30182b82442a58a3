"""Resource types: how each is created, updated and deleted, and the context that its functions get."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from localcloud.cloud.clients import AccountClients
from localcloud.cloudformation.errors import ResourceError
from localcloud.cloudformation.resource import MadeResource

ABSENT = object()
"""Default of a property that is left out of the call once the template no longer sets it."""
REQUIRED = object()
"""Default of a property that cannot be removed from the template."""
_IGNORED_EVERYWHERE = frozenset({"Tags"})  # nothing here decides by a resource's tags


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceContext:
    """One resource, for the functions of its type. On creation `made` is None and `previous` is empty.

    A function that creates in several calls adds the physical id to `begun` after the first call. If a later
    one fails, the incomplete resource is deleted.
    """

    clients: AccountClients
    stack: str
    logical_id: str
    account: str
    region: str
    properties: Mapping[str, Any]
    made: MadeResource | None = None
    previous: Mapping[str, Any] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)

    def get_name(self, key: str | None = None, *, limit: int = 64, suffix: str = "") -> str:
        """The physical id; before creation the name in property `key`, or a generated one."""
        if self.made:
            return self.made.id
        if key and key in self.properties:
            return str(self.properties[key])
        tail = f"-{uuid.uuid4().hex[:12].upper()}{suffix}"
        return f"{self.stack}-{self.logical_id}"[: limit - len(tail)] + tail

    def build_arn(self, service: str, resource: str) -> str:
        """ARN of a regional resource of this stack's account."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def pick(self, *keys: str) -> dict[str, Any]:
        """The named properties that the template sets."""
        return {key: self.properties[key] for key in keys if key in self.properties}

    def has_changed(self, *keys: str) -> bool:
        """Whether one of the properties differs from what is deployed."""
        return any(self.properties.get(key) != self.previous.get(key) for key in keys)

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an API in the stack's account and Region, with parameters converted. Raises ResourceError."""
        client = self.clients.client(service, self.account, region=self.region)
        shape = client.meta.service_model.operation_model(
            client.meta.method_to_api_mapping[operation]
        ).input_shape
        try:
            answer: dict[str, Any] = getattr(client, operation)(**fit(shape, parameters))
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            raise ResourceError(f"{message} (Service: {service}, Error Code: {code})", code=code) from error
        except ParamValidationError as error:
            raise ResourceError(f"{service} {operation}: {error}") from error
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """How the local cloud creates, updates and deletes one resource type.

    `apply` creates the resource, or updates it when `Context.made` is set; `delete` may find it gone.
    A change of a `fixed` property replaces the resource, of a `mutable` one (name: default) updates it;
    `ignored` ones have no effect here. Any other property fails the resource.
    """

    apply: Callable[[ResourceContext], MadeResource]
    delete: Callable[[ResourceContext], Any]
    fixed: frozenset[str] = frozenset()
    mutable: Mapping[str, Any] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    def check(self, properties: Mapping[str, Any]) -> None:
        """Raise ResourceError for a property that this type does not model."""
        unknown = set(properties) - self.fixed - set(self.mutable) - self.ignored - _IGNORED_EVERYWHERE
        if unknown:
            raise ResourceError(f"Encountered unsupported properties: {', '.join(sorted(unknown))}")

    def select_relevant(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties whose change has an effect here."""
        return {k: v for k, v in properties.items() if k not in self.ignored | _IGNORED_EVERYWHERE}

    def add_defaults(self, properties: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
        """The properties, with the default of each that the template no longer sets. Raises ResourceError."""
        gone = {key: self.mutable[key] for key in self.select_relevant(previous) if key not in properties}
        if REQUIRED in gone.values():
            raise ResourceError(f"cannot remove {', '.join(k for k, v in gone.items() if v is REQUIRED)}")
        return {**{k: v for k, v in gone.items() if v is not ABSENT}, **properties}


def fit(shape: Shape, value: Any) -> Any:
    """Convert a template's value to the form that the API takes.

    Member names get the API's capitalisation, "true" and "5" their types, and a document where the API wants
    a string becomes JSON. What does not fit is left alone, for botocore to refuse.
    """
    match shape:
        case StructureShape() if isinstance(value, Mapping):
            names = {member.lower(): member for member in shape.members}
            fitted = {names.get(key.lower(), key): v for key, v in value.items()}
            return {k: fit(shape.members[k], v) if k in shape.members else v for k, v in fitted.items()}
        case ListShape() if isinstance(value, list):
            return [fit(shape.member, item) for item in value]
        case MapShape() if isinstance(value, Mapping):
            return {key: fit(shape.value, v) for key, v in value.items()}
    return _fit_scalar(shape.type_name, value)


def _fit_scalar(kind: str, value: Any) -> Any:
    if kind == "string" and not isinstance(value, str):
        return json.dumps(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind in ("integer", "long") and isinstance(value, str) and value.isdecimal():
        return int(value)
    return float(value) if kind in ("double", "float") and isinstance(value, str) else value
