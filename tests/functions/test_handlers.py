"""A function is composed once, and its start is not spent on looking for garbage."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

import apply.handler
import control.handler
import notify.handler
import reconcile.handler
import sweep.handler
from rollcall.runtime.handlers import compose_once

LAMBDAS = Path(__file__).parents[2] / "lambdas"


def test_what_was_composed_is_kept() -> None:
    made: list[object] = []

    @compose_once
    def function() -> object:
        made.append(object())
        return made[-1]

    assert [function(), function()] == [made[0], made[0]]


def test_nobody_looks_for_garbage_while_composing_and_everybody_does_afterwards() -> None:
    assert not compose_once(gc.isenabled)()
    assert gc.isenabled()


def test_a_failure_is_raised_and_the_next_message_composes_again() -> None:
    tries: list[int] = []

    @compose_once
    def function() -> int:
        tries.append(len(tries))
        if tries[-1] < 2:
            raise ValueError("not yet")
        return tries[-1]

    assert tries == [0]  # while Lambda starts the function
    with pytest.raises(ValueError, match="not yet"):
        function()
    assert gc.isenabled()
    assert function() == 2


@pytest.mark.parametrize(
    "composed",
    [
        reconcile.handler._function,
        notify.handler._function,
        sweep.handler._steps,
        apply.handler._steps,
        control.handler._operator,
    ],
)
def test_every_function_starts_this_way(composed: object) -> None:
    assert getattr(composed, "__wrapped__").__module__ == "rollcall.runtime.handlers"  # noqa: B009  # mypy knows no such attribute


def test_a_start_loads_nothing_of_boto3() -> None:
    code = "import apply.handler, control.handler, notify.handler, reconcile.handler, sweep.handler, sys"
    done = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", f"{code}; sys.exit('boto3' in sys.modules)"],
        check=False,
        env={"PYTHONPATH": str(LAMBDAS)},
    )
    assert done.returncode == 0
