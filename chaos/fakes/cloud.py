"""All of AWS for one story: clients whose calls take time, may fail, and are written down."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from botocore.awsrequest import HeadersDict
from botocore.hooks import HierarchicalEmitter

from chaos.fakes.dynamodb import make_cancellation
from chaos.fakes.errors import (
    is_retried,
    make_breakdown,
    make_denial,
    make_error,
    make_silence,
    make_throttling,
)
from chaos.faults import Kind, draw_number
from chaos.scheduler import START, Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chaos.fakes.account import AccountService
    from chaos.fakes.dynamodb import Key, Table
    from chaos.fakes.organizations import Organization
    from chaos.fakes.people import Identity
    from chaos.fakes.queue import Queue
    from chaos.fakes.s3 import Buckets
    from chaos.faults import Faults
    from chaos.scheduler import Process, Scheduler

#: What a call usually takes, in seconds.
MEDIANS: Final = {
    "account": 0.12,
    "dynamodb": 0.008,
    "events": 0.02,
    "organizations": 0.08,
    "s3": 0.03,
    "sns": 0.03,
    "sqs": 0.01,
    "stepfunctions": 0.03,
    "sts": 0.05,
}
READ_TIMEOUT: Final = 10.0
CONNECT_TIMEOUT: Final = 3.0
#: The longest that AWS shows what was there before a write.
STALE_SECONDS: Final = 3.0
#: How long after its caller gave up a call may still be carried out.
LATE_SECONDS: Final = 15.0
_ENTRIES: Final = 10
#: The share of calls on their way that take effect although their worker was killed.
_ARRIVES: Final = 0.5
_MUTATING: Final = ("Put", "Delete")
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
    assumed: Mapping[str, Identity]
    on_account_call: Callable[[Call], None]
    on_events: Callable[[list[dict[str, Any]], Call], None]
    on_execution: Callable[[str, str], None]
    on_read: Callable[[str, str], None]
    calls: list[Call] = field(default_factory=list)
    conflicts: int = 0
    texts: list[Call] = field(default_factory=list)
    _busy: dict[Key, float] = field(default_factory=dict)
    _number: int = 0

    def make_client(self, service: str, **settings: Any) -> Client:
        """What `create_client` of botocore gives, for the process that runs now."""
        process = self.scheduler.process
        token = settings.get("aws_session_token")
        identity = self.assumed[token] if token else process.facts["identity"]
        config = settings.get("config")
        retries = (getattr(config, "retries", None) or {}).get("total_max_attempts", 3)
        return Client(self, service, identity, attempts=retries)

    def make_request_id(self) -> str:
        """A new one, the same at each replay."""
        self._number += 1
        return f"{self.seed % 2**32:08x}-0000-4000-8000-{self._number:012x}"

    def answer(self, call: Call, *, late: float = 0.0) -> Any:
        """Carry a call out; ClientError as AWS raises it. It is written down as made if it was."""
        try:
            answer = self._carry_out(call, late)
        except Exception as error:
            call.error = _name(error)
            raise
        else:
            call.made_at = self.scheduler.now
            return answer
        finally:
            if call.service == "account" and call.operation.startswith(_MUTATING):
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
                if call.operation == "GetAlternateContact":
                    self.on_read(call.process, self.account.find_account(given, call.identity))
                return self.account.call(
                    call.operation, given, call.identity, request_id=call.request_id, late=late
                )
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

    def _sts_AssumeRole(self, _call: Call, *, RoleArn: str, RoleSessionName: str) -> dict[str, Any]:  # noqa: N802, N803
        if not RoleSessionName:
            raise TypeError("a session has a name")
        return {
            "Credentials": {
                "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
                "SecretAccessKey": "none",
                "SessionToken": RoleArn,
            }
        }

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


class Client:
    """One client of one service, as botocore makes them, with the retries of its configuration."""

    def __init__(self, cloud: Cloud, service: str, identity: Identity, *, attempts: int) -> None:
        self._cloud = cloud
        self._service = service
        self._identity = identity
        self._attempts = attempts
        self.meta = SimpleNamespace(events=HierarchicalEmitter(), region_name="us-east-1")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        operation = "".join(part.capitalize() for part in name.split("_"))

        def method(**given: Any) -> Any:
            return self._call(operation, given)

        setattr(self, name, method)
        return method

    def get_paginator(self, name: str) -> Paginator:
        """Pages of a listing."""
        return Paginator(getattr(self, name))

    def _call(self, operation: str, given: dict[str, Any]) -> Any:
        cloud, process = self._cloud, self._cloud.scheduler.process
        name = f"{self._service}.{operation}"
        process.sites[name] = nth = process.sites.get(name, 0) + 1
        now = cloud.scheduler.now - START
        kind = None
        if not process.facts.get("calm"):
            kind = cloud.faults.draw(process.label, name, nth, process.sites, now)
        if operation == "TransactWriteItems":
            # As botocore does: each attempt of one call is the same transaction.
            given = {"ClientRequestToken": cloud.make_request_id(), **given}
        site = f"{process.label}|{name}|{nth}"
        for attempt in range(1, self._attempts + 1):
            try:
                return self._try(operation, given, process, f"{site}|{attempt}", _spare(kind, attempt))
            except Killed:
                raise
            except Exception as error:
                if attempt == self._attempts or not is_retried(error):
                    raise
                wait = draw_number(cloud.seed, "retry", site, str(attempt)) * 2 ** (attempt - 1)
                cloud.scheduler.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _try(
        self, operation: str, given: Mapping[str, Any], process: Process, site: str, kind: Kind | None
    ) -> Any:
        cloud = self._cloud
        scheduler = cloud.scheduler
        call = Call(
            sent_at=scheduler.now,
            process=process.label,
            function=process.facts["function"],
            identity=self._identity,
            service=self._service,
            operation=operation,
            given=given,
            request_id=cloud.make_request_id(),
            user_agent=self._find_user_agent(operation),
        )
        cloud.calls.append(call)
        if kind is Kind.KILL_BEFORE:
            scheduler.kill(process)
        if kind is Kind.STALL:
            # Its process, its network, or an answer that drips.
            scheduler.sleep(30 + 120 * draw_number(cloud.seed, "stall", site))
        if kind in (Kind.LATE, Kind.KILL_DURING):
            self._carry_out_late(call, site, killed=kind is Kind.KILL_DURING)
        if kind is Kind.UNSENT:
            scheduler.sleep(CONNECT_TIMEOUT)
            raise make_silence(self._service, connected=False)
        seconds = self._find_seconds(process, site)
        if kind is Kind.SLOW:
            seconds += draw_number(cloud.seed, "slow", site) * READ_TIMEOUT
        conflict = cloud.hold(call, scheduler.now + seconds)
        there = seconds * (0.2 + 0.6 * draw_number(cloud.seed, "effect", site))
        self._travel(call, there, site)
        if kind in _REFUSALS:
            self._refuse(call, _REFUSALS[kind](self._service, operation, call.request_id), seconds - there)
        if conflict:
            others = [{"Code": "None"}] * (len(given["TransactItems"]) - 1)
            self._refuse(call, make_cancellation([{"Code": "TransactionConflict"}, *others]), seconds - there)
        if kind is Kind.PARTIAL:
            call.answer = _choose_failed(given["Entries"], draw_number(cloud.seed, "part", site))
        late = draw_number(cloud.seed, "stale", site) * STALE_SECONDS if kind is Kind.STALE else 0.0
        silent = kind in _SILENT or seconds > READ_TIMEOUT
        killed = process if kind is Kind.KILL_AFTER else None
        answer = self._ask(call, seconds - there, late=late, silent=silent, killed=killed)
        if kind is Kind.FALSE:
            call.answered = False  # what its caller heard is not what was done
            raise make_breakdown(self._service, operation, call.request_id)
        return answer

    def _travel(self, call: Call, seconds: float, site: str) -> None:
        scheduler = self._cloud.scheduler
        try:
            scheduler.sleep(seconds)
        except Killed:
            # What is on its way may arrive all the same.
            if draw_number(self._cloud.seed, "arrives", site) < _ARRIVES:
                scheduler.at(scheduler.now + seconds, lambda: self._carry_out_alone(call))
            raise

    def _ask(self, call: Call, back: float, *, late: float, silent: bool, killed: Process | None) -> Any:
        """Carry it out and bring the answer back, which takes so many seconds."""
        scheduler = self._cloud.scheduler
        answer: Any = None
        error: Exception | None = None
        try:
            answer = self._cloud.answer(call, late=late)
        except Exception as refusal:  # noqa: BLE001  # it is brought back, if anything is
            error = refusal
        if killed is not None:
            scheduler.kill(killed)
        if silent:
            scheduler.sleep(READ_TIMEOUT)
            raise make_silence(self._service, connected=True)
        scheduler.sleep(back)
        call.answered = True
        if error is not None:
            raise error
        if call.operation == "GetAlternateContact":
            call.answer = answer["AlternateContact"]
        if isinstance(answer, dict):
            answer["ResponseMetadata"] = {"RequestId": call.request_id, "HTTPStatusCode": 200}
        return answer

    def _carry_out_late(self, call: Call, site: str, *, killed: bool) -> None:
        """The call takes effect when nobody waits for it any more."""
        cloud, scheduler = self._cloud, self._cloud.scheduler
        wait = draw_number(cloud.seed, "late", site) * LATE_SECONDS + (0.0 if killed else READ_TIMEOUT)
        scheduler.at(scheduler.now + wait, lambda: self._carry_out_alone(call))
        if killed:
            scheduler.kill(scheduler.process)
        scheduler.sleep(READ_TIMEOUT)
        raise make_silence(self._service, connected=True)

    def _carry_out_alone(self, call: Call) -> None:
        """Carry out what nobody waits for."""
        with suppress(Exception):
            self._cloud.answer(call)

    def _refuse(self, call: Call, error: Exception, wait: float) -> None:
        scheduler = self._cloud.scheduler
        call.error = _name(error)
        if call.service == "account" and call.operation.startswith(_MUTATING):
            self._cloud.on_account_call(call)
        scheduler.sleep(wait)
        call.answered = True
        raise error

    def _find_seconds(self, process: Process, site: str) -> float:
        number = draw_number(self._cloud.seed, "time", site)
        # Most calls take about as long as usual, one in fifty ten times that.
        factor = 0.6 + number if number < 0.98 else 10.0  # noqa: PLR2004  # see above
        return MEDIANS[self._service] * factor * float(process.facts.get("pace", 1.0))

    def _find_user_agent(self, operation: str) -> str:
        if self._service != "account":
            return ""
        request = SimpleNamespace(headers=HeadersDict({"User-Agent": self._identity.user_agent}))
        answered = self.meta.events.emit_until_response(f"before-send.account.{operation}", request=request)[
            1
        ]
        if answered is not None:
            raise TypeError("a handler of before-send that returns something answers in AWS's place")
        agent = request.headers["User-Agent"]
        return agent.decode() if isinstance(agent, bytes) else str(agent)


@dataclass(frozen=True, slots=True)
class Paginator:
    """Pages of a listing, by its NextToken."""

    method: Callable[..., Any]

    def paginate(self, **given: Any) -> Iterator[Any]:
        """One answer after the other."""
        token: dict[str, Any] = {}
        while True:
            answer = self.method(**given, **token)
            yield answer
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}


_REFUSALS: Final = {
    Kind.BUSY: make_throttling,
    Kind.BROKEN: make_breakdown,
    Kind.HICCUP: make_breakdown,
    Kind.DENIED: make_denial,
}
_SILENT: Final = frozenset({Kind.LOST, Kind.LOST_ONCE})
_ONCE: Final = frozenset({Kind.HICCUP, Kind.LOST_ONCE, Kind.SLOW, Kind.STALL, Kind.STALE, Kind.PARTIAL})


def _spare(kind: Kind | None, attempt: int) -> Kind | None:
    """What happens to this attempt of a call: some faults hit only the first."""
    return None if kind in _ONCE and attempt > 1 else kind


def _choose_failed(entries: list[Any], number: float) -> frozenset[int]:
    """Some of the entries, at least one."""
    chosen = [place for place in range(len(entries)) if int(number * 2**16) >> place & 1]
    return frozenset(chosen or [int(number * len(entries))])


def _name(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response["Error"]["Code"]) if response else type(error).__name__
