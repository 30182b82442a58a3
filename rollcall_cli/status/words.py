"""Times and counts as people say them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_UNITS: Final = (("day", 86400), ("hour", 3600), ("minute", 60))


def count(number: int, word: str) -> str:
    """`1 plan`, `2 plans`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def lasting(span: timedelta) -> str:
    """The span in its largest whole unit."""
    seconds = max(0, int(span.total_seconds()))
    for word, size in _UNITS:
        if seconds >= size:
            return count(seconds // size, word)
    return "less than a minute"


def moment(at: datetime | None) -> str:
    """The time in UTC, to the minute."""
    return f"{at:%Y-%m-%d %H:%MZ}" if at else "an unknown time"
