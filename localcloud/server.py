"""The local cloud: one moto server on loopback and, in one visible list, everything that is put around it."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

from moto.iam import models as iam_models
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from localcloud import (
    apis,
    cloudformation,
    deliveries,
    events,
    functions,
    identities,
    published,
    queues,
    repairs,
    schedules,
    slack,
    stack_events,
    state_machines,
    trails,
)
from localcloud.clients import Clients, own_key
from localcloud.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.cloudformation.engine import Engine
    from localcloud.deliveries import Mail
    from localcloud.events import Bridge
    from localcloud.functions.service import Functions
    from localcloud.schedules import Schedules
    from localcloud.slack.receiver import Receiver
    from localcloud.state_machines.service import Executions
    from simulation.cloud import SimulatedCloud

_ADDRESS = "127.0.0.1"  # loopback only, and a literal, so that S3 clients address buckets by path

# Every departure from plain moto, in the order in which it is installed.
INSTALLERS: tuple[Callable[[LocalCloud], None], ...] = (
    repairs.install,
    identities.install,
    published.install,
    trails.install,
    cloudformation.install,
    queues.install,
    apis.install,
    deliveries.install,
    events.install,
    functions.install,
    state_machines.install,
    schedules.install,
    stack_events.install,
    slack.install,
)


class LocalCloud:
    """moto's server in a thread of this process, patched while it runs.

    moto keeps its state per process and in memory: starting resets it, and only one cloud can run at a time.
    `simulation` is the model behind the Account and Organizations APIs; logs and alerts go into `run_dir`;
    `runtime` is the virtual environment in which functions run. `auto_deployment_seconds`: how long after an
    account has come to a target or left it StackSets notices; `wait_scale`: how many seconds pass of each
    that a state machine waits, before a step or before another try.
    """

    # Set by the installers of the same name.
    apis: apis.Apis
    bridge: Bridge
    engine: Engine
    executions: Executions
    functions: Functions
    mail: Mail
    schedules: Schedules
    slack: Receiver

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
        self.simulation = simulation
        self.run_dir = run_dir
        self.runtime = runtime
        self.auto_deployment_seconds = auto_deployment_seconds
        self.wait_scale = wait_scale
        self.gateway = Gateway(DomainDispatcherApplication(create_backend_app))
        self.endpoint = ""
        self._port = port
        self._undo = contextlib.ExitStack()

    def start(self) -> Self:
        """Listen, then install everything. Raises OSError for a port that is taken."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        moto_api_backend.reset()
        # Bound here, because werkzeug ends the process when a port is taken.
        with socket.create_server((_ADDRESS, self._port)) as bound:
            port = bound.getsockname()[1]
            server = make_server(
                _ADDRESS, port, self.gateway, threaded=True, request_handler=_QuietHandler, fd=bound.fileno()
            )
        self.endpoint = f"http://{_ADDRESS}:{port}"
        self.clients = Clients(self.endpoint, key=own_key())
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name="localcloud").start()
        self._undo.callback(server.server_close)
        self._undo.callback(server.shutdown)
        # Keys that nobody handed out are those of the person at the keyboard, who runs the organization.
        self.patch(iam_models, "DEFAULT_ACCOUNT_ID", self.simulation.organization.management)
        try:
            for install in INSTALLERS:
                install(self)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End what runs, last started first, and give moto back as it was."""
        self._undo.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def patch(self, target: Any, name: str, replacement: Any) -> None:
        """Replace an attribute (of a class or module) or an item (of a dict) until the cloud stops."""
        if isinstance(target, dict):
            self._undo.callback(target.__setitem__, name, target[name])
            target[name] = replacement
        else:
            self._undo.callback(setattr, target, name, vars(target)[name])
            setattr(target, name, replacement)

    def on_stop(self, callback: Callable[[], Any]) -> None:
        """Call back when the cloud stops, before anything that was installed earlier is undone."""
        self._undo.callback(callback)


class _QuietHandler(MotoRequestHandler):
    """Serves keep-alive connections, without a line on the terminal for each request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: 40 ms of delayed acknowledgement each

    def log(self, *_: Any) -> None:
        """Drop werkzeug's access log."""
