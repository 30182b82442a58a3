"""Errors as botocore raises them."""

from __future__ import annotations

import re
from typing import Any, Final

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

#: What each service answers when it is too busy, when it is broken, and when it denies.
THROTTLED: Final = {
    "account": ("TooManyRequestsException", 429),
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "events": ("ThrottlingException", 400),
    "organizations": ("TooManyRequestsException", 400),
    "s3": ("SlowDown", 503),
    "sns": ("Throttled", 429),
    "sqs": ("ThrottlingException", 400),
    "stepfunctions": ("ThrottlingException", 400),
    "sts": ("ThrottlingException", 400),
}
BROKEN: Final = {
    "account": ("InternalServerException", 500),
    "dynamodb": ("InternalServerError", 500),
    "events": ("InternalException", 500),
    "organizations": ("ServiceException", 500),
    "s3": ("InternalError", 500),
    "sns": ("InternalError", 500),
    "sqs": ("InternalFailure", 500),
    "stepfunctions": ("InternalFailure", 500),
    "sts": ("InternalFailure", 500),
}
DENIED: Final = {"account": "AccessDeniedException", "s3": "AccessDenied", "sqs": "AccessDenied"}


def make_error(
    operation: str, code: str, text: str, status: int = 400, *, request_id: str = "", **parts: Any
) -> ClientError:
    """A refusal; `parts` stand beside the error, as CancellationReasons do."""
    response: Any = {
        "Error": {"Code": code, "Message": text},
        "ResponseMetadata": {"RequestId": request_id, "HTTPStatusCode": status, "RetryAttempts": 0},
        **parts,
    }
    return ClientError(response, operation)


def make_throttling(service: str, operation: str, request_id: str) -> ClientError:
    """Too many calls."""
    code, status = THROTTLED[service]
    return make_error(operation, code, "Rate exceeded", status, request_id=request_id)


def make_breakdown(service: str, operation: str, request_id: str) -> ClientError:
    """The service is broken."""
    code, status = BROKEN[service]
    return make_error(operation, code, "Internal error", status, request_id=request_id)


def make_denial(service: str, operation: str, request_id: str, why: str = "") -> ClientError:
    """The caller may not, or nobody may for now; the text says no more than AWS's does."""
    code = DENIED.get(service, "AccessDeniedException")
    text = f"User is not authorized to perform: {service}:{operation}{why}"
    return make_error(operation, code, text, 403, request_id=request_id)


def make_silence(service: str, *, connected: bool) -> Exception:
    """No answer, or not even a connection."""
    url = f"https://{service}.us-east-1.amazonaws.com/"
    return ReadTimeoutError(endpoint_url=url) if connected else ConnectTimeoutError(endpoint_url=url)


def is_retried(error: Exception) -> bool:
    """Whether botocore's standard mode tries again after this."""
    if not isinstance(error, ClientError):
        return isinstance(error, ReadTimeoutError | ConnectTimeoutError)
    answer = error.response
    code = answer.get("Error", {}).get("Code", "")
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code in _RETRIED or status in _RETRIED_STATUS


_RETRIED: Final = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)
_RETRIED_STATUS: Final = frozenset({500, 502, 503, 504})
_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")


def find_code(error: Exception) -> str:
    """AWS's name of an error, else that of its class."""
    response = getattr(error, "response", None)
    return str(response["Error"]["Code"]) if response else type(error).__name__
