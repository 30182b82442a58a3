"""The environment that the template sets is the one that the code reads, both ways."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.runtime.environment import (
    ApplyEnvironment,
    ControlEnvironment,
    NotifyEnvironment,
    ReconcileEnvironment,
    SweepEnvironment,
)

if TYPE_CHECKING:
    from tests.stacks.template import Template

LAMBDAS = Path(__file__).parents[2] / "lambdas"
_READS = {"environ", "getenv"}


FUNCTIONS = {
    "Apply": ApplyEnvironment,
    "Control": ControlEnvironment,
    "ChannelsNotify": NotifyEnvironment,
    "Reconcile": ReconcileEnvironment,
    "Sweep": SweepEnvironment,
}


@pytest.mark.parametrize(("function", "environment"), FUNCTIONS.items())
def test_the_template_sets_what_the_function_reads(hub: Template, function: str, environment: Any) -> None:
    _, properties = hub.one("AWS::Lambda::Function", function)
    variables = properties["Environment"]["Variables"]
    assert set(variables) == set(environment.variable_names())
    assert all(variables.values())


def test_only_compositions_read_the_environment() -> None:
    readers = {
        path.relative_to(LAMBDAS).as_posix()
        for path in LAMBDAS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if getattr(node, "attr", None) in _READS
        or _READS & {name.name for name in getattr(node, "names", []) if isinstance(name, ast.alias)}
    }
    assert readers == {f"{name}/compose.py" for name in ("apply", "control", "notify", "reconcile", "sweep")}


def test_every_function_is_in_the_table(hub: Template) -> None:
    assert len(hub.of_type("AWS::Lambda::Function")) == len(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_handler_is_in_the_asset(hub: Template, assembly, function: str) -> None:
    handler = hub.one("AWS::Lambda::Function", function)[1]["Handler"]
    module, name = handler.rsplit(".", 1)
    path = assembly.asset.joinpath(*module.split(".")).with_suffix(".py")
    defined = {
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    assert name in defined
