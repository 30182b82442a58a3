"""Limits of the stories are those of the stacks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import chaos
from chaos import limits
from rollcall.sweep.run import SETTLE_SECONDS

STACKS = Path(chaos.__file__).parents[1] / "stacks"


def read(file: str, pattern: str) -> int:
    found = re.findall(pattern, (STACKS / file).read_text(encoding="utf-8"))
    assert len(found) == 1, f"{file} has {pattern} {len(found)} times"
    return int(found[0])


@pytest.mark.parametrize(
    ("file", "pattern", "expected"),
    [
        ("parts/intake.py", r"RECONCILE_TIMEOUT: Final = Duration\.seconds\((\d+)\)", "reconcile"),
        ("parts/channels.py", r"_TIMEOUT: Final = Duration\.seconds\((\d+)\)", "notify"),
    ],
)
def test_time_outs_of_functions(file: str, pattern: str, expected: str) -> None:
    assert limits.FUNCTION_TIMEOUTS[expected] == read(file, pattern)


def test_time_outs_of_the_steps_of_a_sweep() -> None:
    for function, name in (("sweep", "_SWEEP_TIMEOUT"), ("apply", "_APPLY_TIMEOUT")):
        minutes = read("parts/sweep.py", rf"{name}: Final = Duration\.minutes\((\d+)\)")
        assert limits.FUNCTION_TIMEOUTS[function] == 60 * minutes


def test_visibility_and_receives() -> None:
    times = read("constructs/inbox.py", r"_VISIBILITY_PER_TIMEOUT = (\d+)")
    assert limits.VISIBILITY["intake"] == times * limits.FUNCTION_TIMEOUTS["reconcile"]
    assert limits.VISIBILITY["notify"] == times * limits.FUNCTION_TIMEOUTS["notify"]
    assert limits.MOST_RECEIVES["intake"] == read("parts/intake.py", r"_TRIES: Final = (\d+)")
    assert limits.MOST_RECEIVES["notify"] == read("parts/channels.py", r"_TRIES: Final = (\d+)")


def test_retries_of_a_step() -> None:
    first = read("constructs/machine.py", r"_FIRST_WAIT: Final = Duration\.seconds\((\d+)\)")
    retries = read("constructs/machine.py", r"_RETRIES: Final = (\d+)")
    assert tuple(first * 2**number for number in range(retries)) == limits.STEP_WAITS


def test_waits_of_a_sweep() -> None:
    seconds = read("parts/sweep.py", r"Duration\.seconds\((\d+)\)")
    waits = {"wait": (seconds, "begin"), "settle": (SETTLE_SECONDS, "apply")}
    assert waits == limits.MACHINE_WAITS


def test_what_a_step_that_was_given_up_leads_to() -> None:
    text = (STACKS / "parts" / "sweep.py").read_text(encoding="utf-8")
    caught = re.findall(r"(\w+)\.add_catch\((\w+), result_path=\"\$\.failed\.(\w+)\"\)", text)
    assert {step: to for _, to, step in caught} == limits.CATCHES
