"""botocore's service models: the one description of requests and answers that AWS itself publishes."""

from functools import cache

from botocore.loaders import create_loader
from botocore.model import ServiceModel, StructureShape


@cache
def service_model(service: str) -> ServiceModel:
    """The ServiceModel of "account" or "organizations" from botocore; slow to read, so kept."""
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


@cache
def input_shape(service: str, operation: str) -> StructureShape | None:
    """The shape of an operation's parameters; None when it takes none."""
    return service_model(service).operation_model(operation).input_shape
