"""One row of the results: what was measured, and whether that is good enough."""

from __future__ import annotations

from typing import Any


def row(name: str, value: float, unit: str, goal: float | None = None) -> dict[str, Any]:
    """`goal` is the largest good value, None if there is none."""
    return {"name": name, "value": value, "unit": unit, "goal": goal, "ok": goal is None or value <= goal}
