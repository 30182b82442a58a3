"""Contacts changed without an event: the daily sweep finds them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from localcloud.story import sweeping
from localcloud.story.scene import DIVESTED, PAYMENTS, PLAYGROUND
from localcloud.story.sweeping import SweepEnd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.story.scene import DemoStep, Scene

# None that was edited just before: the late event of that edit would meet what drifted.
_DRIFTED = (
    (PAYMENTS, "OPERATIONS"),
    (PAYMENTS, "BILLING"),
    (PLAYGROUND, "OPERATIONS"),
    (DIVESTED, "BILLING"),
)


def play_drift(scene: Scene) -> Iterator[DemoStep]:
    """Three are restored; the fourth is in the exempt account."""
    for account, kind in _DRIFTED:
        contacts = scene.organization.accounts[account].contacts  # in the model: nobody sees it
        contacts[kind] = replace(contacts[kind], email="somebody@example.net")
    end = SweepEnd(ending="finished", written=3, alerts=("MEDIUM sweep-drift",))
    yield sweeping.play(scene, "daily sweep over contacts that drifted", scene.stage.sweeps.run_schedule, end)
