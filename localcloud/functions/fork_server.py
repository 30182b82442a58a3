"""Forks functions off a process that has imported what all of them do, so that each need not.

Runs on the functions' Python, not on ours. A line of JSON on stdin asks for a function; the answers on stdout
are `started PID` and, later, `ended PID STATUS`, the status as `subprocess` has it.
"""

import contextlib
import gc
import importlib.util
import json
import os
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
_ENDED = {signal.SIGCHLD}


def serve() -> None:
    """Fork until stdin ends. Returns in no fork: it runs its function, and exits."""
    for name in _IMPORTS:
        importlib.import_module(name)
    if importlib.util.find_spec(_POWERTOOLS):
        importlib.import_module(f"{_POWERTOOLS}.metrics")
    gc.freeze()
    signal.signal(signal.SIGCHLD, lambda *_: _report_ends())
    for line in sys.stdin:
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDED)  # no end is reported before its start
        pid = os.fork()
        if pid == 0:
            _run_function(json.loads(line))
        _say(f"started {pid}")
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDED)


def _report_ends() -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _say(f"ended {ended[0]} {os.waitstatus_to_exitcode(ended[1])}")


def _say(text: str) -> None:
    os.write(sys.stdout.fileno(), f"{text}\n".encode())


def _run_function(asked: dict[str, Any]) -> None:
    """Become what `python -m awslambdaric` is, with these variables, this directory and this log."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDED)
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
