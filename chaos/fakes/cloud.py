"""All of AWS for one story: the services, and every call with what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from chaos.fakes.account import READS
from chaos.fakes.errors import find_code, make_denial, make_error, make_silence, make_throttling
from chaos.fakes.people import Identity
from chaos.scheduler import START
from chaos.setting import MANAGEMENT_WRITER, MEMBER_READER
from chaos.story import HUB, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaos.fakes.account import AccountService
    from chaos.fakes.dynamodb import Table
    from chaos.fakes.organizations import Organization
    from chaos.fakes.queue import Queue
    from chaos.fakes.requests import Key
    from chaos.fakes.s3 import Buckets
    from chaos.faults import Faults
    from chaos.scheduler import Scheduler
    from chaos.story import MemberRole

_ENTRIES: Final = 10
#: What the clients of members' roles wait for an answer.
_SHORT_TIMEOUT: Final = 3.0
_ITEM_WRITES: Final = frozenset({"TransactWriteItems"})


@dataclass(slots=True)
class Call:
    """One attempt at a call. `made_at` is when it took effect, None if it did not.

    `error` is what AWS answered, `answered` whether its caller heard.
    """

    sent_at: float
    process: str
    function: str
    identity: Identity
    service: str
    operation: str
    given: Mapping[str, Any]
    request_id: str
    user_agent: str = ""
    made_at: float | None = None
    error: str | None = None
    answered: bool = False
    answer: Any = None


@dataclass(slots=True)
class Cloud:
    """The services and what they were asked. `on_account_call` hears of each call that AWS records."""

    scheduler: Scheduler
    faults: Faults
    seed: int
    account: AccountService
    table: Table
    table_name: str
    buckets: Buckets
    organization: Organization
    queues: Mapping[str, Queue]
    bus: str
    roles: Mapping[str, MemberRole]
    on_account_call: Callable[[Call], None]
    on_events: Callable[[list[dict[str, Any]], Call], None]
    on_execution: Callable[[str, str], None]
    on_read: Callable[[str, str], None]
    calls: list[Call] = field(default_factory=list)
    conflicts: int = 0
    texts: list[Call] = field(default_factory=list)
    _busy: dict[Key, float] = field(default_factory=dict)
    _number: int = 0

    def make_request_id(self) -> str:
        """A new one, the same at each replay."""
        self._number += 1
        return f"{self.seed % 2**32:08x}-0000-4000-8000-{self._number:012x}"

    def answer(self, call: Call, *, late: float = 0.0) -> Any:
        """Carry a call out; ClientError as AWS raises it. It is written down as made if it was."""
        try:
            answer = self._carry_out(call, late)
        except Exception as error:
            call.error = find_code(error)
            raise
        else:
            call.made_at = self.scheduler.now
            return answer
        finally:
            if is_change(call):
                self.on_account_call(call)

    def hold(self, call: Call, until: float) -> bool:
        """Whether another transaction is at one of the items just now; if not, this one is until then."""
        if call.operation not in _ITEM_WRITES:
            return False
        keys, now = self.table.list_keys(call.operation, call.given), self.scheduler.now
        if any(self._busy.get(key, 0.0) > now for key in keys):
            self.conflicts += 1
            return True
        self._busy.update(dict.fromkeys(keys, until))
        return False

    def _carry_out(self, call: Call, late: float) -> Any:
        given = call.given
        match call.service:
            case "account":
                if call.operation in READS:
                    self.on_read(call.process, self.account.find_account(given, call.identity))
                read = call.identity.account in self.roles and is_role_call(call)
                trouble = self._meet_trouble(call, call.identity.account) if read else None
                answer = self.account.call(
                    call.operation, given, call.identity, request_id=call.request_id, late=late
                )
                if trouble is Trouble.ODD:
                    answer[call.operation.removeprefix("Get")].pop("PhoneNumber")
                return answer
            case "dynamodb":
                if call.operation not in _NO_TABLE and given["TableName"] != self.table_name:
                    raise make_error(call.operation, "ResourceNotFoundException", "no such table")
                return self.table.call(call.operation, given)
            case "s3":
                return self.buckets.call(call.operation, given)
            case "organizations":
                return self.organization.call(call.operation, given)
        return getattr(self, f"_{call.service}_{call.operation}")(call, **given)

    def _events_PutEvents(self, call: Call, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N802, N803
        if not 1 <= len(Entries) <= _ENTRIES:
            raise make_error(call.operation, "ValidationException", "1 to 10 entries")
        failed = call.answer or frozenset()
        taken = [entry for number, entry in enumerate(Entries) if number not in failed]
        for entry in taken:
            if entry["EventBusName"] != self.bus:
                raise make_error(call.operation, "ResourceNotFoundException", "no such bus")
            json.loads(entry["Detail"])
        self.on_events(taken, call)
        answers = [
            {"ErrorCode": "InternalFailure", "ErrorMessage": ""}
            if number in failed
            else {"EventId": str(number)}
            for number in range(len(Entries))
        ]
        return {"FailedEntryCount": len(failed), "Entries": answers}

    def _sns_Publish(self, call: Call, **given: Any) -> dict[str, Any]:  # noqa: N802
        subject = given.get("Subject", "x")
        if not subject.isascii() or not 1 <= len(subject) <= 100:  # noqa: PLR2004  # SNS's own limit
            raise make_error(call.operation, "InvalidParameter", "Invalid parameter: Subject")
        self.texts.append(call)
        return {"MessageId": call.request_id}

    def _sqs_ChangeMessageVisibility(  # noqa: N802
        self,
        _call: Call,
        *,
        QueueUrl: str,  # noqa: N803
        ReceiptHandle: str,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
    ) -> dict[str, Any]:
        self.queues[QueueUrl].change_visibility(ReceiptHandle, VisibilityTimeout)
        return {}

    def _sts_AssumeRole(  # noqa: N802
        self,
        call: Call,
        *,
        RoleArn: str,  # noqa: N803
        RoleSessionName: str,  # noqa: N803
        **_: object,
    ) -> dict[str, Any]:
        account = RoleArn.split(":")[4]
        if name_reader(account) == RoleArn and self._meet_trouble(call, account) is Trouble.OTHER:
            RoleArn = name_reader(HUB)  # noqa: N806  # as above
        token = f"{RoleArn} {RoleSessionName}"
        return {
            "Credentials": {
                "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
                "SecretAccessKey": "none",
                "SessionToken": token,
            },
            "AssumedRoleUser": {"Arn": find_session(token).arn},
        }

    def _meet_trouble(self, call: Call, account: str) -> Trouble | None:
        """What is wrong with a member's role now, unless it keeps it from being used; then it raises."""
        role = self.roles.get(account)
        if role is not None and self.scheduler.now < START + role.until:
            return None
        trouble = Trouble.REMOVED if role is None else role.trouble
        if trouble is Trouble.REMOVED or (trouble is Trouble.DENIED and call.service == "account"):
            raise make_denial(call.service, call.operation, call.request_id)
        if trouble is Trouble.BUSY:
            raise make_throttling(call.service, call.operation, call.request_id)
        if trouble is Trouble.SILENT:
            self.scheduler.sleep(_SHORT_TIMEOUT)
            raise make_silence(call.service, connected=True)
        return trouble

    def _stepfunctions_StartExecution(  # noqa: N802
        self,
        _call: Call,
        *,
        stateMachineArn: str,  # noqa: N803, ARG002
        name: str,
        input: str,  # noqa: A002
    ) -> dict[str, Any]:
        self.on_execution(name, input)
        return {"executionArn": name}


_NO_TABLE: Final = frozenset({"TransactWriteItems", "TransactGetItems", "BatchGetItem"})


def name_reader(account: str) -> str:
    """The ARN of the role through which sweeps read an account."""
    return MEMBER_READER.replace("*", account)


def find_session(token: str) -> Identity:
    """Who calls with the token of a session: it holds the role's ARN and the session's name."""
    arn, session = token.split(" ")
    account, role = arn.split(":")[4], arn.rpartition("/")[2]
    return Identity(account, role, session, user_agent=MANAGEMENT_WRITER.user_agent)


def is_role_call(call: Call) -> bool:
    """Whether a sweep asks for a member's role, or reads through it."""
    asked = call.given.get("RoleArn", call.identity.role_arn)
    return asked is not None and asked == name_reader(asked.split(":")[4])


def is_change(call: Call) -> bool:
    """Whether a call changes a contact, if it is carried out."""
    return call.service == "account" and call.operation not in READS
