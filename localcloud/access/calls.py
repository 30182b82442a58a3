"""Reads which operation a request asks for, and its parameters, by botocore's models of the services."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import UnknownServiceError
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request as MotoRequest
from moto.core.request import determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from localcloud.cloud.gateway import parse_credential_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Request

# Where botocore, or IAM, calls a service otherwise than its signature does.
_MODELS: Final = {
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
    "email": "sesv2",
}
_PREFIXES: Final = {"monitoring": "cloudwatch", "tagging": "tag", "email": "ses"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCall:
    """One request in the words of the service's API. `prefix` is the service in names of actions."""

    prefix: str
    operation: str
    region: str
    protocol: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    #: Whether the parameters could be read.
    readable: bool = True


def read_call(request: Request, body: bytes) -> ServiceCall:
    """The call that a signed request makes.

    The operation is the name on the wire, or empty, if the service's model does not have it.
    """
    _, region, signed_for = parse_credential_scope(request)
    prefix = _PREFIXES.get(signed_for, signed_for)
    copy = MotoRequest({**request.environ, "wsgi.input": io.BytesIO(body)})
    protocol = ""
    try:
        model = get_service_model(_MODELS.get(signed_for, signed_for))
        protocol = determine_request_protocol(model, copy.content_type)
        operation, uri_parameters = get_service_router(model.service_name).match(copy)
    except (NotFound, NotImplementedError, UnknownServiceError):
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2] or copy.values.get("Action", "")
        return ServiceCall(prefix=prefix, operation=name, region=region, protocol=protocol)
    # Texts as they are on the wire: no condition is about bytes or moments of a request.
    parser = PROTOCOL_PARSERS[protocol](operation, timestamp_parser=str, blob_parser=lambda value: value)
    readable = True
    try:
        parameters = parser.parse(
            {
                "method": copy.method,
                "values": copy.values,
                "headers": copy.headers,
                "body": body,
                "url_path": copy.path,
                "url_params": uri_parameters,
            }
        )
    except (RequestParserError, ValueError, TypeError, AttributeError):
        parameters, readable = uri_parameters, False
    return ServiceCall(
        prefix=prefix,
        operation=operation.name,
        region=region,
        protocol=protocol,
        parameters=parameters,
        readable=readable,
    )
