"""An execution environment: one process under awslambdaric and the Runtime API that it polls.

Source: Lambda developer guide, "Using the Lambda runtime API" and "Execution environment lifecycle".
It lives exactly as long as its process: after a crash, a failed init or a timeout a new one is made.
"""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.functions.forks import ForkServer

_INIT_SECONDS = 10.0
_API = "/2018-06-01/runtime/"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationResult:
    """The payload that an invocation returned, and whether it describes an error."""

    payload: bytes
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What is started: by which server, where, with which variables; how long an invocation may take (s)."""

    server: ForkServer
    handler: str
    task: Path
    variables: dict[str, str]
    log: Path
    function_arn: str
    timeout: float


class ExecutionEnvironment:
    """Runs one invocation at a time; `busy` belongs to the pool that holds it."""

    def __init__(self, launch: Launch) -> None:
        self.busy = True
        self._launch = launch
        self._next: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._outcome: queue.SimpleQueue[InvocationResult] = queue.SimpleQueue()
        self._running_since = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(self))
        self._server.daemon_threads = True
        self._closed = False
        threading.Thread(target=self._serve, daemon=True).start()
        address = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}"}
        self.process = launch.server.start(
            launch.handler, task=launch.task, variables=launch.variables | address, log=launch.log
        )

    @property
    def alive(self) -> bool:
        """Whether another invocation can be given to it."""
        return self.process.returncode is None

    def invoke(self, event: bytes) -> InvocationResult:
        """Run the handler. A timeout kills the process; if the process dies, the invocation fails."""
        request_id = str(uuid.uuid4())
        # Until the process asks for the event, the limit of the init phase holds.
        self._running_since = time.monotonic() + _INIT_SECONDS
        self._next.put((request_id, event))
        while True:
            dead = not self.alive
            try:
                return self._outcome.get(timeout=0 if dead else 0.02)
            except queue.Empty:
                if dead:
                    status = f"exit status {self.process.returncode}"
                    return _build_failure(
                        "Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited: {status}"
                    )
            if time.monotonic() - self._running_since > self._launch.timeout:
                self.close()
                message = f"{request_id} Task timed out after {self._launch.timeout:.2f} seconds"
                return _build_failure("Sandbox.Timedout", message)

    def close(self) -> None:
        """Kill the process and stop the Runtime API."""
        self.process.kill()
        self.process.wait()
        self._closed = True
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self._server.server_port)).close()
        self._server.server_close()

    def _serve(self) -> None:
        """Wait for connections until `close` makes one: to look every 50 ms costs more than to answer."""
        while not self._closed:
            self._server.handle_request()

    def await_invocation(self) -> tuple[bytes, dict[str, str]]:
        """GET invocation/next: waits for an event; the time limit of the invocation starts here."""
        request_id, event = self._next.get()
        self._running_since = time.monotonic()
        deadline = int((time.time() + self._launch.timeout) * 1000)
        return event, {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": self._launch.function_arn,
            # The client crashes when a header that it expects is missing.
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
            "Content-Type": "application/json",
        }

    def report(self, path: str, body: bytes) -> None:
        """POST invocation/<id>/response, invocation/<id>/error or init/error."""
        self._outcome.put(InvocationResult(payload=body, failed=path.endswith("/error")))


def _build_failure(kind: str, message: str) -> InvocationResult:
    return InvocationResult(
        payload=json.dumps({"errorType": kind, "errorMessage": message}).encode(), failed=True
    )


def _make_handler(environment: ExecutionEnvironment) -> type[BaseHTTPRequestHandler]:
    class RuntimeApi(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer: a second one would wait for a delayed acknowledgement
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(200, *environment.await_invocation())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            environment.report(self.path.removeprefix(_API), body)
            self._answer(202, b"{}", {})

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, text in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return RuntimeApi
