"""EventBridge: matches events of the simulation's CloudTrail and of PutEvents, and delivers them as AWS does.

Sources: EventBridge user guide, "Sending and receiving events between accounts" (both sides must allow, the
target needs a role) and its condition keys; the hop limit as observed (THIRD_ACCOUNT_HOP_DETECTED).
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from typing import TYPE_CHECKING, Any

from localcloud.aws.trails import is_logged
from localcloud.events.buses import find_bus
from localcloud.events.deliverable import COMMON, EventDelivery, LostEvent, UndeliverableError, require_known
from localcloud.events.patterns import compile_pattern
from localcloud.messaging.queues import find_queue, send_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.access.services import ServiceAccess
    from simulation.cloud import SimulatedCloud

    Sender = Callable[[Any, dict[str, Any], EventDelivery], None]

_SERVICE = "events.amazonaws.com"
_log = logging.getLogger(__name__)


#: What no other try would change. Source: EventBridge user guide, "Using dead-letter queues to process
#: undelivered events".
_PERMANENT = {"NO_PERMISSIONS", "NO_RESOURCE", "THIRD_ACCOUNT_HOP_DETECTED"}
_DEFAULT_RETRIES = 185


def _count_retries(target: dict[str, Any], code: str) -> int:
    """How often EventBridge would have tried again; here nothing is tried twice."""
    if code in _PERMANENT:
        return 0
    return int(target.get("RetryPolicy", {}).get("MaximumRetryAttempts", _DEFAULT_RETRIES))


class EventBridge:
    """All buses of all accounts; one worker thread delivers, in order of arrival."""

    def __init__(self, simulation: SimulatedCloud, access: ServiceAccess) -> None:
        self._access = access
        self.lost: list[LostEvent] = []
        self._senders: dict[str, Sender] = {"sqs": self._send_to_queue, "events": self._forward}
        self._listeners: list[Callable[[dict[str, Any]], None]] = []
        self._simulation = simulation
        self._arrivals: queue.Queue[EventDelivery] = queue.Queue()
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, name="eventbridge", daemon=True)
        simulation.subscribe(self._accept_from_cloudtrail)
        self._worker.start()

    def accept(self, bus_arn: str, event: dict[str, Any]) -> None:
        """Put an event on a bus. The worker thread delivers it."""
        self._arrivals.put(EventDelivery(bus_arn=bus_arn, event=event))

    def listen(self, listener: Callable[[dict[str, Any]], None]) -> None:
        """Give `listener` every event of every bus, as it arrives there."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Stop delivering."""
        self._stopping.set()
        self._worker.join(timeout=5)

    def is_idle(self) -> bool:
        """Whether no event is on its way."""
        return self._simulation.find_next_due() is None and not self._arrivals.unfinished_tasks

    def _accept_from_cloudtrail(self, account: str, event: dict[str, Any]) -> None:
        management = self._simulation.organization.management
        by_trail = event["detail-type"].endswith("via CloudTrail")
        if not by_trail or is_logged(account, event["region"], management):
            self.accept(f"arn:aws:events:{event['region']}:{account}:event-bus/default", event)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._simulation.pump()
                delivery = self._arrivals.get(timeout=0.02)
            except queue.Empty:
                continue
            except Exception:  # noqa: BLE001 - an error of a listener must not end the delivery of all accounts
                _log.exception("pump")
                continue
            try:
                self._deliver(delivery)
            except Exception:  # noqa: BLE001 - same
                _log.exception("delivery")
            finally:
                self._arrivals.task_done()

    def _deliver(self, delivery: EventDelivery) -> None:
        for listener in self._listeners:
            listener(delivery.event)
        for rule in list(getattr(find_bus(delivery.bus_arn), "rules", {}).values()):
            if rule.state.startswith("ENABLED") and not rule.scheduled_expression:
                self._apply(rule, delivery)

    def _apply(self, rule: Any, delivery: EventDelivery) -> None:
        try:
            matched = compile_pattern(json.dumps(rule.event_pattern.get_pattern()))(delivery.event)
        except Exception:  # noqa: BLE001 - however it came to be, a rule that cannot be evaluated is nobody else's problem
            _log.exception("pattern", extra={"rule": rule.arn})
            return
        for target in rule.targets if matched else ():
            try:
                self._send(rule, target, delivery)
            except Exception as error:  # noqa: BLE001 - whatever a target does, the event must be accounted for
                self._fail(rule, target, delivery, error)

    def route(self, service: str, sender: Sender) -> None:
        """Register `sender(rule, target, delivery)` for the targets of a service.

        It raises UndeliverableError if it cannot deliver.
        """
        self._senders[service] = sender

    def _send(self, rule: Any, target: dict[str, Any], delivery: EventDelivery) -> None:
        sender = self._senders.get(target["Arn"].split(":")[2])
        if sender is None:
            raise NotImplementedError(f"target {target['Arn']}")
        sender(rule, target, delivery)

    def _send_to_queue(self, rule: Any, target: dict[str, Any], delivery: EventDelivery) -> None:
        require_known(target, COMMON)
        self._put_on_queue(rule, target["Arn"], json.dumps(delivery.event), {})

    def _forward(self, rule: Any, target: dict[str, Any], delivery: EventDelivery) -> None:
        require_known(target, COMMON | {"RoleArn"})
        if delivery.forwarded:
            raise UndeliverableError(
                "THIRD_ACCOUNT_HOP_DETECTED", "an event is forwarded from bus to bus once"
            )
        self._check_hop(rule, target, delivery.event)
        self._arrivals.put(EventDelivery(bus_arn=target["Arn"], event=delivery.event, forwarded=True))

    def _put_on_queue(self, rule: Any, arn: str, body: str, attributes: dict[str, str]) -> None:
        find_queue(arn)
        place = {"source_arn": rule.arn, "source_account": rule.account_id}
        if not self._access.is_admitted(_SERVICE, "sqs:SendMessage", arn, **place):
            raise UndeliverableError("NO_PERMISSIONS", f"the policy of {arn} does not admit {rule.arn}")
        send_message(arn, body, attributes)

    def _check_hop(self, rule: Any, target: dict[str, Any], event: dict[str, Any]) -> None:
        arn, role = target["Arn"], target.get("RoleArn", "")
        if find_bus(arn) is None:
            raise UndeliverableError("NO_RESOURCE", f"{arn} does not exist")
        keys = {
            "events:eventBusInvocation": ["true"],
            "events:source": [event["source"]],
            "events:detail-type": [event["detail-type"]],
        }
        refused = self._access.explain_refusal_as(
            _SERVICE, role, "events:PutEvents", arn, source_arn=rule.arn, extra=keys
        )
        if refused:
            raise UndeliverableError("NO_PERMISSIONS", f"{rule.arn}: {refused}")

    def _fail(self, rule: Any, target: dict[str, Any], delivery: EventDelivery, error: Exception) -> None:
        code = error.code if isinstance(error, UndeliverableError) else type(error).__name__
        reason = f"{code}: {getattr(error, 'message', error)}"
        _log.warning("undelivered: %s", reason, extra={"rule": rule.arn, "target": target["Arn"]})
        dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": reason,
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            "RETRY_ATTEMPTS": str(_count_retries(target, code)),
        }
        if dead_letters:
            try:
                return self._put_on_queue(rule, dead_letters, json.dumps(delivery.event), attributes)
            except (LookupError, UndeliverableError) as second:
                reason = f"{reason}; and its dead-letter queue: {second}"
        self.lost.append(LostEvent(event=delivery.event, target_arn=target["Arn"], reason=reason))
        return None
