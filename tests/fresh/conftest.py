"""A local cloud in which nothing is set up, for those who follow a page from its beginning."""

import signal
import subprocess
import sys

import pytest

from localcloud.running import NotReadyError, find_running
from localcloud.story.cdk import ROOT
from tests.cloud.tools import ended_by, wait_for


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A local cloud in a process of its own, with nothing set up; the directory that it writes into."""
    out = tmp_path_factory.mktemp("bare") / "out"
    command = [sys.executable, "-m", "localcloud.local", "--bare", "--port", "0", "--out", str(out)]
    with (out.parent / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)  # noqa: S603 -- our own words
    try:
        wait_for(lambda: _is_ready(out), seconds=600)
        yield out
    finally:
        ended_by(process, signal.SIGINT)


def _is_ready(out):
    try:
        return find_running(out)
    except NotReadyError:
        return None
