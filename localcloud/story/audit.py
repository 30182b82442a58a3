"""The hub is deployed again with the same roster in audit mode: it tells, and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.story import sweeping
from localcloud.story.scene import EDIT, PAYMENTS, End
from localcloud.story.sweeping import SweepEnd
from localcloud.story.variants import directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.story.scene import Scene, Step


def play(scene: Scene) -> Iterator[Step]:
    """An update that changes nothing approves itself, and then an edit stays."""
    yield sweeping.play(
        scene,
        "the same roster in audit mode",
        lambda: scene.stage.update_hub(directory(scene.stage.out, "audit")),
        SweepEnd(ending="finished", written=0, alerts=("HIGH roster-approved",)),
    )
    yield scene.play(
        "edited in audit mode",
        lambda: scene.edit(PAYMENTS),
        End(contacts={"SECURITY": EDIT}, severity="MEDIUM", stays=True),
    )
