"""What can go wrong between a person and AWS, each with what mends it."""

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

#: Exit statuses of the program, beside those that each command explains.
ERROR: Final = 1
INTERRUPTED: Final = 130
_NOT_LOGGED_IN: Final = (
    "log in (`aws sso login` or `aws login`), or name a profile of the hub or the management account "
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
    """A command cannot go on: `problem` says why, `fix` what to do. Neither has contact details.

    `status` is the exit status of the program.
    """

    def __init__(self, problem: str, *, fix: str, status: int = ERROR) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix
        self.status = status


class UnansweredError(CommandError):
    """AWS refused or was busy: a command that asks many things may go on without this one.

    `message` is AWS's text of a refusal: read it, never show it.
    """

    def __init__(self, problem: str, *, fix: str, message: str = "") -> None:
        super().__init__(problem, fix=fix)
        self.message = message


def credential_error(error: Exception) -> CommandError | None:
    """What is wrong with the credentials or the way to AWS; None if nothing is."""
    code = get_code(error) if isinstance(error, ClientError) else ""
    found: CommandError | None = None
    match error:
        case NoCredentialsError() | PartialCredentialsError():
            found = CommandError("there are no AWS credentials", fix=_NOT_LOGGED_IN)
        case ProfileNotFound():
            fix = "`aws configure list-profiles` lists those that there are"
            found = CommandError("this machine has no AWS profile of that name", fix=fix)
        case CredentialRetrievalError():
            fix = f"look at credential_process in ~/.aws/config, or {_NOT_LOGGED_IN}"
            found = CommandError("the program that gives the AWS credentials failed", fix=fix)
        case BotoCoreError() if isinstance(error, _EXPIRED_LOGIN):
            found = CommandError("the AWS login has expired", fix=_EXPIRED)
        case BotoCoreError() if isinstance(error, _UNREACHABLE):
            fix = "look at the network, the proxy and AWS_ENDPOINT_URL"
            found = CommandError("AWS cannot be reached from here", fix=fix)
        case ClientError() if code in _EXPIRED_CODES:
            found = CommandError("the AWS credentials have expired", fix=_EXPIRED)
        case ClientError() if error.operation_name == _ASSUME and code in DENIED_CODES:
            fix = "its trust policy or yours says no; if it wants a second factor, set mfa_serial there"
            found = CommandError("AWS does not let these credentials assume the role of the profile", fix=fix)
        case ClientError() if code in _UNKNOWN_KEY_CODES:
            fix = (
                f"{_NOT_LOGGED_IN}; a clock that is wrong by minutes does this too, and a region in "
                "organization.yaml that is of another partition than the credentials"
            )
            found = CommandError(f"AWS does not take the credentials ({code})", fix=fix)
        case _:
            pass
    return found


def organizations_error(error: Exception, *, call: str) -> CommandError | None:
    """What a refusal of AWS Organizations means; None if it is for the core to judge."""
    code = get_code(error)
    if code in DENIED_CODES and isinstance(error, ClientError):
        return UnansweredError(
            f"the credentials may not call organizations:{call}",
            fix=f"allow organizations:{call} on * to the role; the hub account must be a delegated "
            "administrator, or nobody in it can read the organization",
            message=get_message(error),
        )
    if code == "AWSOrganizationsNotInUseException":
        return CommandError(
            "the account of these credentials is in no organization",
            fix="use credentials of the hub or the management account",
        )
    return None


def aws_error(error: ClientError | BotoCoreError) -> CommandError | None:
    """What an error of AWS means that no command has words of its own for; None if the call was wrong."""
    found = credential_error(error)
    if found is None and isinstance(error, ClientError):
        call, code = error.operation_name, get_code(error)
        if code in DENIED_CODES:
            fix = "allow it to their role, or name a profile of another one with --profile: docs/cli.md says "
            found = CommandError(f"the credentials may not call {call}", fix=f"{fix}what each command takes")
        else:
            fix = "look up what it means there; if it stays, report it with this line"
            found = CommandError(f"AWS answered {call} with {code}", fix=fix)
    elif found is None and not isinstance(error, ParamValidationError):
        fix = "look at the network and at ~/.aws/config, then run the command again"
        found = CommandError(f"there was no whole answer of AWS: {get_code(error)}", fix=fix)
    return found


def machine_error(error: OSError) -> CommandError:
    """What this machine, and not AWS, refused."""
    where = f"{error.filename}: " if error.filename else ""
    return CommandError(
        f"{where}{error.strerror or type(error).__name__}", fix="mend that, then run the command again"
    )


def exhausted(error: Exception, *, call: str, attempts: int) -> CommandError:
    """AWS did not answer, however often it was asked."""
    if not isinstance(error, ClientError):
        return UnansweredError(
            f"{call} got no answer of AWS ({get_code(error)}), {attempts} times in a row",
            fix="look at the network and the proxy (certificates of its own go into AWS_CA_BUNDLE), then run "
            "the command again",
        )
    return UnansweredError(
        f"AWS answered {call} with {get_code(error)}, {attempts} times in a row",
        fix="wait a minute and run the command again; another tool may be using up the quota that the "
        "whole organization shares",
    )
