"""The services, their CloudTrail events and the boto3-shaped clients in one object."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from threading import RLock
from typing import Any, Literal

from simulation.account_api import AccountService
from simulation.authorization import build_request, find_scp_refusal, list_service_control_policies
from simulation.caller import Caller
from simulation.client import SimulatedClient
from simulation.clock import Clock
from simulation.cloudtrail import ApiCall, Recorder, Spelling
from simulation.errors import ApiError
from simulation.ids import Ids
from simulation.latency import Latency
from simulation.organization import SimulatedOrganization
from simulation.organizations_api import OrganizationsService
from simulation.response import Response
from simulation.service_events import build_managed

Listener = Callable[[str, dict[str, Any]], None]
_SWITCHES = {"EnableRegion": ("ENABLING", "ENABLED"), "DisableRegion": ("DISABLING", "DISABLED")}


class SimulatedCloud:
    """One organization in the cloud; `call` may be used from several threads.

    `spelling`, `redact`: how records of the Account API show requests. `delivery_delay`: seconds from a call
    to its event; with 0 the listeners have it before the call returns. `copies_to_target`: calls in
    organizations mode leave a second record in the target account (whether AWS does so is not known).
    `account_creation_seconds`, `account_closure_seconds`: how long CreateAccount and CloseAccount take.
    `propagation_seconds`: how long reads of a contact stay stale after a write. `latency`: how long calls are
    under way. `throttle_organizations`: whether AWS Organizations refuses what is too much for it.
    `calls` counts them by service, operation and error code ("" for none).
    """

    def __init__(  # noqa: PLR0913 - each is one unknown or one delay of AWS, all keyword-only with a default
        self,
        organization: SimulatedOrganization,
        clock: Clock,
        *,
        spelling: Spelling = "camel",
        redact: bool = False,
        delivery_delay: float = 0.0,
        copies_to_target: bool = False,
        account_creation_seconds: float = 0.0,
        account_closure_seconds: float = 0.0,
        propagation_seconds: float = 0.0,
        latency: Latency | None = None,
        throttle_organizations: bool = False,
        region: str = "us-east-1",
        seed: int = 0,
    ) -> None:
        if clock is not organization.clock:
            raise ValueError("the cloud and its organization need the same clock")
        self.organization = organization
        self.clock = clock
        self.delivery_delay = delivery_delay
        self.copies_to_target = copies_to_target
        self.account = AccountService(organization, propagation_seconds=propagation_seconds)
        self.organizations = OrganizationsService(
            organization,
            account_creation_seconds=account_creation_seconds,
            account_closure_seconds=account_closure_seconds,
            throttled=throttle_organizations,
        )
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self._latency = latency
        self._services: dict[str, AccountService | OrganizationsService] = {
            "account": self.account,
            "organizations": self.organizations,
        }
        self._ids = Ids(seed)
        self._recorder = Recorder(ids=self._ids, region=region, spelling=spelling, redact=redact)
        self._listeners: list[Listener] = []
        self._queue: list[tuple[datetime, int, str, dict[str, Any]]] = []
        self._queued = 0
        self._lock = RLock()

    def subscribe(self, listener: Listener) -> None:
        """Give `listener(account_id, event)` every event, with the account on whose default bus it lands.

        Listeners run outside the cloud's lock, may call the cloud, and own the event: one copy goes to all.
        """
        self._listeners.append(listener)

    def call(
        self,
        service: str,
        operation: str,
        params: Mapping[str, Any],
        caller: Caller,
        *,
        denied: ApiError | None = None,
    ) -> Response:
        """Answer one request; raises ApiError (with its request_id), NotImplementedError if not modelled.

        Service control policies are asked first. Who holds the identity policies passes their refusal as
        `denied`: it is recorded as any other.
        """
        handler = self._services.get(service)
        if handler is None or operation not in handler.operations:
            raise NotImplementedError(f"the simulation does not answer {service}:{operation}")
        body: dict[str, Any] = {}
        refusal: ApiError | None = None
        if self._latency is not None:
            self.clock.sleep(self._latency.draw(operation))
        with self._lock:
            self._finish_background()
            request_id = self._ids.make_uuid()
            try:
                self._authorize(service, operation, params, caller)
                if denied is not None:
                    raise denied
                body = handler.call(operation, params, caller)
            except ApiError as error:
                refusal = error.copy_for_request(request_id)
            self.calls[service, operation, refusal.code if refusal else ""] += 1
            if operation in handler.mutating:
                self._record(
                    ApiCall(
                        service=service,
                        operation=operation,
                        params=dict(params),
                        caller=caller,
                        request_id=request_id,
                        at=self.clock.now(),
                        body=body,
                        error=refusal,
                    )
                )
            if refusal is None and operation in _SWITCHES:
                self._tell_regions(params.get("AccountId") or caller.account_id, operation, params)
        self.pump()
        if refusal is not None:
            raise refusal
        return Response(body=body, request_id=request_id)

    def pump(self) -> int:
        """Finish what runs in the background and deliver the events that are due; their number."""
        delivered = 0
        while True:
            with self._lock:
                self._finish_background()
                if not self._queue or self._queue[0][0] > self.clock.now():
                    return delivered
                _, _, account_id, event = heappop(self._queue)
            for listener in self._listeners:
                listener(account_id, event)
            delivered += 1

    def advance(self, seconds: float) -> int:
        """Let `seconds` pass on the clock, delivering everything at its moment; the number of events."""
        end = self.clock.now() + timedelta(seconds=seconds)
        delivered = self.pump()
        while (due := self.find_next_due()) is not None and due <= end:
            self.clock.sleep(max(0.0, (due - self.clock.now()).total_seconds()))
            delivered += self.pump()
        self.clock.sleep(max(0.0, (end - self.clock.now()).total_seconds()))
        return delivered

    def manage(self, account_id: str, name: Literal["CreateManagedAccount", "UpdateManagedAccount"]) -> None:
        """Let AWS Control Tower say that it has created or updated a member; raises KeyError for others."""
        account = self.organization.accounts[account_id]
        with self._lock:
            event = build_managed(name, account, self.organization.units[account.parent_id], self.clock.now())
            self.organizations.background.announce(event)
        self.pump()

    def client(self, service: str, caller: Caller) -> Any:
        """A boto3-shaped client of `service` ("account" or "organizations") for this caller.

        Typed Any, as boto3's own clients are: their methods exist only at run time.
        """

        def send(operation: str, params: Mapping[str, Any], added: str) -> Response:
            return self.call(service, operation, params, caller.naming(added))

        return SimulatedClient(service, send)

    def _authorize(self, service: str, operation: str, params: Mapping[str, Any], caller: Caller) -> None:
        if not list_service_control_policies(self.organization, caller.account_id):
            return
        request = build_request(self.organization, service, operation, params, caller)
        refusal = find_scp_refusal(self.organization, request, caller)
        if refusal is not None:
            raise refusal

    def _tell_regions(self, account: str, operation: str, params: Mapping[str, Any]) -> None:
        now = self.clock.now()
        for status in _SWITCHES[operation]:
            event = self._recorder.record_region_status(account, params["RegionName"], status, now)
            self._enqueue(now, event)

    def find_next_due(self) -> datetime | None:
        """When the next event is due, or the next change in the background ends; None for neither."""
        with self._lock:
            moments = [self._queue[0][0]] if self._queue else []
            background = self.organizations.background.find_next_due()
            return min([*moments, background] if background else moments, default=None)

    def _finish_background(self) -> None:
        for done in self.organizations.background.finish_due(self.clock.now()):
            event = self._recorder.record_service_event(done, management=self.organization.management)
            self._enqueue(done.at, event)

    def _record(self, call: ApiCall) -> None:
        caller_account, target = call.caller.account_id, call.params.get("AccountId")
        is_denied = call.error is not None and call.error.code == "AccessDeniedException"
        copied = (
            self.copies_to_target
            and call.service == "account"
            and target in self.organization.accounts
            and target != caller_account
            and not is_denied
        )
        shared = self._ids.make_uuid() if copied else None
        for recipient in (caller_account, target) if copied else (caller_account,):
            event = self._recorder.record_call(call, recipient=str(recipient), shared_event_id=shared)
            self._enqueue(call.at, event)

    def _enqueue(self, at: datetime, event: dict[str, Any]) -> None:
        self._queued += 1
        due = at + timedelta(seconds=self.delivery_delay)
        heappush(self._queue, (due, self._queued, event["account"], event))
