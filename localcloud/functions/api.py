"""Lambda's Invoke operation, and the limits of an account.

Source: Lambda API reference, Invoke and GetAccountSettings; quotas from the developer guide, "Lambda quotas".
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING
from urllib.parse import unquote

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from werkzeug import Response

from localcloud.cloud.gateway import build_response, identify_caller, parse_credential_scope
from localcloud.functions.service import RESPONSE_BYTES, ThrottledError

if TYPE_CHECKING:
    from werkzeug import Request

    from localcloud.functions.service import Functions

_REQUEST_BYTES = RESPONSE_BYTES  # a request may be as large as a response
_ASYNCHRONOUS_BYTES = 1_048_576
# What most accounts have.
_LIMITS = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}


class InvokeApi:
    """Answers POST /2015-03-31/functions/<name>/invocations and GET /2016-08-19/account-settings.

    moto answers the rest of the service.
    """

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def handle(self, request: Request) -> Response | None:
        """The function's answer or an error, or None for a request that moto shall answer."""
        path = unquote(request.path).strip("/").split("/")
        if path[-1] == "account-settings":
            return build_response({"AccountLimit": _LIMITS})
        if request.method != "POST" or path[-1] != "invocations":
            return None
        caller, region = identify_caller(request), parse_credential_scope(request)[1]
        try:
            function = lambda_backends[caller.account_id][region].get_function(path[-2])
        except UnknownFunctionException:
            return None  # moto has the right words for that
        arn, kind = function.function_arn, request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        event = request.get_data() or b"{}"
        return _check_request(event, kind) or self._invoke(arn, event, kind)

    def _invoke(self, arn: str, event: bytes, kind: str) -> Response:
        if kind == "DryRun":
            return Response(status=204)
        if kind == "Event":
            threading.Thread(target=self._functions.invoke, args=(arn, event), daemon=True).start()
            return build_response(None, status=202)
        try:
            outcome = self._functions.invoke(arn, event)
        except ThrottledError as error:
            return _build_error("TooManyRequestsException", error.message, 429)
        headers = {"X-Amz-Executed-Version": "$LATEST"} | (
            {"X-Amz-Function-Error": "Unhandled"} if outcome.failed else {}
        )
        return Response(outcome.payload, headers=headers, content_type="application/json")


def _check_request(event: bytes, kind: str) -> Response | None:
    limit = _ASYNCHRONOUS_BYTES if kind == "Event" else _REQUEST_BYTES
    if len(event) > limit:
        message = f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        return _build_error("RequestTooLargeException", message, 413)
    try:
        json.loads(event)
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        return _build_error("InvalidRequestContentException", message, 400)
    return None


def _build_error(code: str, message: str, status: int) -> Response:
    return build_response(
        {"Type": "User", "Message": message}, status=status, headers={"x-amzn-ErrorType": code}
    )
