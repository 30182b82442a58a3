"""One moto server on loopback, in which parts can be installed until it stops."""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from moto.iam import models as iam_models
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.datastructures import Headers
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app

from localcloud.cloud.clients import AccountClients, generate_key
from localcloud.cloud.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from simulation.cloud import SimulatedCloud

_ADDRESS = "127.0.0.1"  # loopback only, and a literal, so that S3 clients address buckets by path


class Server:
    """moto's server in a thread of this process, patched while it runs. Subclasses install the parts.

    moto keeps its state per process and in memory: starting resets it, and only one server can run at a time.
    `simulation` is the model behind the Account and Organizations APIs; logs and alerts go into `run_dir`.
    """

    clients: AccountClients  # from the start on

    def __init__(self, *, simulation: SimulatedCloud, run_dir: Path, port: int = 0) -> None:
        self.simulation = simulation
        self.run_dir = run_dir
        self.gateway = Gateway(_Dispatcher(create_backend_app))
        self._port = port
        self._undo = contextlib.ExitStack()

    def install_parts(self) -> None:
        """Install the parts. Called when the server listens."""

    def prepare_role(self, arn: str) -> None:
        """Called with the ARN of each role that somebody in this process wants to work with."""

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
        self.clients = AccountClients(
            f"http://{_ADDRESS}:{port}", key=generate_key(), prepare=self.prepare_role
        )
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name="localcloud").start()
        self._undo.callback(server.server_close)
        self._undo.callback(server.shutdown)
        # Keys that nobody handed out are those of the person at the keyboard, who runs the organization.
        self.patch(iam_models, "DEFAULT_ACCOUNT_ID", self.simulation.organization.management)
        try:
            self.install_parts()
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def endpoint(self) -> str:
        """The address that clients call."""
        return self.clients.endpoint

    def stop(self) -> None:
        """Stop the parts, newest first, and undo all patches of moto."""
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


class _Dispatcher(DomainDispatcherApplication):
    """Knows a host that it has seen: moto looks through its directories and all its patterns each time."""

    @functools.cache  # noqa: B019 - there is one dispatcher for a cloud
    def get_backend_for_host(self, host: str | None) -> Any:
        return super().get_backend_for_host(host)


class _QuietHandler(MotoRequestHandler):
    """Serves connections that stay open, without a line on the terminal for each request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: 40 ms of delayed acknowledgement each

    def run_wsgi(self) -> None:
        """Answer a request, whose body the gateway reads to its end. werkzeug would close the connection."""
        try:
            parts, status, headers = run_wsgi_app(self.server.app, self.make_environ(), buffered=True)
        except Exception:  # noqa: BLE001 - an error of the local cloud ends the request, not the connection
            self.server.log("error", traceback.format_exc())
            parts, status, headers = [], "500 INTERNAL SERVER ERROR", Headers()
        code, _, reason = status.partition(" ")
        body = b"".join(parts)
        self.send_response(int(code), reason)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers and self.command != "HEAD" and int(code) != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, *_: Any) -> None:
        """Drop werkzeug's access log."""
