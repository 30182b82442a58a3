"""What holds for every test, however slow and busy the machine is that runs it."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from localcloud.story.shell import JSII_CACHE

if TYPE_CHECKING:
    import pytest

# Otherwise jsii unpacks the CDK into the home directory: it refuses one that others may write, or nobody.
os.environ.setdefault("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(JSII_CACHE))
# A developer's own configuration is not what is tested.
os.environ.pop("ROLLCALL_CONFIG", None)
# The rules that the CDK holds templates to take half of a synthesis: tests/fresh asks for them.
os.environ["CDK_VALIDATION"] = "false"

# The same examples wherever they run, and no verdict on how long one took. For others, and more of them:
# `make test ARGS="tests/unit --hypothesis-profile=default"`.
settings.register_profile(
    "everywhere",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("everywhere")

#: Seconds: far more than it takes.
_COMPILED_WITHIN = 120
# Tests of these share what is slow to make: a deployed cloud; templates, Node and cfn-lint.
_TOGETHER = ("cloud", "stacks")
# But sweeps and drills wait for the pace of the Account API, mostly, and share another; the last has its own.
_APART = {"test_sweep.py": "paced", "test_drill.py": "paced", "test_whole_organization.py": "whole"}
# Groups and directories by what they take, most first: what is begun last should be short.
_LONGEST = ("cloud", "paced", "whole", "cli", "stacks", "test_stories.py", "bench", "functions", "unit")


class _ByGroup(LoadFileScheduling):  # type: ignore[misc]  # it has no types
    """Tests that share what is slow to make run in one process."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByGroup:
    return _ByGroup(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _rank(_group(item.nodeid)))


def _group(nodeid: str) -> str:
    return _group_file(nodeid.partition("::")[0])


@cache
def _group_file(file: str) -> str:
    path = Path(file)
    directory = path.parent.name
    if directory == "cloud" and path.name in _APART:
        return _APART[path.name]
    return directory if directory in _TOGETHER else path.as_posix()


@cache
def _rank(group: str) -> int:
    names = (Path(group).name, group.removeprefix("tests/").partition("/")[0])
    return next((_LONGEST.index(name) for name in names if name in _LONGEST), len(_LONGEST))


def pytest_collection(session: pytest.Session) -> None:
    """The first process compiles the tests, and the others read that: else each compiles all of them."""
    compiled = _find_mark(session.config)
    end = time.monotonic() + _COMPILED_WITHIN
    while compiled is not None and not compiled.exists() and time.monotonic() < end:
        time.sleep(0.2)


def _find_mark(config: pytest.Config, *, first: bool = False) -> Path | None:
    """What the first process of a run makes once it has the tests; None if this process does neither."""
    mine: dict[str, str] = getattr(config, "workerinput", {})
    if not mine or (mine["workerid"] == "gw0") is not first:
        return None
    return Path(tempfile.gettempdir()) / f"rollcall-tests-{mine['testrunuid']}"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what the imports made alone: to look through it again and again takes time, and frees nothing."""
    if compiled := _find_mark(session.config, first=True):
        compiled.touch()
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Look once for what was never closed: pytest looks five times, each time through all that is left."""
    gc.collect()
    gc.freeze()
