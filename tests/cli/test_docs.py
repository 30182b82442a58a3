"""docs/cli.md shows what the command really says: its examples are run."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from rollcall.outcomes.verdicts import Verdict
from tests.cli.desk import CONTACTS, PAYMENTS
from tests.cli.scenes import SCENES

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
TEXT = PAGE.read_text(encoding="utf-8")
_EXAMPLE = re.compile(r"<!-- scenario: (\w+) -->\n```console\n\$ rollcall ([^\n]*)\n(.*?)```\n", re.DOTALL)
#: Stands for lines that a reader does not need.
ELIDED = "...\n"
EXAMPLES = _EXAMPLE.findall(TEXT)


@pytest.mark.parametrize(("scenario", "arguments", "output"), EXAMPLES)
def test_an_example_shows_what_the_command_says(world, scenario, arguments, output):
    world.has(PAYMENTS)
    SCENES["right"](world)
    SCENES[scenario](world)
    shown = world.run(*shlex.split(arguments)).output
    shown = "".join(f"{line.rstrip()}\n" for line in shown.splitlines())
    if ELIDED in output:
        parts = output.split(ELIDED)
        assert shown.startswith(parts[0])
        assert shown.endswith(parts[-1])
        rest = shown
        for part in filter(None, parts):
            before, found, rest = rest.partition(part)
            assert found, f"{part!r} is not in {before!r}"
    elif os.environ.get("GOLDEN") == "write":
        PAGE.write_text(PAGE.read_text(encoding="utf-8").replace(output, shown), encoding="utf-8")
    else:
        assert shown == output


def test_every_console_block_is_such_an_example():
    assert len(EXAMPLES) == TEXT.count("```console") == TEXT.count("<!-- scenario:")
    assert len(EXAMPLES) >= 5


def test_the_roster_of_the_examples_is_the_one_they_are_run_with():
    assert f"<!-- roster -->\n```yaml\n{CONTACTS}```\n" in TEXT


def test_every_verdict_that_explain_can_give_is_in_the_table():
    words = {
        "compliant": Verdict.COMPLIANT,
        "would be set": Verdict.SET,
        "differs, alert only": Verdict.WOULD_SET,
        "exempt": Verdict.EXEMPT,
        "unmanaged": Verdict.UNMANAGED,
        "inactive": Verdict.INACTIVE,
        "blocked": Verdict.BLOCKED,
        "unreadable": Verdict.UNREADABLE,
        "unreachable": Verdict.UNREACHABLE,
    }
    rows = [line for line in TEXT.splitlines() if line.startswith("|")]
    for word in words:
        assert any(word in row for row in rows), word


def test_the_readmes_way_in_works_where_nothing_is_prepared(world):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```console management\n([^`]*)^ *```$", readme, re.MULTILINE)
    lines = [shlex.split(line) for block in blocks for line in block.splitlines()]
    first, *commands = [line for line in lines if line[0] in ("aws", "rollcall")]
    SCENES["fresh"](world)
    SCENES["bare"](world)
    init = commands[0]
    assert init[:2] == ["rollcall", "init"]
    refused = world.run(*init[1:])
    assert refused.exit_code == 1
    assert f"`{shlex.join(first)}`" in refused.output
    world.organization.trusted_access.add(first[-1])
    for command in commands:
        done = world.run(*command[1:])
        assert done.exit_code == 0, done.output
    assert world.organization.delegated_administrators
