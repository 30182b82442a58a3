"""Wrong variants of the core: one function with one piece of its text changed, while stories are played."""

from __future__ import annotations
import __future__

import builtins
import importlib
import inspect
import symtable
import sys
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS = __future__.annotations.compiler_flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A change that makes the core wrong, and the names of violations of which one must show it.

    `place` is a module and the name of a function in it, with its class: `package.module:Class.method`.
    In it `old` stands once, and `new` takes its place. `profiles` are stories in which it can matter.
    """

    name: str
    place: str
    old: str
    new: str
    caught_by: tuple[str, ...]
    profiles: tuple[str, ...] = ()


@contextmanager
def apply_variant(variant: Variant) -> Iterator[None]:
    """The core with this change, then as it was; LookupError if the text is not there once."""
    module_name, _, name = variant.place.partition(":")
    owner_name, _, function_name = name.rpartition(".")
    module = importlib.import_module(module_name)
    owner: Any = getattr(module, owner_name) if owner_name else module
    original = owner.__dict__[function_name]
    changed = _change(original, module, variant)
    places = [owner] if owner_name else _find_importers(function_name, original)
    for place in places:
        setattr(place, function_name, changed)
    try:
        yield
    finally:
        for place in places:
            setattr(place, function_name, original)


def _change(original: Any, module: Any, variant: Variant) -> Any:
    source = textwrap.dedent(inspect.getsource(original))
    if source.count(variant.old) != 1:
        raise LookupError(f"{variant.name}: the text is not once in {variant.place}")
    text = source.replace(variant.old, variant.new)
    # Compiled where it stands, so that it sees what the original sees.
    made: dict[str, Any] = {}
    exec(compile(text, module.__file__, "exec", _FLAGS, dont_inherit=True), module.__dict__, made)  # noqa: S102
    # A variant that only fails would be caught by any story.
    if unknown := _list_globals(text) - vars(module).keys() - vars(builtins).keys() - made.keys():
        raise LookupError(f"{variant.name}: nobody defines {', '.join(sorted(unknown))}")
    return made[original.__name__ if hasattr(original, "__name__") else next(iter(made))]


def _list_globals(text: str) -> set[str]:
    """The names that a text reads from its module."""
    table = symtable.symtable(f"from __future__ import annotations\n{text}", "variant", "exec")
    found, todo = set[str](), table.get_children()
    while todo:
        scope = todo.pop()
        found |= {
            name.get_name() for name in scope.get_symbols() if name.is_global() and name.is_referenced()
        }
        todo += scope.get_children()
    return found


def _find_importers(name: str, original: Any) -> list[Any]:
    """All modules that have the function under its name."""
    return [module for module in list(sys.modules.values()) if getattr(module, name, None) is original]
