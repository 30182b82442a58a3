"""How often the sweep runs: what EventBridge Scheduler takes, as far as each day has its sweep."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

# https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
_RATE: Final = r"rate\((1 (hour|day)|([2-9]|1[0-9]|2[0-4]) hours)\)"
_MINUTE: Final = r"[1-5]?[0-9]"
_HOUR: Final = r"(1?[0-9]|2[0-3])"
_HOURS: Final = rf"({_HOUR}(-{_HOUR})?(,{_HOUR}(-{_HOUR})?)*|(\*|{_HOUR})(/{_HOUR})?)"
_CRON: Final = rf"cron\({_MINUTE} {_HOURS} (\* \* \?|\? \* \*) \*\)"
_SCHEDULE: Final = f"({_RATE}|{_CRON})"
_FIELDS: Final = 6


def _schedule(value: str) -> str:
    if re.fullmatch(_SCHEDULE, value):
        return value
    fields = value.removeprefix("cron(").removesuffix(")").split(" ")
    if re.fullmatch(r"cron\([^()]*\)", value):
        if len(fields) != _FIELDS:
            raise ValueError(f"{value!r} has {len(fields)} fields and not {_FIELDS}")
        if " ".join(fields[2:]) not in ("* * ? *", "? * * *"):
            raise ValueError(
                f"{value!r} does not run each day, or says it in another way than * * ? *: 36 hours without a"
                " sweep are an alarm"
            )
    if re.fullmatch(r"rate\([0-9]+ (minute|hour|day)s?\)", value):
        raise ValueError(
            f"{value!r} is no rate of 1 to 24 hours: a sweep of many accounts takes an hour, and 36 hours"
            " without one are an alarm"
        )
    raise ValueError(f"{value!r} is not a schedule of the sweep")


Schedule = Annotated[
    str,
    AfterValidator(_schedule),
    Field(
        description="rate(1 day), rate(6 hours), or a time of each day in UTC: minute and hour in"
        " cron(30 4 * * ? *)",
        json_schema_extra={"type": "string", "pattern": f"^{_SCHEDULE}$"},
    ),
]
