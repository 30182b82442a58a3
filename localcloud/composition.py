"""The local cloud: moto's server with all parts, in the order of their installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud import cloudformation, events, functions, slack, state_machines
from localcloud.access import enforcement
from localcloud.access.services import ServiceAccess
from localcloud.aws import apis, event_history, identities, published, repairs, trails
from localcloud.cloud.server import Server
from localcloud.cloudformation import stack_events
from localcloud.limits import list_checks
from localcloud.messaging import mail, queues, redrive
from localcloud.state_machines import schedules

if TYPE_CHECKING:
    from pathlib import Path

    from simulation.cloud import SimulatedCloud


class LocalCloud(Server):
    """The whole cloud. Its parts are attributes once it has started.

    `runtime` is the virtual environment in which functions run. `auto_deployment_seconds`: how long StackSets
    take to notice that an account joined or left a target. `wait_scale`: seconds that pass for each second
    that a state machine waits.
    """

    def __init__(
        self,
        *,
        simulation: SimulatedCloud,
        run_dir: Path,
        runtime: Path,
        port: int = 0,
        auto_deployment_seconds: float = 2.0,
        wait_scale: float = 1.0,
    ) -> None:
        super().__init__(simulation=simulation, run_dir=run_dir, port=port)
        self._runtime = runtime
        self._auto_deployment_seconds = auto_deployment_seconds
        self._wait_scale = wait_scale

    def prepare_role(self, arn: str) -> None:
        """Make the role of a person at the keyboard, if nobody has made it."""
        identities.make_person_role(arn, self.simulation.organization.management)

    def is_idle(self) -> bool:
        """Whether nothing is under way: no event, no message that a function could have now, no execution."""
        return self.bridge.is_idle() and self.poller.is_idle() and self.executions.is_idle()

    def install_parts(self) -> None:
        """Install every part that differs from plain moto."""
        repairs.install(self)
        identities.install(self)
        access = ServiceAccess(self.simulation.organization)
        enforcement.install(self, list_checks(access))
        published.install(self)
        trails.install(self)
        engine = cloudformation.install(self, auto_deployment_seconds=self._auto_deployment_seconds)
        queues.install(self)
        redrive.install(self)
        self.apis = apis.install(self, event_history.install(self))
        self.mail = mail.install(self, access)
        self.bridge = events.install(self, access)
        stack_events.connect(engine, self.bridge)
        self.functions, self.poller = functions.install(self, access, runtime=self._runtime)
        self.executions = state_machines.install(
            self, access, functions=self.functions, bridge=self.bridge, wait_scale=self._wait_scale
        )
        self.schedules = schedules.install(self, access, self.executions)
        self.slack = slack.install(self)
