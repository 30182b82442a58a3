"""A client with boto3's interface that calls the simulation directly."""

from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from botocore.errorfactory import ClientExceptionsFactory
from botocore.exceptions import ParamValidationError
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import create_loader
from botocore.paginate import Paginator, PaginatorModel
from botocore.validate import ParamValidator

from simulation.errors import ApiError
from simulation.models import find_input_shape, load_service_model
from simulation.response import Response


@cache
def _list_operations(service: str) -> dict[str, str]:
    return {xform_name(name): name for name in load_service_model(service).operation_names}


@cache
def _read_pages(service: str) -> PaginatorModel:
    return PaginatorModel(create_loader().load_service_model(service, "paginators-1"))


@cache
def _make_exceptions(service: str) -> Any:
    return ClientExceptionsFactory().create_client_exceptions(load_service_model(service))


class SimulatedClient:
    """Snake-case methods with keyword parameters, `exceptions` and `get_paginator`, as on a boto3 client.

    Parameters are validated against botocore's model (ParamValidationError); refusals raise the modelled
    ClientError. Unlike boto3 it never retries: a 429 reaches the caller at once.
    """

    def __init__(self, service: str, send: Callable[[str, Mapping[str, Any], str], Response]) -> None:
        """`send` is given the operation, its parameters and what handlers added to the user agent."""
        self._model = load_service_model(service)
        self._send = send
        self.meta = SimpleNamespace(events=HierarchicalEmitter())
        self.exceptions = _make_exceptions(service)

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = _list_operations(self._model.service_name).get(name)
        if operation is None:
            raise AttributeError(f"{self._model.service_name} has no operation {name}")

        def method(**params: Any) -> dict[str, Any]:
            return self._call(operation, params)

        return method

    def get_paginator(self, name: str) -> "Paginator[Any]":
        """The paginator of botocore over the method `name`; raises ValueError when it does not page."""
        service = self._model.service_name
        operation = _list_operations(service)[name]
        model = self._model.operation_model(operation)
        return Paginator(getattr(self, name), _read_pages(service).get_paginator(operation), model)

    def _call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        shape = find_input_shape(self._model.service_name, operation)
        report = ParamValidator().validate(params, shape) if shape else None
        if report and report.has_errors():
            raise ParamValidationError(report=report.generate_report())
        try:
            answer = self._send(operation, params, self._read_user_agent(operation))
        except ApiError as error:
            response: dict[str, Any] = {
                "Error": {"Code": error.code, "Message": error.message},
                "ResponseMetadata": _build_metadata(error.status, error.request_id),
            }
            if error.reason:
                response["Reason"] = error.reason
            raise self.exceptions.from_code(error.code)(response, operation) from error
        return {**answer.body, "ResponseMetadata": _build_metadata(200, answer.request_id)}

    def _read_user_agent(self, operation: str) -> str:
        request = SimpleNamespace(headers={"User-Agent": ""})
        self.meta.events.emit(f"before-send.{self._model.service_name}.{operation}", request=request)
        return str(request.headers["User-Agent"])


def _build_metadata(status: int, request_id: str) -> dict[str, Any]:
    return {"RequestId": request_id, "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}
