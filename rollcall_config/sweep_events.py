"""What `sweep.schedule` comes to: sweeps a month, and the events that CloudTrail records of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from rollcall_config.roster_compile import list_absent_kinds, list_managed_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall_config.settings import Settings

HOURS_PER_MONTH: Final = 730
_MINUTES: Final = {"minute": 1, "hour": 60, "day": 24 * 60}
_DAY: Final = 24
#: CloudTrail records AssumeRole in the account that calls and in that of the role.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
_EVENTS_OF_A_SESSION: Final = 2


def count_sweeps(schedule: str) -> float:
    """Return how many sweeps a checked `sweep.schedule` starts in a month of 730 hours."""
    kind, _, rest = schedule.rstrip(")").partition("(")
    if kind == "rate":
        number, unit = rest.split()
        return HOURS_PER_MONTH * 60 / (int(number) * _MINUTES[unit.removesuffix("s")])
    return HOURS_PER_MONTH / _DAY * len(_list_hours(rest.split()[1]))


def _list_hours(field: str) -> set[int]:
    if match := re.fullmatch(r"(\*|\d+)(?:/(\d+))?", field):
        start = 0 if match[1] == "*" else int(match[1])
        step = int(match[2] or (1 if match[1] == "*" else _DAY))
        return set(range(start, _DAY, step)) if step else {start}
    hours: set[int] = set()
    for part in field.split(","):
        first, _, last = part.partition("-")
        hours.update(range(int(first), int(last or first) + 1))
    return hours


def count_trail_events(*, kinds: int, sweeps: float, reader: bool) -> float:
    """Return the read events that CloudTrail records of one account: of each contact, and of a session."""
    return sweeps * (kinds + _EVENTS_OF_A_SESSION * reader)


def describe_trail_events(settings: Settings, roster: Mapping[str, Any]) -> str:
    """Return a line for people if there is more than one sweep a day, else an empty text."""
    sweeps = count_sweeps(settings.sweep_schedule)
    if sweeps <= HOURS_PER_MONTH / _DAY:
        return ""
    kinds = len({*list_managed_kinds(roster), *list_absent_kinds(roster)})
    events = count_trail_events(kinds=kinds, sweeps=sweeps, reader=settings.members_reader) * 1_000
    return (
        f"sweep.schedule: {sweeps:,.0f} sweeps a month; of each 1,000 accounts CloudTrail records"
        f" {events / 1e6:,.1f} million read events a month, for which GuardDuty and further trails charge"
        " (docs/cost.md)\n"
    )
