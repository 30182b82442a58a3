"""What a person has approved and a run did not get to: it needs no second approval, and is no drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.sweep.plan_digest import change_digest

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.sweep.ports import Runs, Sweeps


def granted_changes(roster: str, *, sweeps: Sweeps, runs: Runs, now: datetime) -> frozenset[bytes]:
    """Digests of all changes in approved plans of this roster; RetryableError if they cannot be read."""
    return frozenset(
        change_digest(change)
        for held in sweeps.granted(roster, now)
        for part in range(held.parts)
        for change in runs.planned(held.data, roster, part)
    )
