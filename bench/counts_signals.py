"""What one signal uses: the real functions in this process, over moto and the simulation."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto import mock_aws

import notify.handler
import reconcile.handler
from bench.counts_meter import Meter, clients_of
from bench.counts_units import table_bytes
from reconcile import compose as reconcile_compose
from rollcall.adapters import clients
from rollcall.runtime import compose
from simulation import Caller, VirtualClock
from simulation.client import SimulatedClient
from simulation.organization import AlternateContact
from stacks.sources import EVENT_NAMES, EVENT_SOURCES
from tests.functions.deployment import Context, Deployment, Queue
from tests.support.moto_aws import SERVICES, TABLE
from tests.support.world import MALLORY, MEMBER, ROSTER, api_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from simulation.response import Response

#: Send, receive and delete; a message that comes back is received once more.
_SEND, _RECEIVE, _DELETE = 1, 1, 1
#: When a new account is looked at again: `rollcall.reconcile.preconditions.LOOKS`.
_UNTIL_LOOKED_AGAIN = (901, 2701)
_HANDLERS = (reconcile.handler, notify.handler)


class _MeteredQueue(Queue):
    """A queue that counts what it and its function do."""

    def __init__(self, queue: Queue, meter: Meter, name: str, *, warm: bool) -> None:
        super().__init__(sqs=queue.sqs, url=queue.url, handler=self._run, clock=queue.clock)
        self._inner, self._meter, self._name = queue.handler, meter, name
        self._warm = warm

    def send(self, body: object) -> str:
        """What the rule of the hub's bus lets through."""
        detail = body["detail"] if isinstance(body, dict) else {}
        if detail.get("eventSource") in EVENT_SOURCES and detail.get("eventName") in EVENT_NAMES:
            return super().send(body)
        return ""

    def _run(self, event: dict[str, Any], context: Context) -> dict[str, Any]:
        """One message an invocation, as it is where signals are few; each starts anew, unless it is warm."""
        records = event["Records"]
        failures = []
        for record in records:
            for module in () if self._warm else _HANDLERS:
                module._function.cache_clear()  # noqa: SLF001  # a cold start
            self._meter.running, before = self._name, self.clock.now()
            answer = self._inner({"Records": [record]}, context)
            waited = (self.clock.now() - before).total_seconds()
            self._meter.add("milliseconds", round(waited * 1000))
            self._meter.add(f"invocations.{self._name}")
            failed = answer["batchItemFailures"]
            first = record["attributes"]["ApproximateReceiveCount"] == "1"
            self._meter.add("sqs", _SEND * first + _RECEIVE + (0 if failed else _DELETE))
            failures += failed
        return {"batchItemFailures": failures}


class _Signals(Deployment):
    """The hub with its functions metered, every account compliant."""

    def __init__(self, aws: Mapping[str, Any], meter: Meter, clock: VirtualClock, *, warm: bool) -> None:
        super().__init__(aws, roster=ROSTER, clock=clock)
        self.meter = meter
        self.clients = {service: meter.wrap(service, client) for service, client in aws.items()}
        self.intake = _MeteredQueue(self.intake, meter, "reconcile", warm=warm)
        self.echoes = _MeteredQueue(self.echoes, meter, "reconcile", warm=warm)
        incidents = _MeteredQueue(self.incidents, meter, "notify", warm=warm)
        self.incidents = incidents
        self.cloud.subscribe(lambda _account, _event: self._forwarded())
        self.approve()
        wanted = {
            kind: AlternateContact(**ROSTER["contacts"][name]) for kind, name in ROSTER["defaults"].items()
        }
        self.organization.accounts[MEMBER].contacts.update(wanted)

    def client(self, service: str, **given: Any) -> Any:
        """What `create_client` gives the functions."""
        if service in self.clients:
            return self.clients[service]
        caller = self.caller(given)

        def send(operation: str, parameters: Mapping[str, Any], added: str) -> Response:
            with self.meter.count_simulated(service, operation):
                return self.cloud.call(service, operation, parameters, caller.naming(added))

        return SimulatedClient(service, send)

    def _forwarded(self) -> None:
        """Forwarders match on the source alone; each event is sent to a bus once."""
        self.meter.usage["forwarders"]["events"] += 1


def measure() -> dict[str, Any]:
    """Usage and calls of each situation, and the custom metrics that functions wrote."""
    situations: dict[str, Callable[[_Signals], None]] = {
        "compliant": lambda hub: edit_contact(hub, api_values("soc")),
        "drifted": lambda hub: edit_contact(hub, MALLORY),
        "new_account": _new_account,
    }
    return {name: _measured(situation) for name, situation in situations.items()}


def _measured(situation: Callable[[_Signals], None]) -> dict[str, Any]:
    with open_hub() as hub:
        before = _stored(hub)
        hub.meter.reset()
        situation(hub)
        left = _stored(hub) - before
        log = hub.log.getvalue()
        hub.meter.running = "reconcile"
        hub.meter.add("bytes.table", left)
        hub.meter.add("bytes.log", len(log.encode()))
        alert = hub.meter.usage.pop("notify", Counter())
        return {
            "usage": dict(sorted(hub.meter.total().items())),
            "alert": dict(sorted(alert.items())),
            "calls": {name: dict(sorted(calls.items())) for name, calls in sorted(hub.meter.calls.items())},
            "metrics": sorted(_metrics(log)),
        }


def edit_contact(hub: _Signals, values: Mapping[str, str]) -> None:
    """A member sets its security contact: restored and alerted when this returns."""
    hub.member().put_alternate_contact(AlternateContactType="SECURITY", **values)
    hub.run()


def delete_contact(hub: _Signals) -> None:
    """A member deletes its security contact: restored and alerted when this returns."""
    hub.member().delete_alternate_contact(AlternateContactType="SECURITY")
    hub.run()


def _new_account(hub: _Signals) -> None:
    admin = hub.cloud.client("organizations", Caller.role("111111111111", "Admin", "alice"))
    admin.create_account(AccountName="New", Email="new@example.com")
    hub.run()
    for seconds in _UNTIL_LOOKED_AGAIN:
        hub.clock.sleep(seconds)
        hub.intake.again()
        hub.run()
    if hub.intake.waiting or hub.echoes.waiting:
        raise RuntimeError("a new account is looked at more often than this module knows")


def _stored(hub: _Signals) -> int:
    return table_bytes(hub.aws["dynamodb"], TABLE)


def _metrics(log: str) -> set[str]:
    """Names of the custom metrics in the log (embedded metric format)."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    found = [item for line in lines for item in line.get("_aws", {}).get("CloudWatchMetrics", [])]
    return {metric["Name"] for item in found for metric in item["Metrics"]}


@contextmanager
def open_hub(meter: Meter | None = None, *, warm: bool = False) -> Iterator[_Signals]:
    """The functions in an environment of their own, all output in the hub's log.

    Each message starts them anew, unless they are `warm`.
    """
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        candidate = work / "candidate.json"
        candidate.write_text(json.dumps(ROSTER), encoding="utf-8")
        stack.enter_context(mock_aws())
        clock = VirtualClock()
        for target, name, value in (
            (compose, "_CANDIDATE", candidate),
            (compose, "SystemClock", lambda: clock),
            (reconcile_compose, "SystemClock", lambda: clock),
        ):
            stack.enter_context(mock.patch.object(target, name, value))
        hub = _Signals(clients_of(SERVICES), meter or Meter(), clock, warm=warm)
        stack.enter_context(mock.patch.dict("os.environ", hub.variables))
        stack.enter_context(mock.patch.object(clients, "create_client", hub.client))
        stack.enter_context(redirect_stdout(hub.log))
        for module in _HANDLERS:
            before = module.log.registered_handler.setStream(hub.log)
            stack.callback(module.log.registered_handler.setStream, before)
            stack.callback(module._function.cache_clear)  # noqa: SLF001  # see above
        yield hub
