"""One row of the results: what was measured, and whether that is good enough."""

from __future__ import annotations

from typing import Any


def row(
    name: str, value: float, unit: str, goal: float | None = None, *, note: str | None = None
) -> dict[str, Any]:
    """`goal` is the largest good value, None if there is none; `note` says why it is missed, if it is."""
    ok = goal is None or value <= goal
    told = {} if ok or note is None else {"note": note}
    return {"name": name, "value": value, "unit": unit, "goal": goal, "ok": ok} | told
