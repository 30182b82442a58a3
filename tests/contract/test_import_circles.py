"""No module depends on itself by way of others, not even for its types alone."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Folders of packages, and which packages are looked at in each.
PLACES = {
    "tools": (".", ["bench", "localcloud", "rollcall_*", "simulation", "stacks"]),
    "deployed": ("lambdas", ["*"]),
}


def modules(place: str) -> dict[str, Path]:
    """Files by the full name of their module; a package's is that of its __init__.py."""
    base, patterns = ROOT / PLACES[place][0], PLACES[place][1]
    files = [path for pattern in patterns for top in base.glob(pattern) for path in top.rglob("*.py")]
    names = [path.relative_to(base).with_suffix("").parts for path in files]
    return {".".join(name).removesuffix(".__init__"): path for name, path in zip(names, files, strict=True)}


def dependencies(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules that a file imports, wherever in it; `from package import module` names the module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            full = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else str(node.module) for name in full.values()}
    return found & known.keys()


def find_circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Groups of modules of which each reaches all others (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    circles = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in graph[name]:
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            circle = set(stack[stack.index(name) :])
            del stack[stack.index(name) :]
            if len(circle) > 1 or name in graph[name]:
                circles.append(circle)

    for name in graph:
        if name not in index:
            visit(name)
    return circles


@pytest.mark.parametrize("place", PLACES)
def test_modules_import_each_other_in_one_direction(place):
    known = modules(place)
    assert len(known) > 50, "the packages have moved"
    circles = find_circles({name: dependencies(path, known) for name, path in known.items()})
    assert [sorted(circle) for circle in circles] == []


def test_circles_are_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"e", "a"}}
    assert sorted(map(sorted, find_circles(graph))) == [["b", "c"], ["e"]]
