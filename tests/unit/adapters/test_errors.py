"""Botocore's errors, sorted."""

from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)

from rollcall.adapters.errors import AWS_ERRORS, get_code, get_message, is_transient
from tests.support.cases import check_each
from tests.support.samples import client_error

URL = "https://account.us-east-1.amazonaws.com"
PASSES = [
    client_error("TooManyRequestsException", 429),
    client_error("", 429),
    client_error("SomethingNew", 429),
    client_error("ThrottlingException", 400),
    client_error("Throttling", 400),
    client_error("RequestLimitExceeded", 503),
    client_error("InternalServerException", 500),
    client_error("ServiceUnavailable", 503),
    client_error("SomethingNew", 500),
    client_error("SomethingNew", 502),
    client_error("", 504),
    client_error("ExpiredTokenException", 403),
    EndpointConnectionError(endpoint_url=URL),
    ConnectTimeoutError(endpoint_url=URL),
    ReadTimeoutError(endpoint_url=URL),
    ConnectionClosedError(endpoint_url=URL),
    SSLError(endpoint_url=URL, error=OSError("reset")),
    NoCredentialsError(),
]
BARE: Any = {"Error": {}, "ResponseMetadata": {}}
STAYS = [
    client_error("AccessDeniedException", 403),
    client_error("ValidationException", 400),
    client_error("ResourceNotFoundException", 404),
    client_error("ConflictException", 409),
    client_error("UnknownError", 400),
    client_error("", 400),
    client_error("", 418),
    ParamValidationError(report="Invalid length for parameter Name"),
    ClientError({}, "GetAlternateContact"),
    ClientError(BARE, "GetAlternateContact"),
]


@check_each("error", PASSES)
def test_what_passes_by_itself_is_tried_again(error):
    assert is_transient(error)
    assert isinstance(error, AWS_ERRORS)


@check_each("error", STAYS)
def test_what_does_not_pass_is_final(error):
    assert not is_transient(error)
    assert isinstance(error, AWS_ERRORS)


def test_an_error_without_a_code_is_named_all_the_same():
    assert get_code(client_error("")) == "UnknownError"
    assert get_code(ClientError({}, "GetAlternateContact")) == "UnknownError"
    assert get_code(ConnectTimeoutError(endpoint_url=URL)) == "ConnectTimeoutError"


def test_a_text_that_is_missing_is_empty():
    assert get_message(client_error("AccessDeniedException", message="why")) == "why"
    assert get_message(ClientError({}, "GetAlternateContact")) == ""
