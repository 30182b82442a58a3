"""Forks functions off a process that has imported what all of them do, so that each need not.

Runs on the functions' Python, not on ours. A line of JSON on stdin asks for a function; the answers on stdout
are `started PID` and, later, `ended PID STATUS`, the status as `subprocess` has it.
"""

import contextlib
import gc
import importlib.util
import json
import os
import select
import signal
import sys
import time
from typing import Any

#: Not the runtime client: its library reads the address that it asks when it is loaded.
_IMPORTS = (
    "boto3",
    "botocore.handlers",
    "botocore.httpsession",
    "botocore.parsers",
    "botocore.retries.standard",
)
_POWERTOOLS = "aws_lambda_powertools"  # only with its layer
_MOST_BYTES = 65_536


def serve() -> None:
    """Fork until stdin ends. Returns in no fork: it runs its function, and exits.

    A signal does not wake a read that is about to begin, and an end would be reported with the next start:
    its byte in a pipe wakes `select` whenever it comes.
    """
    for name in _IMPORTS:
        importlib.import_module(name)
    if importlib.util.find_spec(_POWERTOOLS):
        importlib.import_module(f"{_POWERTOOLS}.metrics")
    gc.freeze()
    ends, signalled = os.pipe()
    for descriptor in (ends, signalled):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # a signal with a handler writes to the pipe
    signal.set_wakeup_fd(signalled, warn_on_full_buffer=False)
    asked, rest = sys.stdin.fileno(), b""
    while True:
        ready, _, _ = select.select([asked, ends], [], [])
        if ends in ready:
            os.read(ends, _MOST_BYTES)
            _report_ends()
        if asked in ready:
            read = os.read(asked, _MOST_BYTES)
            if not read:
                return
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    os.close(ends)
                    os.close(signalled)
                    _run_function(json.loads(line))
                _say(f"started {pid}")


def _report_ends() -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _say(f"ended {ended[0]} {os.waitstatus_to_exitcode(ended[1])}")


def _say(text: str) -> None:
    os.write(sys.stdout.fileno(), f"{text}\n".encode())


def _run_function(asked: dict[str, Any]) -> None:
    """Become what `python -m awslambdaric` is, with these variables, this directory and this log."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()  # Ctrl-C is the owner's to handle
    os.environ.clear()
    os.environ.update(asked["variables"])
    time.tzset()
    os.chdir(asked["task"])
    sys.path.insert(0, asked["task"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for number, descriptor in enumerate((nothing, log, log)):
        os.dup2(descriptor, number)
    runtime = importlib.import_module("awslambdaric.__main__")
    runtime.main(["awslambdaric", asked["handler"]])
    sys.exit()


serve()
