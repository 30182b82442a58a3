"""Exceptions that say where a message goes next, their texts without contact details; error codes of AWS."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Item = TypeVar("_Item")

_PACKAGE = PurePath(__file__).parent.parent

#: Codes of calls that AWS refused because there were too many: of botocore's list those that it may give us.
THROTTLED: Final = frozenset(
    {
        *("RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "Throttling"),
        *("ThrottlingException", "ThrottledException", "TooManyRequestsException"),
        "ProvisionedThroughputExceededException",
    }
)
#: Codes of answers that do not say whether the call was made.
FAILED_INSIDE: Final = frozenset(
    {
        *("InternalError", "InternalFailure", "InternalServerError", "InternalServerException"),
        *("ServiceUnavailable", "ServiceUnavailableException"),
    }
)


class RollcallError(Exception):
    """Base of every error that the core raises on purpose."""


class RetryableError(RollcallError):
    """Nothing is decided yet: the message goes back to the queue and is tried again later."""


class WaitError(RetryableError):
    """What is awaited takes its time by nature: it is not alerted as late."""


class SoonError(WaitError):
    """What is awaited takes seconds: the message goes back for so many, or at first for one to three."""

    def __init__(self, reason: str, *, seconds: int | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class LaterError(RetryableError):
    """Who was asked says when to ask again: the message goes back to the queue for `seconds` at least."""

    def __init__(self, reason: str, *, seconds: int) -> None:
        super().__init__(reason)
        self.seconds = seconds


class PermanentError(RollcallError):
    """Trying again cannot help: the message goes to the dead-letter queue, which has an alarm."""


class MalformedEventError(PermanentError):
    """The message is no event that AWS sends."""


class RecordRefusedError(RetryableError):
    """The state table or the ledger did not take the intent, so nothing may be written."""


class IntentBusyError(SoonError):
    """Another worker is at this very contact: with `seconds` it is slow or gone, without it just began."""


class WritesHaltedError(RetryableError):
    """Writes were paused, or another roster was approved, between the decision and the write."""


class NotMadeError(RetryableError):
    """AWS answered that the write was not made: too many calls, or nothing was there to be deleted."""

    def __init__(self, reason: str, *, request_id: str | None) -> None:
        super().__init__(reason)
        self.request_id = request_id


class UnansweredError(RetryableError):
    """The write was sent: no answer, or one (`request_id`) that does not say whether it was made."""

    def __init__(self, reason: str, *, request_id: str | None = None) -> None:
        super().__init__(reason)
        self.request_id = request_id


class WriteRefusedError(RollcallError):
    """The Account API refused the write for good; `reason` names the fix.

    `denied` is a refusal of access, which in a new account may pass by itself, not one of the values.
    `request_id` is that of the refused call, None if there is no way to make one.
    """

    def __init__(self, reason: str, *, denied: bool = False, request_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.denied = denied
        self.request_id = request_id


class RoleReadError(RollcallError):
    """A contact could not be read through a member's role. The text says why, without contact details."""


class LookAgainError(RollcallError):
    """All is done for now, and the same message is wanted again after `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__("looked at, and to be looked at again")
        self.seconds = seconds


def try_each(work: Callable[[_Item], object], items: Iterable[_Item]) -> None:
    """Do the work for each item, also after another failed; raises the last RetryableError in the end."""
    waiting: RetryableError | None = None
    for item in items:
        try:
            work(item)
        except RetryableError as error:
            waiting = error
    if waiting is not None:
        raise waiting


def describe_unexpected(error: Exception) -> str:
    """An error that nobody foresaw: its type and place in our code, as its text may hold contact details."""
    place = ""
    frame = error.__traceback__
    while frame is not None:
        file = PurePath(frame.tb_frame.f_code.co_filename)
        if _PACKAGE in file.parents:
            place = f" in {file.name}:{frame.tb_lineno}"
        frame = frame.tb_next
    return f"unexpected: {type(error).__name__}{place}"
