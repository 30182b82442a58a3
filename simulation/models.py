"""botocore's service models: the one description of requests and answers that AWS itself publishes."""

from functools import cache
from typing import Any

from botocore.loaders import create_loader
from botocore.model import ServiceModel


@cache
def service_model(service: str) -> ServiceModel:
    """The ServiceModel of "account" or "organizations" from botocore; slow to read, so kept."""
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


@cache
def input_members(service: str, operation: str) -> tuple[dict[str, Any], frozenset[str]]:
    """The shapes of an operation's parameters by name, and the names of the required ones."""
    shape = service_model(service).operation_model(operation).input_shape
    return (dict(shape.members), frozenset(shape.required_members)) if shape else ({}, frozenset())
