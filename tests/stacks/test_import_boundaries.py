"""Dependencies point inward: the core knows nobody, and nothing that deploys knows the simulation."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {
    "rollcall",
    "reconcile",
    "notify",
    "sweep",
    "apply",
    "control",
    "stacks",
    "simulation",
    "localcloud",
    "rollcall_policies",
    "app",
    "tests",
    "cli",
    "bench",
}
AWS = {"botocore"}  # boto3 adds to every cold start what nobody uses
POWERTOOLS = {"aws_lambda_powertools"}

#: Modules of the core that talk to AWS or to Lambda; all others are pure.
EDGES = (
    "lambdas/rollcall/adapters/",
    "lambdas/rollcall/bootstrap",
    "lambdas/rollcall/batch.py",
    "lambdas/rollcall/measuring.py",
)

#: Where a file lives, and what it may import besides the standard library. The first that fits counts.
ALLOWED = {
    "lambdas/rollcall/adapters/": {"rollcall"} | AWS,
    "lambdas/rollcall/bootstrap": {"rollcall"} | AWS,
    "lambdas/rollcall/batch.py": {"rollcall"} | POWERTOOLS,
    "lambdas/rollcall/measuring.py": {"rollcall"} | POWERTOOLS,
    "lambdas/rollcall/report/page.py": {"rollcall", "jinja2", "markupsafe"},
    "lambdas/rollcall/": {"rollcall"},
    "lambdas/reconcile/": {"rollcall"} | POWERTOOLS,
    "lambdas/notify/": {"rollcall"} | POWERTOOLS,
    "lambdas/sweep/": {"rollcall"} | POWERTOOLS,
    "lambdas/apply/": {"rollcall"} | POWERTOOLS,
    "lambdas/control/": {"rollcall"} | POWERTOOLS,
    "rollcall_policies/": {"rollcall_policies"},
    "simulation/": {"simulation", "rollcall_policies", "botocore"},
    "stacks/constructs/": {"aws_cdk", "constructs", "stacks"},
    "stacks/": {"aws_cdk", "constructs", "pydantic", "pydantic_core", "yaml", "rollcall", "stacks"},
    "app.py": {"aws_cdk", "cdk_nag", "stacks"},
}


def files() -> list[str]:
    found = [ROOT / "app.py"]
    for folder in ("lambdas", "rollcall_policies", "simulation", "stacks", "localcloud"):
        found += (ROOT / folder).rglob("*.py")
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def imports(name: str) -> set[str]:
    """Full names of the modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: relative imports hide what is imported"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def packages(name: str) -> set[str]:
    return {module.split(".")[0] for module in imports(name)} - sys.stdlib_module_names - {"__future__"}


@pytest.mark.parametrize("name", [name for name in files() if not name.startswith("localcloud/")])
def test_a_module_imports_only_what_its_place_allows(name: str) -> None:
    allowed = next(allowed for place, allowed in ALLOWED.items() if name.startswith(place))
    assert packages(name) <= allowed


@pytest.mark.parametrize(
    "name",
    [name for name in files() if not name.startswith(("localcloud/", "simulation/", "rollcall_policies/"))],
)
def test_nothing_that_deploys_knows_the_simulation(name: str) -> None:
    assert packages(name).isdisjoint({"simulation", "localcloud", "rollcall_policies", "moto", "tests"})


@pytest.mark.parametrize("name", [name for name in files() if name.startswith("localcloud/")])
def test_the_local_cloud_knows_the_simulation_and_the_core(name: str) -> None:
    # One module is a program of its own, which synthesizes the app as the CDK does.
    synthesizes = {"app"} if name == "localcloud/story/synthesize.py" else set()
    assert (
        packages(name) & OURS <= {"localcloud", "simulation", "rollcall", "rollcall_policies"} | synthesizes
    )


@pytest.mark.parametrize(
    "name", [name for name in files() if name.startswith("lambdas/rollcall/") and not name.startswith(EDGES)]
)
def test_deciding_is_pure(name: str) -> None:
    """Not even our own adapters, and nothing of the standard library that reads the world by itself."""
    reached = imports(name)
    assert not [
        module for module in reached if module.startswith(("rollcall.adapters", "rollcall.bootstrap"))
    ]
    world = {"os", "random", "socket", "subprocess", "time", "urllib", "http", "threading"}
    assert {module.split(".")[0] for module in reached}.isdisjoint(world)


@pytest.mark.parametrize("name", [name for name in files() if name.startswith("stacks/constructs/")])
def test_constructs_do_not_know_each_other(name: str) -> None:
    assert not [module for module in imports(name) if module.startswith("stacks.constructs")]


def test_every_rule_above_has_files_to_hold() -> None:
    for place in ALLOWED:
        assert [name for name in files() if name.startswith(place)], place


@pytest.mark.parametrize(
    "name",
    [
        "contact_values",
        "ou_values",
        "people_values",
        "schedule_values",
        "principals",
        "values",
        "faults",
        "document",
        "located_yaml",
        "validation",
        "settings",
        "roster_entries",
        "roster_model",
        "roster_overrides",
        "roster_references",
        "roster_source",
        "roster_warnings",
        "json_schema",
        "configuration",
    ],
)
def test_the_configuration_needs_no_cdk(name: str) -> None:
    assert packages(f"stacks/{name}.py").isdisjoint({"aws_cdk", "constructs"})
