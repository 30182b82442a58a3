"""Errors between a person and AWS, each with its fix."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    LoginError,
    NoAuthTokenError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    SSOError,
    TokenRetrievalError,
)

from rollcall.adapters.errors import get_code, get_message

#: Exit statuses that all commands share.
ERROR: Final = 1
INTERRUPTED: Final = 130
_NOT_LOGGED_IN: Final = (
    "log in (`aws sso login` or `aws login`), or select a profile of the hub or the management account "
    "with --profile"
)
_EXPIRED: Final = "log in again (`aws sso login` or `aws login`), then run the command again"
_EXPIRED_CODES: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN_KEY_CODES: Final = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "AuthFailure",
    }
)
DENIED_CODES: Final = frozenset({"AccessDenied", "AccessDeniedException"})
_ASSUME: Final = "AssumeRole"
_UNREACHABLE: Final = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
_EXPIRED_LOGIN: Final = (SSOError, LoginError, TokenRetrievalError, NoAuthTokenError)


class CommandError(Exception):
    """A command cannot continue, for this problem, with this fix. Neither has contact details.

    `status` is the exit status of the program.
    """

    def __init__(self, problem: str, *, fix: str, status: int = ERROR) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix
        self.status = status


class UnansweredError(CommandError):
    """AWS refused a call or was busy. A command that makes many calls can continue without this one.

    `message` is AWS's text of a refusal: evaluate it, never show it.
    """

    def __init__(self, problem: str, *, fix: str, message: str = "") -> None:
        super().__init__(problem, fix=fix)
        self.message = message


class CommandRefusedError(CommandError):
    """The hub refused the command of an operator."""


def report_unknown_account(account_id: str, organization: str) -> CommandError:
    """Return the error of a command about an account that the organization does not have."""
    return CommandError(
        f"account {account_id} is not in the organization {organization}",
        fix="check the ID; `aws organizations list-accounts` lists all accounts",
    )


def explain_credential_error(error: Exception) -> CommandError | None:
    """Return what is wrong with the credentials or the network, None if nothing is."""
    code = get_code(error) if isinstance(error, ClientError) else ""
    found: CommandError | None = None
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            found = CommandError("no AWS credentials found", fix=_NOT_LOGGED_IN)
        case ProfileNotFound():
            fix = "`aws configure list-profiles` lists the profiles of this machine"
            profile = error.kwargs["profile"]
            found = CommandError(f"there is no AWS profile {profile!r} on this machine", fix=fix)
        case CredentialRetrievalError():
            fix = f"check credential_process in ~/.aws/config, or {_NOT_LOGGED_IN}"
            found = CommandError("the program that provides the AWS credentials failed", fix=fix)
        case BotoCoreError() if isinstance(error, _EXPIRED_LOGIN):
            found = CommandError("the AWS login has expired", fix=_EXPIRED)
        case BotoCoreError() if isinstance(error, _UNREACHABLE):
            fix = "check the network, the proxy and AWS_ENDPOINT_URL"
            found = CommandError("AWS cannot be reached from here", fix=fix)
        case ClientError() if code in _EXPIRED_CODES:
            found = CommandError("the AWS credentials have expired", fix=_EXPIRED)
        case ClientError() if error.operation_name == _ASSUME and code in DENIED_CODES:
            fix = "allow it in the role's trust policy and in yours; if it requires MFA, set mfa_serial"
            found = CommandError("AWS denies these credentials the role of the profile", fix=fix)
        case ClientError() if code in _UNKNOWN_KEY_CODES:
            fix = (
                f"{_NOT_LOGGED_IN}; other causes are a clock that is minutes off, and a region in "
                "organization.yaml that belongs to another partition than the credentials"
            )
            found = CommandError(f"AWS rejects the credentials ({code})", fix=fix)
        case _:
            pass
    return found


def explain_organizations_error(error: Exception, *, call: str) -> CommandError | None:
    """Return what a refusal of AWS Organizations means, None if the core has to judge it."""
    code = get_code(error)
    if code in DENIED_CODES and isinstance(error, ClientError):
        return UnansweredError(
            f"the credentials are not allowed to call organizations:{call}",
            fix=f"allow organizations:{call} on * for the role; the hub account must also be a delegated "
            "administrator",
            message=get_message(error),
        )
    if code == "AWSOrganizationsNotInUseException":
        return CommandError(
            "the account of these credentials does not belong to an organization",
            fix="use credentials of the hub or the management account",
        )
    return None


def explain_aws_error(error: ClientError | BotoCoreError) -> CommandError | None:
    """Return what an error of AWS means that no command handles, None if the call itself was wrong."""
    found = explain_credential_error(error)
    if found is None and isinstance(error, ClientError):
        call, code = error.operation_name, get_code(error)
        if code in DENIED_CODES:
            problem = f"the credentials are not allowed to call {call}"
            fix = (
                "allow it for their role, or use another --profile; docs/reference/permissions.md lists what "
                "each command calls"
            )
            found = CommandError(problem, fix=fix)
        else:
            fix = (
                "look up this code in the documentation of the call; if it persists, report it with this line"
            )
            found = CommandError(f"AWS answered {call} with {code}", fix=fix)
    elif found is None and not isinstance(error, ParamValidationError):
        fix = "check the network and ~/.aws/config, then run the command again"
        found = CommandError(f"AWS did not answer completely: {get_code(error)}", fix=fix)
    return found


def explain_machine_error(error: OSError) -> CommandError:
    """Return an error of this machine, not of AWS."""
    where = f"{error.filename}: " if error.filename else ""
    return CommandError(
        f"{where}{error.strerror or type(error).__name__}", fix="fix that, then run the command again"
    )


def report_exhausted(error: Exception, *, call: str, attempts: int) -> CommandError:
    """Return the error after the last attempt at a call."""
    if not isinstance(error, ClientError):
        return UnansweredError(
            f"AWS did not answer {call} ({get_code(error)}), {attempts} times in a row",
            fix="check network and proxy (set AWS_CA_BUNDLE if it has its own certificate), then run the "
            "command again",
        )
    return UnansweredError(
        f"AWS answered {call} with {get_code(error)}, {attempts} times in a row",
        fix="wait a minute and run the command again; another tool may be using the quota, which the "
        "whole organization shares",
    )
