"""Processes of functions, forked off one that is ready: see `fork_server.py`, which it starts."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVER = Path(__file__).with_name("fork_server.py")


class Fork:
    """A process. `returncode` is its exit status as `subprocess` has it, None while it runs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def kill(self) -> None:
        """End it at once."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> None:
        """Wait until it has ended."""
        self._ended.wait()

    def end(self, status: int) -> None:
        """It has ended with this status."""
        self.returncode = status
        self._ended.set()


class ForkServer:
    """Starts processes of functions whose variables have the same PYTHONPATH."""

    def __init__(self, python: Path, variables: Mapping[str, str]) -> None:
        # macOS stops forks of a process that has loaded its frameworks, unless it is asked not to.
        given = {**variables, "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"}
        self._server = subprocess.Popen(  # noqa: S603 - our own program, in the functions' runtime
            [str(python), "-s", "-P", str(_SERVER)],
            env=given,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is the owner's to handle
        )
        self._lock = threading.Lock()
        self._started: queue.SimpleQueue[Fork | None] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def start(self, handler: str, *, task: Path, variables: Mapping[str, str], log: Path) -> Fork:
        """Start a function. Raises RuntimeError if the server has ended."""
        asked = {"handler": handler, "task": str(task), "variables": variables, "log": str(log.resolve())}
        with self._lock:
            with contextlib.suppress(BrokenPipeError, ValueError):
                print(json.dumps(asked), file=self._server.stdin, flush=True)
            fork = self._started.get()
            if fork is None:
                self._started.put(None)  # nor does the next one start
                raise RuntimeError(f"{_SERVER.name} ended with status {self._server.wait()}")
        return fork

    def close(self) -> None:
        """End it, and all that it started."""
        self._server.kill()
        self._listener.join()
        with self._server:
            """Close its pipes."""

    def _listen(self) -> None:
        running: dict[int, Fork] = {}
        for line in self._server.stdout or ():
            what, pid, *status = line.split()
            if what == "started":
                fork = running[int(pid)] = Fork(int(pid))
                self._started.put(fork)
            else:
                running.pop(int(pid)).end(int(status[0]))
        for fork in running.values():
            fork.kill()  # nobody would know of its end
            fork.end(-signal.SIGKILL)
        self._started.put(None)
