"""The model stands alone: nothing of Rollcall, no sockets, no clock but its own."""

import ast
import sys
from pathlib import Path

import simulation

SOURCES = sorted(Path(simulation.__file__).parent.glob("*.py"))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_only_the_standard_library_botocore_and_the_evaluator_of_policies_are_imported():
    roots = {name.partition(".")[0] for path in SOURCES for name in imported(path)}
    assert roots - sys.stdlib_module_names == {"simulation", "rollcall_policies", "botocore"}
    assert not roots & {"socket", "asyncio", "http", "urllib", "os"}


def test_there_are_no_threads():
    """What runs beside something else hands over to it: `bench.concurrency`."""
    for path in SOURCES:
        assert "threading.Thread" not in path.read_text()
        assert "Thread(" not in path.read_text()


def test_time_is_asked_of_the_clock_only():
    for path in SOURCES:
        if path.name != "clock.py":
            assert "time" not in set(imported(path))
            assert "datetime.now" not in path.read_text()
            assert "uuid4" not in path.read_text()
