"""The one point that all requests pass: a caller that may not make one gets the service's refusal."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from werkzeug import Response

from localcloud.access.actions import Need, list_needs
from localcloud.access.calls import read_call
from localcloud.access.decisions import explain_refusal
from localcloud.access.keys import build_context
from localcloud.access.principals import find_principal, is_revoked
from localcloud.cloud.clients import LOCAL_KEY
from localcloud.cloud.gateway import build_response, identify_caller, parse_credential_scope
from localcloud.limits.refusal import ServiceRefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Request

    from localcloud.access.calls import ServiceCall
    from localcloud.cloud.interface import Cloud
    from localcloud.limits.refusal import Check
    from simulation.caller import Caller
    from simulation.organization import SimulatedOrganization

_UNREADABLE = ServiceRefusalError("SerializationException", "The request's parameters have unexpected types.")
# Answered by the simulation, which knows their resources and records what it refuses.
_ELSEWHERE = frozenset({"account", "organizations"})
# What nobody signs: the state of moto, and the clock of schedules.
_FOR_EVERYBODY = ("/moto-api", "/schedules/")
_XML = ("query", "ec2", "rest-xml", "")
_CODES = {"sns": "AuthorizationError", "sqs": "AccessDenied"}


def install(cloud: Cloud, checks: Mapping[str, Check]) -> None:
    """Ask the policies, and then the checks, before any part or moto answers.

    `checks` are what else services refuse, by action. The local cloud's own key is exempt.
    """
    organization, own_key = cloud.simulation.organization, cloud.clients.key

    def guard(request: Request, body: bytes) -> Response | None:
        key, _, service = parse_credential_scope(request)
        if is_revoked(key, organization):
            return _refuse_key(request, read_call(request, body))
        # The person at this machine may be anybody: `make local-env ROLE=NAME` asks for no second factor.
        if service in _ELSEWHERE or key == own_key or (service == "sts" and key == LOCAL_KEY):
            return None
        if not service:
            return None if request.path.startswith(_FOR_EVERYBODY) else _build_unsigned_refusal()
        if service == "sts" and "X-Amz-Credential" in request.args:
            return None  # only GetCallerIdentity is answered so, and to everybody
        call = read_call(request, body)
        if not call.readable:
            return build_refusal(call, request.method, _UNREADABLE)
        return refuse(request, call, organization) or _check(request, call, checks)

    cloud.gateway.guard(guard)


def refuse(request: Request, call: ServiceCall, organization: SimulatedOrganization) -> Response | None:
    """The refusal of a call; None if its caller may make it."""
    caller = identify_caller(request)
    principal = find_principal(caller)
    context = build_context(principal, organization, region=call.region)
    try:
        for need in list_needs(call, caller.account_id):
            denied = explain_refusal(principal, need, context, organization)
            if denied:
                return build_refusal(call, request.method, _deny(call, denied))
    except NotImplementedError as error:  # a policy that nobody here can evaluate allows nothing
        return build_refusal(call, request.method, _deny(call, str(error)))
    return None


def _check(request: Request, call: ServiceCall, checks: Mapping[str, Check]) -> Response | None:
    check = checks.get(f"{call.prefix}:{call.operation}")
    try:
        if check:
            check(call, identify_caller(request).account_id)
    except ServiceRefusalError as error:
        return build_refusal(call, request.method, error)
    return None


def explain_caller_refusal(
    caller: Caller, action: str, resource: str, organization: SimulatedOrganization, *, region: str
) -> str | None:
    """Why a caller may not do what its request does besides; None if it may."""
    principal = find_principal(caller)
    context = build_context(principal, organization, region=region)
    return explain_refusal(principal, Need(action=action, resource=resource), context, organization)


def _refuse_key(request: Request, call: ServiceCall) -> Response:
    code = "InvalidClientTokenId" if call.protocol in _XML else "UnrecognizedClientException"
    code = "InvalidAccessKeyId" if call.prefix == "s3" else code
    text = "The security token included in the request is invalid."
    return build_refusal(call, request.method, ServiceRefusalError(code, text, 403))


def _deny(call: ServiceCall, message: str) -> ServiceRefusalError:
    named = call.protocol in _XML or call.prefix == "sqs"
    code = _CODES.get(call.prefix, "AccessDenied" if named else "AccessDeniedException")
    return ServiceRefusalError(code, message, 400 if call.protocol == "json" and not named else 403)


def build_refusal(call: ServiceCall, method: str, error: ServiceRefusalError) -> Response:
    """The refusal in the protocol of the service."""
    code, message = error.code, escape(error.message)
    if call.protocol == "rest-xml":
        text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return Response("" if method == "HEAD" else text, status=error.status, content_type="application/xml")
    if call.protocol in _XML:
        return Response(
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>",
            status=error.status,
            content_type="text/xml",
        )
    headers = {"x-amzn-ErrorType": code}
    if call.prefix == "sqs":
        headers = {"x-amzn-query-error": f"{code};Sender"}
    document = {"__type": code, "message": error.message, "Message": error.message}
    return build_response(document, status=error.status, headers=headers)


def _build_unsigned_refusal() -> Response:
    text = "<Error><Code>AccessDenied</Code><Message>Requests must be signed.</Message></Error>"
    return Response(text, status=403, content_type="application/xml")
