"""The counts that were measured (bench/counts.json), and what a sweep of any size uses by them."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH = Path(__file__).with_name("counts.json")


def load() -> dict[str, Any]:
    """What `python -m bench.cost --measure` stored."""
    counts: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return counts


def swept(sweeps: Mapping[str, Mapping[str, float]], accounts: int) -> dict[str, float]:
    """Usage of one sweep of so many accounts: on the line through the two measured sizes around it.

    Beyond the largest (smallest) it is the line of the last (first) two.
    """
    sizes = sorted(map(int, sweeps))
    pairs = list(pairwise(sizes))
    low, high = next((pair for pair in pairs if accounts <= pair[1]), pairs[-1])
    share = (accounts - low) / (high - low)
    first, second = sweeps[str(low)], sweeps[str(high)]
    keys = sorted(first.keys() | second.keys())
    return {
        key: max(0.0, first.get(key, 0) + share * (second.get(key, 0) - first.get(key, 0))) for key in keys
    }
