"""Botocore's errors, sorted once: what may pass by itself and what will not."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

#: Everything that a call may raise on its way to AWS and back.
AWS_ERRORS = (ClientError, BotoCoreError)

_THROTTLED = frozenset(
    {
        "TooManyRequestsException",
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
    }
)
_TRANSIENT = _THROTTLED | frozenset(
    {
        "InternalServerException",
        "InternalServerError",
        "InternalFailure",
        "InternalError",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "RequestTimeout",
        "ExpiredToken",
        "ExpiredTokenException",
    }
)
_TOO_MANY = 429
_SERVER_ERROR = 500


def code_of(error: Exception) -> str:
    """The error code, or the exception's type if AWS never answered."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or "UnknownError")
    return type(error).__name__


def message_of(error: ClientError) -> str:
    """AWS's text. It may hold contact details: read it, never pass it on."""
    return str(error.response.get("Error", {}).get("Message") or "")


def request_id_of(error: Exception) -> str | None:
    """Request id of the call, None if AWS never answered."""
    if not isinstance(error, ClientError):
        return None
    return error.response.get("ResponseMetadata", {}).get("RequestId") or None


def throttled(error: Exception) -> bool:
    """Whether AWS refused the call because there were too many."""
    if not isinstance(error, ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return code_of(error) in _THROTTLED or status == _TOO_MANY


def transient(error: Exception) -> bool:
    """Whether the same call may succeed later. An unknown 4xx is taken as final, as seen live."""
    if not isinstance(error, ClientError):
        return not isinstance(error, ParamValidationError)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0
    return throttled(error) or code_of(error) in _TRANSIENT or status >= _SERVER_ERROR
