"""Ctrl-C while the program loads, which takes as long as people need to change their mind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Each import of a module by this name is when Ctrl-C comes.
_INTERRUPTED = """
import os, signal, sys

class Person:
    def find_spec(self, name, path=None, target=None):
        if name == moment:
            os.kill(os.getpid(), signal.SIGINT)

moment, sys.argv[1:] = sys.argv[1], ["explain", "222222222222", "--offline", "--config", "config/example"]
sys.meta_path.insert(0, Person())
from rollcall_cli.main import main
main()
"""


@pytest.mark.parametrize(
    "module",
    ["typer", "rich.console", "botocore.exceptions", "rollcall_cli.app", "rollcall_cli.text.progress"],
)
def test_ctrl_c_while_it_loads_shows_no_traceback(module):
    done = subprocess.run(  # noqa: S603  # our own interpreter and our own words
        [sys.executable, "-c", _INTERRUPTED, module],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'lambdas'}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "error: interrupted\nfix: run the command again\n"
