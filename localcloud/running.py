"""Keeps one local cloud at a time in an output directory, and lets other programs find it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

STATE_FILE = "local.json"
LOCK_FILE = ".lock"
_TRIES, _PAUSE_SECONDS = 20, 0.05


class AlreadyRunningError(Exception):
    """Another process uses the directory; the text says which."""


class NotReadyError(Exception):
    """No cloud is running, or it is not ready; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCloud:
    """A running cloud as other programs see it. `ready`: everything is deployed."""

    pid: int
    endpoint: str
    organization: str
    management: str
    hub: str
    ready: bool


class DirectoryClaim:
    """Claims the directory for this process, until the context or the process ends.

    Raises AlreadyRunningError when it is another's.
    """

    def __init__(self, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self._path = out / STATE_FILE
        self._lock = (out / LOCK_FILE).open("a+")
        # Who only looks holds it for a moment: a cloud that runs holds it for good.
        for _ in range(_TRIES):
            if not _is_taken(self._lock):
                return
            time.sleep(_PAUSE_SECONDS)
        self._lock.seek(0)
        pid = self._lock.read().strip() or "unknown"
        self._lock.close()
        raise AlreadyRunningError(
            f"already running, with pid {pid}: stop it first, with Ctrl-C or kill {pid}"
        )

    def __enter__(self) -> Self:
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        return self

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)
        self._lock.close()

    def publish(self, **state: Any) -> None:
        """Write the state file that other programs read, atomically."""
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(asdict(RunningCloud(pid=os.getpid(), **state)), indent=2) + "\n")
        new.replace(self._path)


def find_running(out: Path) -> RunningCloud:
    """The cloud that runs in a directory and is ready. Raises NotReadyError."""
    start = "start it in another terminal with `make local`"
    try:
        with (out / LOCK_FILE).open("a+") as lock:
            if not _is_taken(lock):
                raise NotReadyError(f"the local cloud is not running: {start}")
        state = RunningCloud(**json.loads((out / STATE_FILE).read_text()))
    except FileNotFoundError as error:
        if (out / LOCK_FILE).exists():
            raise NotReadyError("the local cloud is starting: wait until it says ready") from error
        raise NotReadyError(f"the local cloud is not running: {start}") from error
    if not state.ready:
        raise NotReadyError("the local cloud is deploying: wait until it says ready")
    return state


def _is_taken(lock: IO[str]) -> bool:
    """Whether another process holds the lock; takes it for the life of the file object otherwise."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
