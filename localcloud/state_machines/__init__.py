"""Step Functions: state machines that run, with the packaged functions of the local cloud as their tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.state_machines import interpreter
from localcloud.state_machines.api import StepFunctionsApi
from localcloud.state_machines.service import Executions
from localcloud.state_machines.triggers import Triggers

if TYPE_CHECKING:
    from localcloud.server import LocalCloud


def install(cloud: LocalCloud) -> None:
    """Let moto run machines, answer about executions in its place, and let rules start them."""
    interpreter.install(cloud, wait_scale=cloud.wait_scale)
    cloud.executions = Executions()
    cloud.on_stop(cloud.executions.close)
    cloud.gateway.route("states", StepFunctionsApi(cloud.executions).handle)
    cloud.bridge.route("states", Triggers(cloud.executions).by_rule)
