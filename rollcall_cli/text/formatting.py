"""Text for a terminal: cleaned, in two columns, with counts and times as people say them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rich.text import Text

from rollcall.model.display import spell_unseen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime


def clean(text: str) -> str:
    """Return the text with control characters spelt out: a contact's name can contain escape sequences."""
    return spell_unseen(text)


def format_rows(facts: Iterable[tuple[str, str]]) -> Iterator[Text]:
    """Yield label and text in two columns. A label that repeats is shown once; the texts are cleaned."""
    last = ""
    for label, text in facts:
        yield Text.assemble((f"  {'' if label == last else label:10}", "dim"), clean(text))
        last = label


_UNITS: Final = (("day", 86400), ("hour", 3600), ("minute", 60))


def count(number: int, word: str) -> str:
    """Return the number with the word in singular or plural: `1 plan`, `2 plans`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def format_list(names: Iterable[str], *, most: int) -> str:
    """Return the first names, each once, and how many there are besides: `a, b and 3 more`."""
    known = list(dict.fromkeys(names))
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more


def format_span(span: timedelta) -> str:
    """Return the span in its largest whole unit."""
    seconds = max(0, int(span.total_seconds()))
    for word, size in _UNITS:
        if seconds >= size:
            return count(seconds // size, word)
    return "less than a minute"


def format_rest(span: timedelta) -> str:
    """Return the time that is left, begun minutes in full, in its two largest units: `3 hours 59 minutes`."""
    seconds = 60 * max(1, -(-span // timedelta(minutes=1)))
    parts = []
    for word, size in _UNITS:
        number, seconds = divmod(seconds, size)
        parts += [count(number, word)] if number else []
    return " ".join(parts[:2])


def format_time(at: datetime | None) -> str:
    """Return the time in UTC, to the minute."""
    return f"{at:%Y-%m-%d %H:%MZ}" if at else "an unknown time"
