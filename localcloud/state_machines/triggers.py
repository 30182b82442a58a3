"""Starts state machines as the target of a rule or a schedule.

Source: EventBridge user guide, "Amazon EventBridge targets" (a role that may start the machine is needed);
EventBridge Scheduler user guide, "Execution role".
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import AWSError

from localcloud.events.deliverable import COMMON, EventDelivery, UndeliverableError, require_known

if TYPE_CHECKING:
    from localcloud.access.services import ServiceAccess
    from localcloud.state_machines.service import Executions

_ACTION = "states:StartExecution"


class Triggers:
    """Starts executions for services, as the role that their target names."""

    def __init__(self, executions: Executions, access: ServiceAccess) -> None:
        self._executions = executions
        self._access = access

    def start_by_rule(self, rule: Any, target: dict[str, Any], delivery: EventDelivery) -> None:
        """Start the machine of a rule's target with its Input, else with the event."""
        require_known(target, COMMON | {"RoleArn", "Input"})
        document = target.get("Input") or json.dumps(delivery.event)
        # One delivery is one execution, should EventBridge deliver it twice.
        name = f"{delivery.event['id']}_{uuid.uuid5(uuid.NAMESPACE_URL, rule.arn)}"
        self._start(target, document, name=name, service="events.amazonaws.com", source_arn=rule.arn)

    def start_by_schedule(self, group_arn: str, target: dict[str, Any]) -> str:
        """Start the machine of a schedule's target; gives the execution's ARN. Raises UndeliverableError."""
        require_known(target, COMMON | {"RoleArn", "Input"})
        document = target.get("Input") or "{}"
        if "<aws.scheduler." in document:
            raise NotImplementedError("context attributes in a schedule's input")
        return self._start(target, document, service="scheduler.amazonaws.com", source_arn=group_arn)

    def _start(
        self, target: dict[str, Any], document: str, *, service: str, source_arn: str, name: str | None = None
    ) -> str:
        role, machine = target.get("RoleArn", ""), target["Arn"]
        refused = self._access.explain_refusal_as(service, role, _ACTION, machine, source_arn=source_arn)
        if refused:
            raise UndeliverableError("NO_PERMISSIONS", refused)
        try:
            return str(self._executions.start(machine, name=name, document=document).execution_arn)
        except AWSError as error:
            code = "NO_RESOURCE" if error.error_type == "StateMachineDoesNotExist" else str(error.error_type)
            raise UndeliverableError(code, str(error.message)) from error
