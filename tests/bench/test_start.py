"""What the bench starts is what Lambda would start, whatever a function is told by its environment."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from bench.start import FUNCTIONS, variables_of
from stacks.asset import stage
from tests.support.world import ROSTER

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="asset", scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stage(candidate=ROSTER, target=tmp_path_factory.mktemp("start") / "asset")


@pytest.mark.parametrize(("environment", "code"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function_is_composed_with_what_the_bench_tells_it(
    asset: Path, environment: Any, code: str
) -> None:
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "testing")
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "us-east-1")
    told = variables_of(environment) | keys | region | {"PYTHONPATH": str(asset)}
    done = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", code],
        check=False,
        env={"PATH": os.environ["PATH"], **told},
        text=True,
        stderr=subprocess.PIPE,
    )
    assert (done.returncode, done.stderr) == (0, "")
