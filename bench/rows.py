"""One row of the results: what was measured, against its goal."""

from __future__ import annotations

from typing import Any, Final

from bench.goals import GOALS

MET, MISSED, FAILED = "met", "missed", "FAILED"
_DIGITS: Final = 4


def make_row(name: str, value: float) -> dict[str, Any]:
    """The row of this name; KeyError if it has no goal.

    `status`: `met`; `missed`, if the goal says why, which is then in `because`; `FAILED` otherwise.
    """
    goal = GOALS[name]
    row = {"name": name, "value": round(value, _DIGITS), "unit": goal.unit, "goal": goal.most}
    if value <= goal.most:
        return row | {"status": MET}
    if goal.accepted is not None and value <= goal.accepted:
        return row | {"status": MISSED, "because": goal.because}
    return row | {"status": FAILED}
