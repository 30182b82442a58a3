"""What is installed: the command without the CDK, with all that it imports, and nothing of the simulation."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

_BLOCKED = """
import sys

class NoCdk:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"aws_cdk", "constructs", "jsii", "cdk_nag"}:
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, NoCdk())
from rollcall_cli.app import app
app()
"""


def imported(name: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(str(node.module))
    return found


@pytest.mark.parametrize("name", ["explain/explanation", "explain/view", "aws/directory"])
def test_explaining_is_pure(name):
    assert not [
        module for module in imported(f"rollcall_cli/{name}.py") if module.startswith("rollcall.adapters")
    ]
    assert imported(f"rollcall_cli/{name}.py").isdisjoint(
        {"os", "time", "botocore", "rollcall_cli.aws.composition"}
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "--config", "config/example"],
        ["explain", "222222222222", "--offline", "--config", "localcloud/config"],
    ],
)
def test_it_works_where_there_is_no_cdk(arguments):
    done = subprocess.run(  # noqa: S603  # our own interpreter and our own words
        [sys.executable, "-c", _BLOCKED, *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'lambdas'}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr


def test_the_sdk_is_not_waited_for_where_it_is_not_needed():
    code = "import rollcall_cli.app, sys; assert 'boto3' not in sys.modules"
    env = {"PYTHONPATH": f"{ROOT}:{ROOT / 'lambdas'}", "PATH": ""}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=True)  # noqa: S603  # as above


def test_the_script_leads_to_the_command(monkeypatch):
    module, _, name = PROJECT["project"]["scripts"]["rollcall"].partition(":")
    called = []
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("rollcall_cli.app.app", lambda **parameters: called.append(parameters))
    getattr(import_module(module), name)()
    assert called == [{"prog_name": "rollcall"}]


def test_every_package_that_the_command_imports_is_installed_with_it():
    find = PROJECT["tool"]["setuptools"]["packages"]["find"]
    assert find["where"] == [".", "lambdas"]
    names = ("rollcall", "rollcall_cli", "rollcall_config", "rollcall_policies")
    assert set(find["include"]) == {pattern for name in names for pattern in (name, f"{name}.*")}
    for package in (
        ROOT / "lambdas" / "rollcall",
        ROOT / "rollcall_cli",
        ROOT / "rollcall_config",
        ROOT / "rollcall_policies",
    ):
        for module in package.rglob("*.py"):
            assert (module.parent / "__init__.py").exists(), "it is no package, and would be left out"


def test_what_it_needs_is_declared_and_the_cdk_is_not():
    names = {text.partition(">")[0].lower() for text in PROJECT["project"]["dependencies"]}
    assert names == {"boto3", "pydantic", "pyyaml", "rich", "typer"}
