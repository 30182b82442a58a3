"""Processes that are forked off one that is ready: how they end, and what a function finds in them."""

import signal

import pytest

from localcloud.functions.forks import ForkServer
from localcloud.kept import ROOT

# The runtime client asks nobody here: each of these ends before its module is read.
ENDS = {
    "with_a_status": ("import os\nos._exit(7)\n", 7),
    "by_a_signal": ("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n", -signal.SIGTERM),
}
LOOKS = """
import os, sys
print("HOME" in os.environ, "aws_lambda_powertools" in sys.modules, [sys.stdin.read()])
print(os.environ["VARIABLE"], os.getcwd() == os.environ["PLACE"], os.getsid(0) == os.getpid(), flush=True)
os._exit(0)
"""


@pytest.fixture
def server():
    started = ForkServer(ROOT / ".runtime" / "bin" / "python", {"HOME": "/nowhere", "PATH": "/usr/bin:/bin"})
    yield started
    started.close()


@pytest.fixture
def start(server, tmp_path):
    def start(code=None):
        if code is not None:
            (tmp_path / "main.py").write_text(code)
        variables = {
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",
            "LAMBDA_TASK_ROOT": str(tmp_path),
            "PLACE": str(tmp_path),
            "VARIABLE": "its own",
        }
        return server.start("main.handler", task=tmp_path, variables=variables, log=tmp_path / "log")

    return start


@pytest.mark.parametrize("name", ENDS)
def test_its_status_is_known_when_it_has_ended(start, name):
    code, status = ENDS[name]
    forks = [start(code), *(start() for _ in range(19))]
    for fork in forks:
        fork.wait()
    assert [fork.returncode for fork in forks] == [status] * 20
    assert len({fork.pid for fork in forks}) == 20


def test_one_that_runs_can_be_killed_and_once_more(start):
    fork = start("import time\ntime.sleep(300)\n")
    assert fork.returncode is None
    fork.kill()
    fork.wait()
    fork.kill()
    assert fork.returncode == -signal.SIGKILL


def test_a_function_finds_what_is_its_own_and_nothing_of_the_server(start, tmp_path):
    start(LOOKS).wait()
    assert (tmp_path / "log").read_text() == "False False ['']\nits own True True\n"


def test_a_server_that_is_gone_starts_nothing_and_says_so(server, start):
    running = start("import time\ntime.sleep(300)\n")
    server.close()
    running.wait()
    assert running.returncode == -signal.SIGKILL
    for _ in range(2):
        with pytest.raises(RuntimeError, match="ended with status -9"):
            start()
