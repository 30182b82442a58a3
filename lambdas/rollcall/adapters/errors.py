"""AWS errors, sorted once: what may pass by itself, and the causes of AccessDenied with their fixes."""

from __future__ import annotations

from enum import StrEnum

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from rollcall.model.errors import FAILED_INSIDE, THROTTLED

#: Everything that a call may raise on its way to AWS and back.
AWS_ERRORS = (ClientError, BotoCoreError)

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
_TRANSIENT = FAILED_INSIDE | _EXPIRED | {"ServiceException", "SlowDown", "RequestTimeout"}
_TOO_MANY = 429
_SERVER_ERROR = 500


def get_code(error: Exception) -> str:
    """The error code, or the exception's type if AWS never answered."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or "UnknownError")
    return type(error).__name__


def get_message(error: ClientError) -> str:
    """AWS's text. It may hold contact details: read it, never pass it on."""
    return str(error.response.get("Error", {}).get("Message") or "")


def get_request_id(error: Exception) -> str | None:
    """Request id of the call, None if AWS never answered."""
    if not isinstance(error, ClientError):
        return None
    return error.response.get("ResponseMetadata", {}).get("RequestId") or None


def is_throttled(error: Exception) -> bool:
    """Whether AWS refused the call because there were too many."""
    if not isinstance(error, ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return get_code(error) in THROTTLED or status == _TOO_MANY


def is_transient(error: Exception) -> bool:
    """Whether the same call may succeed later. An unknown 4xx is taken as final, as seen live."""
    if not isinstance(error, ClientError):
        return not isinstance(error, ParamValidationError)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0
    return is_throttled(error) or get_code(error) in _TRANSIENT or status >= _SERVER_ERROR


def is_never_sent(error: Exception) -> bool:
    """Whether there was no connection, or nothing to sign the call with."""
    return isinstance(error, ConnectTimeoutError | EndpointConnectionError | NoCredentialsError)


def is_refused_for_now(error: Exception) -> bool:
    """Whether AWS answered that it did nothing, and may do the same call later."""
    return is_throttled(error) or get_code(error) in _EXPIRED


class Denial(StrEnum):
    """Why the Account API denied a call."""

    TRUSTED_ACCESS = "trusted-access"
    MANAGEMENT_ACCOUNT = "management-account"
    SERVICE_CONTROL_POLICY = "service-control-policy"
    POLICY = "policy"
    CONTACT_TYPE = "contact-type"
    NOT_DELEGATED = "not-delegated"


#: Causes by a part of their text: the first that occurs counts.
_TEXTS = {
    "must first enable trusted access": Denial.TRUSTED_ACCESS,
    "can only be managed using the standalone context": Denial.MANAGEMENT_ACCOUNT,
    "explicit deny in a service control policy": Denial.SERVICE_CONTROL_POLICY,
    "no service control policy allows": Denial.SERVICE_CONTROL_POLICY,
    "policy allows the account:": Denial.POLICY,
    "explicit deny": Denial.POLICY,
    "invalid Alternate Contact type": Denial.CONTACT_TYPE,
}

FIXES = {
    Denial.TRUSTED_ACCESS: "trusted access is off: in the management account run `aws organizations "
    "enable-aws-service-access --service-principal account.amazonaws.com`",
    Denial.MANAGEMENT_ACCOUNT: "the management account's own contacts can only be reached from inside it: "
    "deploy RollcallManagement there",
    Denial.SERVICE_CONTROL_POLICY: "a service control policy denies the hub account this call: "
    "exempt the role rollcall-reconcile in it",
    Denial.POLICY: "the role's policy does not allow this call on this account: deploy RollcallHub and "
    "RollcallManagement again, from the same roster and with the right ids",
    Denial.CONTACT_TYPE: "AWS does not know this kind of contact: upgrade Rollcall",
    Denial.NOT_DELEGATED: "the hub is not the delegated administrator of account.amazonaws.com, or the "
    "account is not in the organization: in the management account run `aws organizations "
    "register-delegated-administrator --service-principal account.amazonaws.com --account-id HUB`",
}


def find_denial(message: str) -> Denial:
    """The cause behind the text of an AccessDeniedException.

    A text that names nothing is what a caller without any right over the account gets.
    """
    return next((denial for text, denial in _TEXTS.items() if text in message), Denial.NOT_DELEGATED)
