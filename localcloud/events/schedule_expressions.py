"""Expressions of schedules, as rules of EventBridge and EventBridge Scheduler take them.

Sources: EventBridge Scheduler user guide, "Schedule types"; EventBridge user guide, "Cron expressions".
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

_RATE: Final = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)")
_CRON: Final = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_AT: Final = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_MONTHS: Final = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS: Final = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
#: Minutes, hours, day of month, month, day of week, year: the least and the largest value.
_RANGES: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_DAY_OF_MONTH, _MONTH, _DAY_OF_WEEK = 2, 3, 4


def is_schedule(text: str, *, once: bool = True) -> bool:
    """Whether the text is a rate, a cron expression or, if it may be for once only, a moment."""
    if match := _CRON.fullmatch(text):
        fields = match.groups()
        # One of the two days is a question mark, and only one.
        days = (fields[_DAY_OF_MONTH], fields[_DAY_OF_WEEK])
        return days.count("?") == 1 and all(_is_field(field, index) for index, field in enumerate(fields))
    if once and (match := _AT.fullmatch(text)):
        try:
            return datetime.fromisoformat(match[1]) is not None
        except ValueError:
            return False
    return _RATE.fullmatch(text) is not None


def _is_field(field: str, index: int) -> bool:
    if field == "?":
        return index in {_DAY_OF_MONTH, _DAY_OF_WEEK}
    return all(_is_part(part, index) for part in field.split(","))


def _is_part(part: str, index: int) -> bool:
    base, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and int(step) > 0):
        return False
    if base == "*" or (index == _DAY_OF_MONTH and re.fullmatch(r"L(W|-\d+)?|\d+W", base)):
        return True
    if index == _DAY_OF_WEEK and re.fullmatch(r"L|[1-7A-Z]+L|[1-7]#[1-5]", base):
        return True
    low, dash, high = base.partition("-")
    values = [_read_value(one, index) for one in ([low, high] if dash else [low])]
    return None not in values and values == sorted(values, key=lambda value: value or 0)


def _read_value(text: str, index: int) -> int | None:
    names = {_MONTH: _MONTHS, _DAY_OF_WEEK: _DAYS}.get(index, [])
    if text.upper() in names:
        return names.index(text.upper()) + 1
    least, largest = _RANGES[index]
    return int(text) if text.isdecimal() and least <= int(text) <= largest else None
