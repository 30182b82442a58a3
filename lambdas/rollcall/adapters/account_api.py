"""The Account API, paced, its answers sorted into what they mean."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.adapters.errors import (
    AWS_ERRORS,
    FIXES,
    find_denial,
    get_code,
    get_message,
    get_request_id,
    is_never_sent,
    is_refused_for_now,
    is_throttled,
    is_transient,
)
from rollcall.model.contact import Contact, ContactKind, find_rules
from rollcall.model.desired import Absent, Observation, Present, Unreadable
from rollcall.model.errors import NotMadeError, RetryableError, UnansweredError, WriteRefusedError
from rollcall.model.well_known import RECONCILE_ROLE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from rollcall.decide.intent import Intent, IntentName
    from rollcall.ports import Clock
    from rollcall.timing import Pace

_ABSENT = "ResourceNotFoundException"
#: Of the write that this thread is making: every call carries it, so that CloudTrail's record names it.
_INTENT: ContextVar[IntentName | None] = ContextVar("intent", default=None)


def _name_intent(request: Any, **_: object) -> None:
    """Add the intent's name to the user agent; it is no part of what is signed."""
    if (name := _INTENT.get()) is not None:
        agent = request.headers.get("User-Agent", "")
        text = agent.decode() if isinstance(agent, bytes) else agent
        request.headers["User-Agent"] = f"{text} {name}".strip()


def name_writes(client: Any) -> Any:
    """The same client of the Account API; from now on each of its writes names its intent."""
    client.meta.events.register("before-send.account", _name_intent)
    return client


def read_members(members: Mapping[str, Any], kind: ContactKind) -> Contact:
    """The contact of an answer; what AWS leaves out is empty."""
    return Contact(**{part: members.get(rule.member, "") for part, rule in find_rules(kind).items()})


def name_members(contact: Contact, kind: ContactKind) -> dict[str, str]:
    """The parts of a contact as a request has them. AWS removes optional ones that are left out."""
    values = {rule.member: contact.get(part) for part, rule in find_rules(kind).items()}
    return {member: value for member, value in values.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class OneModeAccountApi:
    """Reads and writes contacts in one mode of the Account API.

    In organizations mode calls name the account, any but the management account. In `standalone` mode they
    name none, and are about the account of the client's credentials.
    """

    client: Any
    clock: Clock
    buckets: Mapping[str, Pace]
    standalone: bool = False

    def pace_reads(self, pace: Pace) -> OneModeAccountApi:
        """The same with another pace for its reads."""
        reads = {"GetAlternateContact": pace, "GetContactInformation": pace}
        return replace(self, buckets={**self.buckets, **reads})

    def get(self, account_id: str, kind: ContactKind) -> Observation:
        """What is there now; RetryableError if AWS was busy or broken."""
        primary = kind is ContactKind.PRIMARY
        operation = "GetContactInformation" if primary else "GetAlternateContact"
        call = self.client.get_contact_information if primary else self.client.get_alternate_contact
        try:
            answer = self._call_paced(operation, call, self._make_target(account_id, kind))
        except AWS_ERRORS as error:
            return _make_unreadable(error)
        members = answer["ContactInformation" if primary else "AlternateContact"]
        return Present(contact=read_members(members, kind))

    def put(self, account_id: str, kind: ContactKind, contact: Contact, *, intent: Intent) -> str:
        """Set a contact; returns the request id. Raises as the port says."""
        values = name_members(contact, kind)
        target = self._make_target(account_id, kind)
        if kind is ContactKind.PRIMARY:
            call = self.client.put_contact_information
            parameters = target | {"ContactInformation": values}
            return self._write("PutContactInformation", call, parameters, intent)
        return self._write("PutAlternateContact", self.client.put_alternate_contact, target | values, intent)

    def delete(self, account_id: str, kind: ContactKind, *, intent: Intent) -> str:
        """Delete an alternate contact; returns and raises as `put`. ValueError for a primary contact."""
        if kind is ContactKind.PRIMARY:
            raise ValueError("AWS cannot delete a primary contact")
        target = self._make_target(account_id, kind)
        return self._write("DeleteAlternateContact", self.client.delete_alternate_contact, target, intent)

    def _write(
        self, operation: str, call: Callable[..., Any], parameters: Mapping[str, Any], intent: Intent
    ) -> str:
        token = _INTENT.set(intent.name)
        try:
            answer = self._call_paced(operation, call, parameters, before=intent.send_before)
        except AWS_ERRORS as error:
            # `from None`: the text of a ValidationException holds the values that were refused.
            raise _sort_write_error(operation, error) from None
        finally:
            _INTENT.reset(token)
        return str(answer["ResponseMetadata"]["RequestId"])

    def _make_target(self, account_id: str, kind: ContactKind) -> dict[str, Any]:
        target = {} if self.standalone else {"AccountId": account_id}
        return target | ({} if kind is ContactKind.PRIMARY else {"AlternateContactType": str(kind)})

    def _call_paced(
        self,
        operation: str,
        call: Callable[..., Any],
        parameters: Mapping[str, Any],
        *,
        before: datetime | None = None,
    ) -> Any:
        return call_paced(call, parameters, pace=self.buckets[operation], clock=self.clock, before=before)


def call_paced(
    call: Callable[..., Any],
    parameters: Mapping[str, Any],
    *,
    pace: Pace,
    clock: Clock,
    before: datetime | None = None,
) -> Any:
    """The answer to one call in its time; RetryableError, and nothing sent, if that is not `before` then."""
    now = clock.now().timestamp()
    wait = pace.reserve(now)
    if before is not None and now + wait > before.timestamp():
        raise RetryableError("too little time was left to send the write and see its answer")
    if wait:
        clock.sleep(wait)
    try:
        answer = call(**parameters)
    except AWS_ERRORS as error:
        if is_throttled(error):
            pace.slow_down(clock.now().timestamp())
        elif isinstance(error, ClientError):
            # Any other answer says that there were not too many: most often that nothing is there.
            pace.speed_up(clock.now().timestamp())
        raise
    pace.speed_up(clock.now().timestamp())
    return answer


def _sort_write_error(operation: str, error: Exception) -> RetryableError | WriteRefusedError:
    """What the error says of the write."""
    reason, request_id = f"the contact could not be written: {get_code(error)}", get_request_id(error)
    if is_never_sent(error):
        return RetryableError(reason)
    nothing_there = operation == "DeleteAlternateContact" and get_code(error) == _ABSENT
    if is_refused_for_now(error) or nothing_there:
        return NotMadeError(reason, request_id=request_id)
    if is_transient(error):
        return UnansweredError(reason, request_id=request_id)
    denied = get_code(error) == "AccessDeniedException"
    return WriteRefusedError(_describe(error), denied=denied, request_id=request_id)


def _make_unreadable(error: Exception) -> Observation:
    if is_transient(error):
        raise RetryableError(f"the contact could not be read: {get_code(error)}") from None
    # Only this answer means absent; every other failure is a failure to know.
    if get_code(error) == _ABSENT:
        return Absent()
    return Unreadable(reason=_describe(error), denied=get_code(error) == "AccessDeniedException")


def _describe(error: Exception) -> str:
    if isinstance(error, ClientError) and get_code(error) == "AccessDeniedException":
        return FIXES[find_denial(get_message(error))]
    return f"the Account API answered {get_code(error)}"


class UnreachableError(WriteRefusedError):
    """There is no way into the account; `reason` names the fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllAccounts:
    """The port `AccountApi`: AWS refuses central calls on the management account."""

    management_account: str
    members: OneModeAccountApi
    management: ManagementAccount

    def pace_reads(self, pace: Pace) -> AllAccounts:
        """The same with another pace for the reads of members."""
        return replace(self, members=self.members.pace_reads(pace))

    def get(self, account_id: str, kind: ContactKind) -> Observation:
        """What is there now; RetryableError if AWS was busy or broken."""
        try:
            return self._select_api(account_id).get(account_id, kind)
        except UnreachableError as error:
            return Unreadable(reason=error.reason, unreachable=True)

    def put(self, account_id: str, kind: ContactKind, contact: Contact, *, intent: Intent) -> str:
        """Set a contact; returns and raises as the port says."""
        return self._select_api(account_id).put(account_id, kind, contact, intent=intent)

    def delete(self, account_id: str, kind: ContactKind, *, intent: Intent) -> str:
        """Delete a contact; returns and raises as the port says."""
        return self._select_api(account_id).delete(account_id, kind, intent=intent)

    def _select_api(self, account_id: str) -> OneModeAccountApi:
        return self.management.get_api() if account_id == self.management_account else self.members


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementAccount:
    """The management account's own contacts, by the role that RollcallManagement creates there.

    The role is assumed afresh for every call: they are rare, and a role that was taken away counts at once.
    `role_arn` is None if there is to be none.
    """

    sts: Any
    role_arn: str | None
    account_client: Callable[[Mapping[str, str]], Any]
    clock: Clock
    buckets: Mapping[str, Pace]

    def get_api(self) -> OneModeAccountApi:
        """The Account API with the role's credentials; UnreachableError if there are none, RetryableError."""
        if self.role_arn is None:
            raise UnreachableError(
                "unreachable: only the management account can change its own contacts, and management_role "
                "is false in organization.yaml"
            )
        try:
            answer = self.sts.assume_role(RoleArn=self.role_arn, RoleSessionName=RECONCILE_ROLE_NAME)
        except AWS_ERRORS as error:
            if is_transient(error):
                raise RetryableError(f"the management account was not reached: {get_code(error)}") from None
            reason = (
                f"unreachable: the role {self.role_arn} cannot be assumed ({get_code(error)}); deploy "
                "RollcallManagement in the management account"
            )
            raise UnreachableError(reason) from None
        client = self.account_client(answer["Credentials"])
        return OneModeAccountApi(client=client, clock=self.clock, buckets=self.buckets, standalone=True)
