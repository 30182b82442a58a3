"""Dependencies point inward: one rule over all imports, and what each part may import from outside."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = "lambdas/rollcall/"

#: The core from the inside out. A part imports itself and what stands in an earlier row, never beside it.
LAYERS = (
    ("timing", "model"),
    ("events",),
    ("outcomes",),
    ("decide",),
    ("ports",),
    ("rosters", "contact"),
    ("write", "grouping"),
    ("publish",),
    ("reconcile", "sweep"),
    ("control",),
)
#: Parts beside the rows, and the only other parts that each sees.
ASIDE = {
    "notify": {"timing", "model", "events", "outcomes", "ports"},
    "report": {"model", "outcomes", "decide"},
}
CLI = {"rollcall", "rollcall_config", "rollcall_policies", "rollcall_cli", "rich", "typer", "botocore"}
#: Beside themselves and the standard library, what the code of each place imports.
OUTSIDE = {
    "lambdas/rollcall/adapters/": {"rollcall", "botocore"},
    "lambdas/rollcall/runtime/": {"rollcall", "aws_lambda_powertools"},
    "lambdas/rollcall/report/page.py": {"rollcall", "jinja2", "markupsafe"},
    "lambdas/rollcall/": {"rollcall"},
    "lambdas/": {"rollcall", "reconcile", "sweep", "apply", "control", "notify", "aws_lambda_powertools"},
    "rollcall_policies/": {"rollcall_policies"},
    "rollcall_config/": {"rollcall", "rollcall_config", "pydantic", "pydantic_core", "yaml"},
    "rollcall_cli/aws/composition.py": {*CLI, "boto3"},
    "rollcall_cli/": CLI,
    # The bench and the tests read it: to import the CDK starts Node, which takes seconds.
    "stacks/sources.py": {"rollcall"},
    "stacks/constructs/": {"aws_cdk", "constructs", "stacks", "rollcall_config"},
    "stacks/": {"aws_cdk", "constructs", "stacks", "rollcall", "rollcall_config"},
    "app.py": {"aws_cdk", "cdk_nag", "stacks", "rollcall_config"},
    "simulation/": {"simulation", "rollcall_policies", "botocore"},
}
NEVER_DEPLOYED = {"simulation", "localcloud", "rollcall_policies", "moto", "tests"}
#: What reads the world by itself, and so has no place where decisions are made.
WORLD = {"os", "random", "socket", "subprocess", "time", "urllib.request", "http.client", "threading"}


@cache
def imports(name: str) -> frozenset[str]:
    """Full names that a file imports, wherever in it; of `from a.b import c` both a.b and a.b.c."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative imports hide what is imported"
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def packages(name: str) -> set[str]:
    return {module.partition(".")[0] for module in imports(name)} - sys.stdlib_module_names - {"__future__"}


def files(place: str) -> list[str]:
    path = ROOT / place
    found = [path] if path.is_file() else path.rglob("*.py")
    return sorted(file.relative_to(ROOT).as_posix() for file in found)


def part_of(name: str) -> str:
    return name.removeprefix(CORE).split("/")[0].removesuffix(".py")


def seen_by(part: str) -> set[str] | None:
    """Parts of the core that this part may import, None if all of them."""
    if part in ASIDE:
        return ASIDE[part] | {part}
    for index, layer in enumerate(LAYERS):
        if part in layer:
            inner = {name for row in LAYERS[:index] for name in row}
            return inner | {part} | ({"report"} if part == "sweep" else set())
    return None


def test_the_core_points_inward() -> None:
    wrong = []
    for name in files(CORE):
        allowed = seen_by(part_of(name))
        for module in imports(name):
            names = module.split(".")
            if allowed is not None and names[0] == "rollcall" and len(names) > 1 and names[1] not in allowed:
                wrong.append(f"{name} imports {module}")
    assert not wrong


def test_every_part_of_the_core_has_its_row() -> None:
    placed = {name for row in LAYERS for name in row} | set(ASIDE) | {"adapters", "runtime", "__init__"}
    assert {part_of(name) for name in files(CORE)} == placed


def test_only_compositions_see_the_adapters() -> None:
    seen = {
        name
        for name in files("lambdas")
        if not name.startswith(f"{CORE}adapters/")
        and [module for module in imports(name) if module.startswith("rollcall.adapters")]
    }
    assert seen == {
        "lambdas/rollcall/runtime/compose.py",
        *(f"lambdas/{name}/compose.py" for name in ("apply", "control", "notify", "reconcile", "sweep")),
    }


def test_deciding_is_pure() -> None:
    edges = (f"{CORE}adapters/", f"{CORE}runtime/")
    core = [name for name in files(CORE) if not name.startswith(edges)]
    seen = {name: {f"{module}." for module in imports(name)} for name in core}
    assert not [
        name for name in core if any(one.startswith(f"{world}.") for one in seen[name] for world in WORLD)
    ]


@pytest.mark.parametrize("place", OUTSIDE)
def test_a_place_imports_only_what_it_may(place: str) -> None:
    inner = tuple(other for other in OUTSIDE if other != place and other.startswith(place))
    ours = [name for name in files(place) if not name.startswith(inner)]
    assert ours
    assert {name: packages(name) - OUTSIDE[place] for name in ours} == {name: set() for name in ours}


def test_nothing_that_deploys_knows_the_simulation() -> None:
    deployed = [name for place in ("lambdas", "stacks", "app.py", "rollcall_config") for name in files(place)]
    assert not [name for name in deployed if packages(name) & NEVER_DEPLOYED]


def test_the_local_cloud_knows_the_simulation_and_the_core() -> None:
    # One module is a program of its own, which synthesizes the app as the CDK does.
    ours = {"rollcall_cli", "rollcall_config", "stacks", "tests", "bench", "app"}
    known = {name: packages(name) & ours for name in files("localcloud")}
    assert {name: found for name, found in known.items() if found} == {
        "localcloud/story/synthesize.py": {"app"}
    }


def test_constructs_do_not_know_each_other() -> None:
    constructs = files("stacks/constructs")
    assert not [
        name
        for name in constructs
        if [module for module in imports(name) if module.startswith("stacks.constructs.")]
    ]
