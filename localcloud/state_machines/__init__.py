"""Step Functions: state machines that run, with the packaged functions of the local cloud as their tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.state_machines import interpreter
from localcloud.state_machines.api import StepFunctionsApi
from localcloud.state_machines.service import Executions
from localcloud.state_machines.tasks import Tasks
from localcloud.state_machines.triggers import Triggers

if TYPE_CHECKING:
    from localcloud.access.services import ServiceAccess
    from localcloud.cloud.interface import Cloud
    from localcloud.events.bridge import EventBridge
    from localcloud.functions.service import Functions


def install(
    cloud: Cloud, access: ServiceAccess, *, functions: Functions, bridge: EventBridge, wait_scale: float
) -> Executions:
    """Let moto run state machines, answer requests about executions, and let rules start them.

    Of each second that a state machine waits, before a step or before another try, `wait_scale` pass.
    """
    interpreter.install(cloud, Tasks(functions, access), wait_scale=wait_scale)
    executions = Executions()
    cloud.on_stop(executions.close)
    cloud.gateway.route("states", StepFunctionsApi(executions, access).handle)
    bridge.route("states", Triggers(executions, access).start_by_rule)
    return executions
