"""How a sweep grows with its accounts: in virtual time, and in processor time, where quadratic code shows."""

from __future__ import annotations

from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, Any

from bench.rows import make_row
from bench.sweep import run_sweep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: How often each size is measured: of processor times the best counts.
_TIMES = {100: 5, 1_000: 4, 10_000: 2, 50_000: 1}


def measure(times: Mapping[int, int] = _TIMES) -> list[dict[str, Any]]:
    """Both exponents."""
    virtual, processor = [], []
    for accounts, often in times.items():
        runs = [run_sweep(accounts) for _ in range(often)]
        virtual.append((accounts, min(run.seconds for run in runs)))
        processor.append((accounts, min(run.processor_seconds for run in runs)))
    return [
        make_row("growth_exponent_virtual", find_exponent(virtual)),
        make_row("growth_exponent_processor", find_exponent(processor)),
    ]


def find_exponent(points: Sequence[tuple[int, float]]) -> float:
    """The steepest slope between neighbours in logarithms: 1 is linear.

    Not one line through all of them: what small sizes cost whatever they do would hide how large ones grow.
    """
    pairs = pairwise(points)
    return max(log(spent / less) / log(size / smaller) for (smaller, less), (size, spent) in pairs)
