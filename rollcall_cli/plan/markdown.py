"""A plan as Markdown, for the comment of a pull request."""

from __future__ import annotations

import html
import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rollcall.decide.plan_text import describe_groups
from rollcall_cli.plan.view import count_actions, list_facts
from rollcall_cli.text.formatting import clean, format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollcall.model.display import Masks
    from rollcall_cli.plan.result import PlanResult

#: GitHub takes 65,536 characters: rows beyond these are counted.
_MOST_ROWS: Final = 100
_MARKUP: Final = re.compile(r"([\\`*_\[\]{}#|~!@]|:(?=\w))")


def render_markdown(result: PlanResult, *, masks: Masks) -> Iterator[str]:
    """Yield the lines: the summary, a table of what changes, and what is not known."""
    yield f"### Rollcall plan: {count_actions(result)}"
    yield ""
    facts = [f"Observed {format_time(result.seen.since)}.", *list_facts(result)]
    yield from (f"* {_escape(fact)}" for fact in facts)
    shown = describe_groups(result.groups[:_MOST_ROWS], masks=masks)
    if shown:
        yield from ("", "| What | Change | Accounts |", "|---|---|---|")
    for text in shown:
        values = "<br>".join(f"<code>{_escape_code(str(value))}</code>" for value in text.values)
        yield f"| {_escape(text.heading)} | {values} | {_escape(text.accounts)} |"
    if more := len(result.groups) - len(shown):
        yield f"\nand {more} more groups of changes"
    if result.unknown:
        yield from ("", "**Not known**", "")
    for account, findings in groupby(result.unknown[:_MOST_ROWS], key=lambda item: item[0]):
        for _, finding in findings:
            yield f"* {_escape(f'{account.id} {account.name} {finding.kind}: {finding.reason}')}"
    if more := len(result.unknown) - _MOST_ROWS:
        yield from ([f"* and {more} more"] if more > 0 else [])


def _escape(text: str) -> str:
    """The text with nothing in it that Markdown, HTML or a mention would obey."""
    return _MARKUP.sub(r"\\\1", html.escape(clean(text), quote=False))


def _escape_code(text: str) -> str:
    """The same within a code element, where Markdown is still obeyed: as entities."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", html.escape(clean(text), quote=False))
