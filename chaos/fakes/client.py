"""Clients as botocore makes them: their calls take time, are tried again, and may be hit by a fault."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from botocore.awsrequest import HeadersDict
from botocore.hooks import HierarchicalEmitter

from chaos.fakes.account import READS
from chaos.fakes.cloud import Call, find_session, is_change
from chaos.fakes.errors import (
    find_code,
    is_retried,
    make_breakdown,
    make_denial,
    make_silence,
    make_throttling,
)
from chaos.fakes.requests import make_cancellation
from chaos.faults import Kind, draw_number
from chaos.scheduler import START, Killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chaos.fakes.cloud import Cloud
    from chaos.fakes.people import Identity
    from chaos.scheduler import Process

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
#: The share of calls on their way that take effect although their worker was killed.
_ARRIVES: Final = 0.5


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
            identity=self._find_identity(operation),
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
        if call.operation in READS:
            call.answer = answer[call.operation.removeprefix("Get")]
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
        call.error = find_code(error)
        if is_change(call):
            self._cloud.on_account_call(call)
        scheduler.sleep(wait)
        call.answered = True
        raise error

    def _find_seconds(self, process: Process, site: str) -> float:
        number = draw_number(self._cloud.seed, "time", site)
        # Most calls take about as long as usual, one in fifty ten times that.
        factor = 0.6 + number if number < 0.98 else 10.0  # noqa: PLR2004  # see above
        return MEDIANS[self._service] * factor * float(process.facts.get("pace", 1.0))

    def _find_identity(self, operation: str) -> Identity:
        """The client's, or that of the session with which a handler has the call signed."""
        request = SimpleNamespace(context={})
        self.meta.events.emit(f"before-sign.{self._service}.{operation}", request=request)
        credentials = request.context.get("signing", {}).get("request_credentials")
        return find_session(credentials.token) if credentials else self._identity

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


def make_client(cloud: Cloud, service: str, **settings: Any) -> Client:
    """What `create_client` of botocore gives, for the process that runs now."""
    process = cloud.scheduler.process
    token = settings.get("aws_session_token")
    identity = find_session(token) if token else process.facts["identity"]
    config = settings.get("config")
    retries = (getattr(config, "retries", None) or {}).get("total_max_attempts", 3)
    return Client(cloud, service, identity, attempts=retries)
