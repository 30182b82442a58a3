"""Labels and texts in two columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from rollcall_cli.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def rows(facts: Iterable[tuple[str, str]]) -> Iterator[Text]:
    """A label that repeats is shown once; texts may be others' words."""
    last = ""
    for label, text in facts:
        yield Text.assemble((f"  {'' if label == last else label:10}", "dim"), plain(text))
        last = label
