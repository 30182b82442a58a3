"""botocore's service models, which describe requests and responses."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.loaders import create_loader
from botocore.model import ServiceModel, StructureShape

Params = Mapping[str, Any]  # of one request, in API (PascalCase) spelling


@cache
def load_service_model(service: str) -> ServiceModel:
    """The ServiceModel of "account" or "organizations" from botocore; slow to read, so kept."""
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


@cache
def find_input_shape(service: str, operation: str) -> StructureShape | None:
    """The shape of an operation's parameters; None when it takes none."""
    return load_service_model(service).operation_model(operation).input_shape


@cache
def list_sensitive_members(service: str, operation: str) -> frozenset[str]:
    """Parameters of an operation that the model marks as sensitive, or that hold such members."""
    shape = find_input_shape(service, operation)
    members = shape.members.items() if shape else ()
    return frozenset(
        name
        for name, member in members
        if member.metadata.get("sensitive")
        or (
            isinstance(member, StructureShape)
            and any(inner.metadata.get("sensitive") for inner in member.members.values())
        )
    )
