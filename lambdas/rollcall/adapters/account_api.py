"""The Account API, paced, its answers sorted into what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.aws_errors import AWS_ERRORS, code_of, message_of, request_id_of, throttled, transient
from rollcall.contacts import Contact, ContactKind
from rollcall.denials import FIXES, denial_of
from rollcall.errors import RetryableError, WriteRefusedError
from rollcall.observation import Absent, Observation, Present, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rollcall.pacing import Pace
    from rollcall.ports import Clock

_ABSENT = "ResourceNotFoundException"


class OneModeAccountApi:
    """Reads and writes alternate contacts in one mode of the Account API.

    In organizations mode calls name the account, any but the management account. In `standalone` mode they
    name none, and are about the account of the client's credentials.
    """

    def __init__(
        self, *, client: Any, clock: Clock, buckets: Mapping[str, Pace], standalone: bool = False
    ) -> None:
        self._client = client
        self._standalone = standalone
        self._clock = clock
        self._buckets = buckets

    def get(self, account_id: str, kind: ContactKind) -> Observation:
        """What is there now; RetryableError if AWS was busy or broken."""
        target = self._contact(account_id, kind)
        try:
            answer = self._paced("GetAlternateContact", self._client.get_alternate_contact, target)
        except AWS_ERRORS as error:
            return _unread(error)
        found = answer["AlternateContact"]
        return Present(
            contact=Contact(
                name=found.get("Name", ""),
                title=found.get("Title", ""),
                email=found.get("EmailAddress", ""),
                phone=found.get("PhoneNumber", ""),
            )
        )

    def put(self, account_id: str, kind: ContactKind, contact: Contact) -> str:
        """Set a contact; returns the request id.

        WriteRefusedError if AWS refuses for good; RetryableError if it may or may not be written.
        """
        values = {
            "Name": contact.name,
            "Title": contact.title,
            "EmailAddress": contact.email,
            "PhoneNumber": contact.phone,
        }
        target = self._contact(account_id, kind)
        return self._write("PutAlternateContact", self._client.put_alternate_contact, target | values)

    def delete(self, account_id: str, kind: ContactKind) -> str:
        """Delete a contact; returns and raises as `put`. A contact that is gone already is no fault."""
        return self._write(
            "DeleteAlternateContact",
            self._client.delete_alternate_contact,
            self._contact(account_id, kind),
            gone_is_done=True,
        )

    def _write(
        self,
        operation: str,
        call: Callable[..., Any],
        parameters: Mapping[str, str],
        *,
        gone_is_done: bool = False,
    ) -> str:
        try:
            answer = self._paced(operation, call, parameters)
        except AWS_ERRORS as error:
            if gone_is_done and code_of(error) == _ABSENT and isinstance(error, ClientError):
                return str(error.response["ResponseMetadata"]["RequestId"])
            # `from None`: the text of a ValidationException holds the values that were refused.
            if transient(error):
                reason = f"the contact could not be written: {code_of(error)}"
                raise RetryableError(reason, request_id=request_id_of(error)) from None
            denied = code_of(error) == "AccessDeniedException"
            raise WriteRefusedError(_why(error), denied=denied, request_id=request_id_of(error)) from None
        return str(answer["ResponseMetadata"]["RequestId"])

    def _contact(self, account_id: str, kind: ContactKind) -> dict[str, str]:
        target = {} if self._standalone else {"AccountId": account_id}
        return target | {"AlternateContactType": str(kind)}

    def _paced(self, operation: str, call: Callable[..., Any], parameters: Mapping[str, str]) -> Any:
        pace = self._buckets[operation]
        wait = pace.reserve(self._seconds())
        if wait:
            self._clock.sleep(wait)
        try:
            answer = call(**parameters)
        except AWS_ERRORS as error:
            if throttled(error):
                pace.throttled(self._seconds())
            elif isinstance(error, ClientError):
                # Any other answer says that there were not too many: most often that nothing is there.
                pace.succeeded(self._seconds())
            raise
        pace.succeeded(self._seconds())
        return answer

    def _seconds(self) -> float:
        return self._clock.now().timestamp()


def _unread(error: Exception) -> Observation:
    if transient(error):
        raise RetryableError(f"the contact could not be read: {code_of(error)}") from None
    # Only this answer means absent; every other failure is a failure to know.
    if code_of(error) == _ABSENT:
        return Absent()
    return Unreadable(reason=_why(error), denied=code_of(error) == "AccessDeniedException")


def _why(error: Exception) -> str:
    if isinstance(error, ClientError) and code_of(error) == "AccessDeniedException":
        return FIXES[denial_of(message_of(error))]
    return f"the Account API answered {code_of(error)}"
